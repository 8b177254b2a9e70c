"""What plugins must not miss: told again until they have heard it, whatever happens in between."""

import pytest
from sqlalchemy import text

from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.runner import Runner
from goscrobble.services import accounts, connecting, failures, queue, telling, tokens
from goscrobble.services import settings as runtime_settings
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import make_account
from tests.plugins.host.strangers import core_of

LISTENS = """
    from pathlib import Path
    from goscrobble.plugins import Source, hookimpl

    FILE = Path({file!r})

    def told(line):
        if FILE.with_suffix(".broken").exists():
            raise OSError("the disk is full")
        with FILE.open("a") as file:
            file.write(line + "\\n")

    @hookimpl
    def register_sources():
        return [Source("Listens", "A source.")]

    @hookimpl
    def after_account_removal(person, tables):
        with tables.read() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == tables.write(lambda _connection: 1)
        told("removed " + person)

    @hookimpl
    def after_disconnect(source_account, person):
        told("disconnected " + source_account + " of " + person)
"""


@pytest.fixture
def heard(tmp_path):
    file = tmp_path / "heard"
    file.write_text("")
    return file


@pytest.fixture
def point(found, heard):
    return found(("listens", LISTENS.format(file=str(heard))))


@pytest.fixture
def work():
    return lambda core: Runner(core, handlers=HANDLERS).run_due()


def test_after_account_removal_is_told_of_the_person(serve, point, heard, work):
    core = core_of(serve(point))
    make_account(core, "root", admin=True)
    ada = make_account(core, "ada")
    row = connecting.connect(core, ada, "listens").row
    assert Connected(core, row).person == ada.uuid
    accounts.delete(core, ada)
    work(core)
    assert heard.read_text() == f"removed {ada.uuid}\n"
    assert queue.count(core) == {"waiting": 0, "running": 0, "dead": 0}


def test_after_disconnect_is_told_however_a_connection_ends(serve, point, heard, work):
    core = core_of(serve(point))
    ada = make_account(core, "ada")
    one, other = (connecting.connect(core, ada, "listens").row for _ in range(2))
    connecting.disconnect(core, ada, one.uuid)
    tokens.revoke_api_token(core, ada, other.voice)
    work(core)
    lines = [f"disconnected {row.uuid} of {ada.uuid}" for row in (one, other)]
    assert heard.read_text().splitlines() == lines


def test_a_plugin_that_fails_is_told_again_until_it_has_heard(serve, point, heard, work, clock):
    core = core_of(serve(point))
    make_account(core, "root", admin=True)
    ada = make_account(core, "ada")
    broken = heard.with_suffix(".broken")
    broken.touch()
    accounts.delete(core, ada)
    for _ in range(60):  # more often than any other job is tried
        work(core)
        clock.advance(telling.LONGEST_PAUSE)
    assert [(one.hook, one.count) for one in failures.list_all(core)] == [("after_account_removal", 60)]
    broken.unlink()
    work(core)
    assert heard.read_text() == f"removed {ada.uuid}\n"
    assert queue.count(core)["waiting"] == 0


def test_a_plugin_that_is_off_is_told_when_it_is_on_again(serve, point, heard, work, clock):
    core = core_of(serve(point))
    make_account(core, "root", admin=True)
    ada = make_account(core, "ada")
    runtime_settings.change(core, {"LISTENS_ENABLED": False})
    accounts.delete(core, ada)
    clock.advance(telling.PATIENCE * 2)
    work(core)
    assert heard.read_text() == ""
    runtime_settings.change(core, {"LISTENS_ENABLED": True})
    clock.advance(telling.LONGEST_PAUSE)
    work(core)
    assert heard.read_text() == f"removed {ada.uuid}\n"


def test_a_plugin_that_could_not_be_loaded_is_told_when_it_can(serve, found, point, heard, work, clock):
    core = core_of(serve(found(("listens", "import nothing_like_this"))))
    make_account(core, "root", admin=True)
    ada = make_account(core, "ada")
    accounts.delete(core, ada)
    work(core)
    mended = core_of(serve(point))
    clock.advance(telling.LONGEST_PAUSE)
    work(mended)
    assert heard.read_text() == f"removed {ada.uuid}\n"


def test_a_plugin_that_is_gone_is_told_when_it_comes_back_and_given_up_on_with_a_note(serve, point, heard, work, clock):
    core = core_of(serve([]))
    with core.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE plugin_listens_rows (id INTEGER)"))
    make_account(core, "root", admin=True)
    ada, bob = make_account(core, "ada"), make_account(core, "bob")
    accounts.delete(core, ada)
    work(core)
    clock.advance(telling.LONGEST_PAUSE)
    work(core_of(serve(point)))
    assert heard.read_text() == f"removed {ada.uuid}\n"

    core = core_of(serve([]))
    accounts.delete(core, bob)
    clock.advance(telling.PATIENCE)
    work(core)
    [dead] = queue.list_all(core, "dead").jobs
    assert dead.last_error.startswith(
        "Unrecoverable: The plugin listens is not installed any more, so its after_account_removal was never told;"
    )


def test_nobody_is_told_who_does_not_ask(serve, found, work):
    core = core_of(serve(found(("quiet", "from goscrobble.plugins import hookimpl"))))
    make_account(core, "root", admin=True)
    accounts.delete(core, make_account(core, "ada"))
    assert queue.count(core)["waiting"] == 0
