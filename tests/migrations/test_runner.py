import re
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from goscrobble import migrations
from goscrobble.errors import BadConfig, Unavailable
from goscrobble.migrations import runner
from goscrobble.models import Base
from goscrobble.storage.database import engine_options


@pytest.fixture
def engine(empty_database_url):
    engine = create_engine(empty_database_url, **engine_options(empty_database_url))
    yield engine
    engine.dispose()


def tables(engine):
    return set(inspect(engine).get_table_names()) - {migrations.VERSION_TABLE}


def test_a_database_goes_up_and_down_and_up_again(engine):
    assert runner.state(engine) == "empty"
    runner.upgrade(engine)
    assert runner.state(engine) == "current"
    assert tables(engine) == set(Base.metadata.tables)
    runner.downgrade(engine)
    assert runner.state(engine) == "empty"
    assert tables(engine) == set()
    runner.upgrade(engine)
    assert tables(engine) == set(Base.metadata.tables)


def test_the_schema_is_what_the_models_say(engine):
    runner.upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=migrations.options())
        assert compare_metadata(context, Base.metadata) == []


def test_the_schema_is_what_create_all_would_make_to_the_letter(databases, empty_database_url, tmp_path):
    """What Alembic does not compare: order of columns, WITHOUT ROWID, AUTOINCREMENT, ON DELETE, names."""
    runner.upgrade(empty_database_url)
    (tmp_path / "other").mkdir()
    other = databases.make(tmp_path / "other", empty=True)
    engine = create_engine(other)
    Base.metadata.create_all(engine)
    engine.dispose()
    try:
        assert described(other) == described(empty_database_url)
    finally:
        databases.drop(other)


def described(url):
    """Every table, column, index and constraint, in words of the database's own."""
    questions = {
        "sqlite": ["SELECT type, tbl_name, name, sql FROM sqlite_master"],
        "postgresql": [
            """SELECT table_name, row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position), column_name, data_type, character_maximum_length, is_nullable,
                      column_default FROM information_schema.columns WHERE table_schema = 'public'""",
            """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace""",
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        ],
    }
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = [
            tuple(tidied(str(part)) for part in row)
            for question in questions[engine.dialect.name]
            for row in connection.execute(text(question))
        ]
    engine.dispose()
    return sorted(row for row in rows if migrations.VERSION_TABLE not in row)


def tidied(sql):
    """Columns stay in order; in which order constraints are written means nothing, nor do quotes around a name."""
    sql = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", sql)
    sql = re.sub(r", (?=\w+ [A-Z]+)", ",\n", sql)  # where a column was added
    lines = [line.strip().rstrip(", ") for line in sql.splitlines()]
    plain = [line for line in lines if not line.startswith("CONSTRAINT")]
    return "\n".join(plain + sorted(set(lines) - set(plain)))


def test_a_database_newer_than_the_program_is_refused_with_a_sentence(engine):
    runner.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'"))
        connection.commit()
    assert runner.state(engine) == "ahead"
    with pytest.raises(BadConfig, match=r"^The database was made by a newer GoScrobble than this one"):
        runner.upgrade(engine)
    assert tables(engine) == set(Base.metadata.tables)


def test_upgrading_twice_changes_nothing(engine):
    runner.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO setting VALUES ('KEY', '1', 0)"))
        connection.commit()
    runner.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM setting")).scalar() == 1


def test_processes_that_upgrade_at_once_wait_for_each_other(empty_database_url):
    program = "import sys; from goscrobble.migrations import runner; runner.upgrade(sys.argv[1])"
    processes = [subprocess.Popen([sys.executable, "-c", program, empty_database_url]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    assert runner.state(empty_database_url) == "current"


def test_a_database_that_cannot_be_reached_is_a_sentence_without_its_password():
    url = "postgresql+psycopg://somebody:hidden-word@127.0.0.1:1/nothing"
    with pytest.raises(Unavailable, match=r"^The database cannot be reached$"):
        runner.state(url)
    with pytest.raises(Unavailable, match=r"^The database cannot be upgraded: ") as caught:
        runner.upgrade(url)
    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://x/y"])
def test_an_address_that_is_none_is_a_sentence(url):
    with pytest.raises(BadConfig, match=r"^database_url must look like "):
        runner.upgrade(url)
