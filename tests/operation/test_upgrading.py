import shutil

import pytest
from sqlalchemy import create_engine, text

from goscrobble.migrations import runner
from tests.operation.conftest import ROOT, goscrobble

NEXT_STEP = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", {newest!r}, None, None


def upgrade():
    with op.batch_alter_table("setting") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="blue"))
    {more}


def downgrade():
    with op.batch_alter_table("setting") as batch:
        batch.drop_column("colour")
"""


@pytest.fixture
def newer_program(tmp_path):
    """Make a copy of this program that has one migration more; `more` is a statement of it."""

    def make(more="pass"):
        folder = tmp_path / "newer"
        shutil.copytree(ROOT / "goscrobble", folder / "goscrobble", ignore=shutil.ignore_patterns("__pycache__"))
        versions = folder / "goscrobble" / "migrations" / "versions"
        newest = max(path.name for path in versions.glob("*.py")).partition("_")[0]
        (versions / "9999_next.py").write_text(NEXT_STEP.format(newest=newest, more=more))
        return folder

    return make


def ask(url, question):
    engine = create_engine(url)
    with engine.begin() as connection:
        rows = connection.execute(text(question))
        result = rows.all() if rows.returns_rows else None
    engine.dispose()
    return result


@pytest.fixture
def url(environment):
    """The URL of a database of this version with a row in it."""
    url = environment["GOSCROBBLE_DATABASE_URL"]
    runner.upgrade(url)
    ask(url, "INSERT INTO setting VALUES ('KEY', '1', 0)")
    return url


def test_a_newer_program_upgrades_and_keeps_a_copy_of_a_sqlite_file(
    environment, url, newer_program, instance_path, database_kind
):
    folder = newer_program()
    assert "is older than this program" in goscrobble(environment, "users", "list", folder=folder).stderr
    result = goscrobble(environment, "database", "upgrade", folder=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert ask(url, "SELECT * FROM setting") == [("KEY", "1", 0, "blue")]
    copies = list((instance_path / "backups").glob("*")) if database_kind == "sqlite" else []
    assert len(copies) == (database_kind == "sqlite")
    for copy in copies:
        assert copy.stat().st_mode & 0o777 == 0o600
        assert ask(f"sqlite:///{copy}", "SELECT * FROM setting") == [("KEY", "1", 0)]
        assert str(copy) in result.stdout


def test_the_older_program_refuses_what_a_newer_one_upgraded(environment, url, newer_program):
    goscrobble(environment, "database", "upgrade", folder=newer_program())
    for command in ("run", "worker"):
        result = goscrobble(environment, command)
        assert (result.returncode, result.stdout) == (1, "")
        assert result.stderr.startswith("The database was made by a newer GoScrobble than this one")


def test_an_upgrade_that_fails_half_way_leaves_everything_as_it_was(environment, url, newer_program):
    folder = newer_program('op.execute("INSERT INTO setting VALUES (NULL, NULL, NULL, NULL)")')
    result = goscrobble(environment, "database", "upgrade", folder=folder)
    assert result.returncode == 1
    assert runner.state(url) == "current"
    assert ask(url, "SELECT * FROM setting") == [("KEY", "1", 0)]


def test_an_upgrade_never_leaves_rows_that_point_to_nothing(environment, url, newer_program, database_kind):
    folder = newer_program('op.execute("INSERT INTO track_artist VALUES (1, 1, 1)")')
    result = goscrobble(environment, "database", "upgrade", folder=folder)
    assert result.returncode == 1
    if database_kind == "sqlite":
        sentence = "The upgrade was undone: rows of table track_artist would point to nothing."
        assert result.stderr.splitlines()[-1] == sentence
    assert runner.state(url) == "current"
