"""What a new worker does before it is asked."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from goscrobble.domain.accounts import Privacy
from goscrobble.services import ingest
from goscrobble.testing import make_account, make_draft
from goscrobble.web.warming import ADDRESSES, warm_up


@pytest.fixture
def compiled(app, monkeypatch):
    """The templates that are compiled from now on."""
    names, compile_ = [], app.jinja_env.compile

    def note(source, name=None, *arguments, **options):
        names.append(name)
        return compile_(source, name, *arguments, **options)

    monkeypatch.setattr(app.jinja_env, "bytecode_cache", None)  # tests have one, servers have none
    monkeypatch.setattr(app.jinja_env, "compile", note)
    return names


@pytest.fixture
def listen(core):
    """Make a listener who has just heard something."""

    def listen(name, **values):
        account = make_account(core, name, **values)
        ingest.submit(core, account.id, [make_draft(played_at=int(core.now()) - 600)], source="jellyfin")

    return listen


def test_whoever_comes_first_finds_all_templates_compiled(app, client, compiled, listen):
    listen("ada")
    warm_up(app)
    assert {"user.html", "history.html", "rankings.html", "base.html"} <= set(compiled)
    compiled.clear()
    answers = [client.get(address.format(name="ada")).status_code for address in ADDRESSES]
    assert answers == [200] * len(ADDRESSES)
    assert compiled == []


def test_who_is_not_public_is_asked_nothing_about(app, compiled, listen):
    listen("pia", privacy=Privacy.PRIVATE)
    warm_up(app)
    assert compiled == []


def test_a_server_that_cannot_ask_itself_says_so_and_starts_all_the_same(app, listen, monkeypatch):
    listen("ada")
    monkeypatch.setitem(app.view_functions, "pages.user.show", lambda username: 1 / 0)
    with capture_logs() as told:
        warm_up(app)
    assert [(entry["event"], entry["log_level"]) for entry in told] == [("warming_up_failed", "warning")]
