from sqlalchemy import delete, text, update

from goscrobble.migrations import VERSION_TABLE
from goscrobble.models import UserDay, table
from goscrobble.services import ingest, rollups
from goscrobble.testing import make_account, make_draft
from goscrobble.testing.clock import START
from tests.cli.outcomes import refused, said


def test_sums_that_differ_from_the_plays_are_found_and_mended(goscrobble, core):
    account = make_account(core)
    ingest.submit(core, account.id, [make_draft()], source="jellyfin", voice="test")
    assert said(goscrobble("database", "check")) == "The database is in order.\n"
    core.database.write(lambda connection: connection.execute(update(table(UserDay)).values(plays=7)))
    result = goscrobble("database", "check")
    assert refused(result).startswith("The database is not as it should be")
    assert result.stdout == "Sums of ada differ from the plays: user_day\n"
    core.database.write(lambda connection: connection.execute(delete(table(UserDay))))
    assert said(goscrobble("database", "rebuild-rollups", "--user", "ada")) == "The sums of 1 account are new.\n"
    assert said(goscrobble("database", "check")) == "The database is in order.\n"


def test_all_sums_are_computed_anew(goscrobble, core):
    make_account(core, "ada")
    make_account(core, "bob")
    assert said(goscrobble("database", "rebuild-rollups")) == "The sums of 2 accounts are new.\n"


def test_a_run_that_was_interrupted_goes_on_where_it_was(goscrobble, core, instance_path):
    accounts = [make_account(core, name) for name in ("ada", "bob", "carol")]
    mark = instance_path / "rebuild-rollups.mark"
    mark.write_text(str(accounts[0].id))
    result = goscrobble("database", "rebuild-rollups")
    assert result.stdout == "The sums of 2 accounts are new.\n"
    assert result.stderr == "An earlier run was interrupted: going on with bob (--anew begins with the first).\n"
    assert not mark.exists()
    mark.write_text(str(accounts[0].id))
    assert said(goscrobble("database", "rebuild-rollups", "--anew")) == "The sums of 3 accounts are new.\n"


def test_counting_shows_how_far_it_is(core):
    ada = make_account(core)
    ingest.submit(core, ada.id, [make_draft(played_at=int(START) - n * 700) for n in range(30)], source="jellyfin")
    told = []
    rollups.rebuild(core, ada, told.append)
    assert sum(told) == 30


def test_a_schema_that_differs_is_found(goscrobble, core):
    core.database.write(lambda connection: connection.execute(text("ALTER TABLE setting ADD COLUMN surprise INTEGER")))
    result = goscrobble("database", "check")
    assert refused(result).startswith("The database is not as it should be")
    assert "surprise" in result.stdout


def test_a_database_newer_than_the_program_is_refused_by_every_command(goscrobble, core):
    core.database.write(lambda c: c.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")))
    for arguments in (["database", "upgrade"], ["database", "check"], ["users", "list"], ["worker"], ["run"]):
        assert refused(goscrobble(*arguments)).startswith("The database was made by a newer GoScrobble than this one")


def test_upgrading_what_is_current_changes_nothing(goscrobble, instance_path):
    assert said(goscrobble("database", "upgrade")) == "The database was up to date already.\n"
    assert not (instance_path / "backups").exists()


def test_a_new_instance_is_made_by_the_first_command(goscrobble, empty_database_url, monkeypatch, tmp_path):
    monkeypatch.setenv("GOSCROBBLE_DATABASE_URL", empty_database_url)
    monkeypatch.setenv("GOSCROBBLE_INSTANCE_PATH", str(tmp_path / "new" / "folder"))
    assert said(goscrobble("users", "list")).startswith("NAME")
    assert (tmp_path / "new" / "folder" / "jwt.key").stat().st_mode & 0o777 == 0o600


def test_a_database_that_cannot_be_reached_is_a_sentence_without_its_password(goscrobble, monkeypatch):
    monkeypatch.setenv("GOSCROBBLE_DATABASE_URL", "postgresql+psycopg://me:hidden-word@127.0.0.1:1/none")
    for arguments in (["users", "list"], ["database", "upgrade"], ["run"]):
        assert "hidden-word" not in refused(goscrobble(*arguments))
