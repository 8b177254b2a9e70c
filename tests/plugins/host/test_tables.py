"""Tables that plugins bring: a history of their own, names of their own, and a server that goes on without them."""

import re
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint

import pytest
from sqlalchemy import create_engine, inspect, text

from goscrobble import instance
from goscrobble.migrations import runner
from goscrobble.plugins.declarations import Failure, Status
from goscrobble.plugins.host import GROUP
from goscrobble.services import failures, purging
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_core, make_settings
from tests.plugins.host.strangers import administrator, core_of, key_for, post, statuses

PACKAGE = """
    from pathlib import Path
    from flask import Blueprint
    from goscrobble.plugins import Ingress, Migrations, PluginSettings, hookimpl
    from pydantic import Field
    from sqlalchemy import Column, Integer, MetaData, Table, Text, insert, select

    metadata = MetaData()
    seen = Table("{table}", metadata, Column("id", Integer, primary_key=True), Column("title", Text, nullable=False){more})

    class Settings(PluginSettings):
        size: int = Field(default=1, description="A number.")

    @hookimpl
    def register_config():
        return Settings

    @hookimpl
    def register_migrations():
        return Migrations(Path(__file__).parent, metadata)

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)

        @blueprint.post("")
        def receive():
            "Keep a title."
            title = toolkit.payload()["title"]
            toolkit.write(lambda connection: connection.execute(insert(seen).values(title=title)))
            with toolkit.read() as connection:
                return {{"seen": list(connection.execute(select(seen.c.title)).scalars())}}

        return [Ingress(blueprint)]
"""
FIRST = """
    import sqlalchemy as sa
    from alembic import op

    revision, down_revision = "{revision}", {before!r}

    def upgrade():
        {step}

    def downgrade():
        pass
"""
CREATE = 'op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.Text, nullable=False))'
ADD = 'op.add_column("plugin_shelf_seen", sa.Column("artist", sa.Text))'
TABLE = "plugin_shelf_seen"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes a plugin with tables where Python finds it; returns its entry points. Another version may be written."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written = []

    def write(name="shelf", table=TABLE, more="", steps=None):
        folder = tmp_path / f"plugin_with_tables_{len(written)}"
        (folder / "versions").mkdir(parents=True)
        (folder / "__init__.py").write_text(textwrap.dedent(PACKAGE.format(table=table, more=more)))
        before = None
        for number, step in enumerate(steps or [CREATE.format(table=table)], 1):
            revision = FIRST.format(revision=f"{name}{number}", before=before, step=step)
            (folder / "versions" / f"{number}.py").write_text(textwrap.dedent(revision))
            before = f"{name}{number}"
        written.append(folder.name)
        return [EntryPoint(name, folder.name, GROUP)]

    yield write
    for module in written:
        sys.modules.pop(module, None)


@pytest.fixture
def start(instance_path, database_url, clock):
    """Upgrade the database for these plugins (unless told not to) and open a core; returns it and the problems."""
    cores = []

    def begin(points, *, upgrade=True, **overrides):
        settings = make_settings(instance_path, database_url=database_url, **overrides)
        problems = instance.upgrade(settings, found_plugins=points).problems if upgrade else {}
        cores.append(make_core(settings, clock, points))
        return cores[-1], problems

    yield begin
    for core in cores:
        core.database.close()


def tables(core):
    return {name for name in inspect(core.database.engine).get_table_names() if name.startswith("plugin_shelf")}


def test_a_plugins_tables_are_made_and_used(package, serve, settings, found):
    points = package()
    assert instance.upgrade(settings, found_plugins=points) == (None, {}, ["shelf"])
    app = serve(points)
    core = core_of(app)
    assert statuses(core) == {"shelf": Status.ENABLED}
    assert tables(core) == {TABLE, "plugin_shelf_alembic_version"}
    assert post(app, "shelf", key_for(core), title="One").json == {"seen": ["One"]}


def test_the_cores_own_schema_is_still_in_order(package, start, database_url):
    core, _ = start(package())
    assert runner.problems(core.database.engine) == []


def test_a_plugin_whose_tables_were_not_upgraded_is_outdated(package, start):
    core, _ = start(package(), upgrade=False)
    assert statuses(core) == {"shelf": Status.OUTDATED}
    assert core.plugins.records["shelf"].error == (
        "Its tables are older than the plugin; run `goscrobble database upgrade` and restart."
    )


def test_a_newer_plugin_brings_its_tables_up_to_date_and_an_older_one_is_outdated(package, start):
    start(package())
    old = package()
    new = package(more=', Column("artist", Text)', steps=[CREATE.format(table=TABLE), ADD])
    core, problems = start(new)
    assert (statuses(core), problems) == ({"shelf": Status.ENABLED}, {})
    core, problems = start(old)
    assert (statuses(core), problems) == ({"shelf": Status.OUTDATED}, {})
    assert core.plugins.records["shelf"].error == (
        "Its tables were made by a newer version of it; install that version again, "
        "or give its tables up with `goscrobble plugins purge shelf`."
    )


def test_tables_changed_without_a_migration_are_found_out(package, start):
    start(package())
    core, _ = start(package(more=', Column("artist", Text)'))
    assert statuses(core) == {"shelf": Status.OUTDATED}
    assert core.plugins.records["shelf"].error == (
        "Its tables are not what its code expects (add_column plugin_shelf_seen artist); "
        "its author must add a migration."
    )


def test_a_table_that_is_not_called_as_it_must_be_stops_the_plugin(package, start):
    core, _ = start(package(table="seen"))
    assert statuses(core) == {"shelf": Status.FAILED_TO_LOAD}
    assert core.plugins.records["shelf"].error == (
        "Its table seen must be called plugin_shelf_…; its author must rename it."
    )


def sql(*statements):
    """Return a step that says this to the database."""
    return "; ".join(f"op.execute({statement!r})" for statement in statements)


FOREIGN = {
    "a table of no name of its own": 'op.create_table("other", sa.Column("id", sa.Integer))',
    "a column": 'op.add_column("artist", sa.Column("x", sa.Text))',
    "an index": 'op.create_index("plugin_shelf_by_name", "artist", ["key"])',
    "an index that goes": 'op.drop_index("ix_audit_entry_at", "audit_entry")',
    "a view": sql("CREATE VIEW shelf AS SELECT id FROM artist"),
    "a table that goes": sql("DROP TABLE audit_entry"),
    "a new row": sql("INSERT INTO setting VALUES ('SHELF_SIZE', '3', 0)"),
    "other rows": sql("UPDATE setting SET value = 'false'"),
    "no rows": sql("DELETE FROM setting"),
    "rows of another plugin": sql("DELETE FROM plugin_shelf_two_seen"),
    "a table of another plugin": sql("ALTER TABLE plugin_shelf_two_seen ADD COLUMN x INTEGER"),
    "the version of another plugin": sql("UPDATE plugin_shelf_two_alembic_version SET version_num = 'x'"),
    "rows, and it takes no notice of the refusal": (
        "from contextlib import suppress\n"
        "        with suppress(Exception):\n"
        "            op.execute(\"UPDATE setting SET value = 'false'\")"
    ),
}
ONLY = {
    "sqlite": {
        "a trigger": sql(
            "CREATE TRIGGER plugin_shelf_trigger AFTER INSERT ON artist BEGIN SELECT 1; END",
        )
    },
    "postgresql": {
        "a trigger": sql(
            "CREATE FUNCTION plugin_shelf_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER plugin_shelf_trigger AFTER INSERT ON artist EXECUTE FUNCTION plugin_shelf_f()",
        ),
        "a function": sql("CREATE FUNCTION shelf() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        "a type": sql("CREATE TYPE shelf_colour AS ENUM ('red')"),
        "a sequence": sql("CREATE SEQUENCE shelf_numbers"),
        "a constraint": sql("ALTER TABLE artist ADD CONSTRAINT plugin_shelf_c CHECK (id > 0)"),
        "a default": sql("ALTER TABLE artist ALTER COLUMN uuid SET DEFAULT 'x'"),
        "a row by a function": sql("DO 'BEGIN DELETE FROM setting; END'"),
        "nothing at all": sql("TRUNCATE setting"),
    },
}


@pytest.mark.parametrize("what", [*FOREIGN, *sorted({what for steps in ONLY.values() for what in steps})])
def test_a_step_that_touches_what_is_not_its_own_is_taken_back(package, start, database_kind, what):
    step = (FOREIGN | ONLY[database_kind]).get(what)
    if step is None:
        pytest.skip(f"{database_kind} has no such thing")
    others = package(name="shelf_two", table="plugin_shelf_two_seen")
    core, _ = start(others)
    with core.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO setting VALUES ('DEFAULT_TIMEZONE', '\"UTC\"', 0)"))
        connection.execute(text("INSERT INTO plugin_shelf_two_seen VALUES (1, 'x')"))
    core, problems = start([*package(steps=[CREATE.format(table=TABLE), step]), *others])
    assert list(problems) == ["shelf"]
    assert "which is not its own; its author must mend its migration." in problems["shelf"]
    assert statuses(core) == {"shelf": Status.OUTDATED, "shelf_two": Status.ENABLED}
    assert tables(core) == {"plugin_shelf_two_seen", "plugin_shelf_two_alembic_version"}
    assert runner.problems(core.database.engine) == []
    with core.database.read() as connection:
        assert connection.execute(text("SELECT key, value FROM setting")).all() == [("DEFAULT_TIMEZONE", '"UTC"')]
        assert connection.execute(text("SELECT title FROM plugin_shelf_two_seen")).all() == [("x",)]


@pytest.mark.parametrize("step", [sql("COMMIT"), "op.get_bind().commit()", sql("  rollback")])
def test_a_step_that_would_end_the_transaction_is_taken_back(package, start, step):
    core, problems = start(package(steps=[CREATE.format(table=TABLE), step]))
    assert re.match("It (begins or ends a transaction of its own|commits by itself); its author", problems["shelf"])
    assert tables(core) == set()


def test_a_step_may_do_what_it_likes_with_its_own(package, start, database_kind):
    step = (
        'op.create_table("plugin_shelf_of", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("artist_id", sa.Integer, sa.ForeignKey("artist.id", ondelete="CASCADE"))); '
        'op.create_index("of_artist", "plugin_shelf_of", ["artist_id"]); '
        "op.execute(\"INSERT INTO plugin_shelf_seen VALUES (1, 'x')\"); "
        'op.execute("CREATE VIEW plugin_shelf_all AS SELECT title FROM plugin_shelf_seen"); '
        'op.execute("DROP VIEW plugin_shelf_all"); '
        'batch = op.batch_alter_table("plugin_shelf_seen", recreate="always"); '
        'it = batch.__enter__(); it.alter_column("title", nullable=True); batch.__exit__(None, None, None); '
        'op.drop_table("plugin_shelf_of"); '
        'batch = op.batch_alter_table("plugin_shelf_seen", recreate="always"); '
        'it = batch.__enter__(); it.alter_column("title", nullable=False); batch.__exit__(None, None, None)'
    )
    core, problems = start(package(steps=[CREATE.format(table=TABLE), step]))
    assert problems == {}
    assert statuses(core) == {"shelf": Status.ENABLED}
    with core.database.read() as connection:
        assert connection.execute(text("SELECT title FROM plugin_shelf_seen")).all() == [("x",)]


def test_why_a_migration_failed_is_kept_and_shown_until_it_succeeds(package, serve, settings, monkeypatch):
    broken = package(steps=["raise ValueError('no shelf today')"])
    sentence = "Its migration failed (ValueError: no shelf today); its author must mend it."
    for _ in range(2):
        assert instance.upgrade(settings, found_plugins=broken).problems == {"shelf": sentence}
    app = serve(broken)
    assert core_of(app).plugins.records["shelf"].error == sentence
    client = administrator(app)
    assert sentence in client.get("/admin/plugins").text
    told = client.get("/api/v1/admin/plugins/shelf").json
    assert (told["status"], told["error"]) == ("outdated", sentence)
    assert [(one["hook"], one["count"], one["error"]) for one in told["failures"]] == [("migrations", 1, sentence)]

    mended = package()
    assert instance.upgrade(settings, found_plugins=mended).problems == {}
    core = core_of(serve(mended))
    assert (statuses(core), failures.list_all(core)) == ({"shelf": Status.ENABLED}, [])


def test_a_step_that_fails_stops_that_plugin_alone(package, start):
    core, problems = start(package(steps=[CREATE.format(table=TABLE), "raise ValueError('no')"]))
    assert problems == {"shelf": "Its migration failed (ValueError: no); its author must mend it."}
    assert statuses(core) == {"shelf": Status.OUTDATED}
    assert tables(core) == set()


def test_a_sqlite_file_is_copied_before_a_plugins_tables_change(package, settings, database_kind):
    backup = instance.upgrade(settings, found_plugins=package()).backup
    assert backup is None, "there was nothing of the plugin's to lose"
    new = package(more=', Column("artist", Text)', steps=[CREATE.format(table=TABLE), ADD])
    backup = instance.upgrade(settings, found_plugins=new).backup
    assert (backup is not None and backup.exists()) == (database_kind == "sqlite")


def test_a_plugin_that_was_removed_leaves_its_tables_until_they_are_purged(package, start):
    core, _ = start(package())
    runtime_settings.change(core, {"SHELF_SIZE": 7})
    core, _ = start([])
    assert tables(core) == {TABLE, "plugin_shelf_alembic_version"}
    found = purging.purge(core, None, "shelf")
    assert found == purging.Leftovers(tuple(sorted([TABLE, "plugin_shelf_alembic_version"])), ("SHELF_SIZE",), 0)
    assert not purging.left_by(core, "shelf")
    assert tables(core) == set()


def test_purging_leaves_the_tables_of_a_plugin_with_a_longer_name(package, start):
    core, _ = start([*package(), *package(name="shelf_two", table="plugin_shelf_two_seen")])
    core, _ = start([])
    assert set(purging.purge(core, None, "shelf").tables) == {TABLE, "plugin_shelf_alembic_version"}
    assert tables(core) == {"plugin_shelf_two_seen", "plugin_shelf_two_alembic_version"}


def test_tables_that_point_to_each_other_are_purged_in_the_right_order(package, start):
    both = (
        'op.create_table("plugin_shelf_a", sa.Column("id", sa.Integer, primary_key=True)); '
        'op.create_table("plugin_shelf_seen", sa.Column("id", sa.Integer, primary_key=True), '
        'sa.Column("title", sa.Text, nullable=False), sa.Column("a", sa.Integer, sa.ForeignKey("plugin_shelf_a.id")))'
    )
    core, _ = start(package(steps=[both]))
    with core.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO plugin_shelf_a VALUES (1)"))
        connection.execute(text("INSERT INTO plugin_shelf_seen VALUES (1, 'x', 1)"))
    assert len(purging.purge(core, None, "shelf").tables) == 3


def test_purging_removes_all_that_is_called_like_the_plugin_and_nothing_else(package, start, database_kind):
    core, _ = start([*package(), *package(name="shelf_two", table="plugin_shelf_two_seen")])
    core, _ = start([])
    made = {
        "sqlite": (
            "CREATE VIEW plugin_shelf_all AS SELECT * FROM plugin_shelf_seen",
            "CREATE INDEX plugin_shelf_by_name ON artist (key)",
            "CREATE TRIGGER plugin_shelf_t AFTER INSERT ON artist BEGIN DELETE FROM plugin_shelf_seen; END",
            "CREATE TRIGGER harmless AFTER INSERT ON artist BEGIN DELETE FROM plugin_shelf_seen; END",
            "CREATE TRIGGER plugin_shelf_two_t AFTER INSERT ON artist BEGIN DELETE FROM plugin_shelf_two_seen; END",
        ),
        "postgresql": (
            "CREATE VIEW plugin_shelf_all AS SELECT * FROM plugin_shelf_seen",
            "CREATE INDEX plugin_shelf_by_name ON artist (key)",
            "CREATE SEQUENCE plugin_shelf_numbers",
            "CREATE TYPE plugin_shelf_colour AS ENUM ('red')",
            "CREATE FUNCTION plugin_shelf_f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "CREATE TRIGGER plugin_shelf_t AFTER INSERT ON artist EXECUTE FUNCTION plugin_shelf_f()",
            "CREATE SEQUENCE plugin_shelf_two_numbers",
        ),
    }[database_kind]
    listed = {
        "sqlite": ["index plugin_shelf_by_name", "trigger harmless", "trigger plugin_shelf_t", "view plugin_shelf_all"],
        "postgresql": [
            "function plugin_shelf_f",
            "index plugin_shelf_by_name",
            "sequence plugin_shelf_numbers",
            "trigger plugin_shelf_t",
            "type plugin_shelf_colour",
            "view plugin_shelf_all",
        ],
    }[database_kind]
    with core.database.engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    assert [str(one) for one in purging.purge(core, None, "shelf").others] == listed
    assert not purging.left_by(core, "shelf")
    assert runner.problems(core.database.engine) == []
    assert [str(one) for one in purging.left_by(core, "shelf_two").others] == {
        "sqlite": ["trigger plugin_shelf_two_t"],
        "postgresql": ["sequence plugin_shelf_two_numbers"],
    }[database_kind]


def test_what_something_else_still_needs_is_left_and_said(package, start, database_kind):
    if database_kind == "sqlite":
        pytest.skip("SQLite lets it go")
    core, _ = start(package())
    with core.database.engine.begin() as connection:
        connection.execute(text("CREATE VIEW of_ours AS SELECT * FROM plugin_shelf_seen"))
    assert len(purging.purge(core, None, "shelf").tables) == 2
    assert purging.left_by(core, "shelf") == purging.Leftovers((TABLE,), (), 0)


def test_what_plugins_left_that_are_gone_is_listed_with_how_to_remove_it(package, serve, start, settings):
    core, _ = start(package())
    runtime_settings.change(core, {"SHELF_SIZE": 7})
    with core.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO setting VALUES ('WALL_PAPER_ENABLED', 'false', 0)"))
        connection.execute(text("INSERT INTO setting VALUES ('LAMP_COLOUR', '1', 0)"))
        connection.execute(text("CREATE TABLE plugin_desk_drawers (id INTEGER)"))
    app = serve([])
    failures.note(core_of(app), Failure("chair", "poll", "KeyError", "chair.py", trips=False))
    found = purging.of_the_gone(core_of(app))
    assert found == {
        "chair": purging.Leftovers((), (), 0, failures=1),
        "desk": purging.Leftovers(("plugin_desk_drawers",), (), 0),
        "lamp": purging.Leftovers((), ("LAMP_COLOUR",), 0),
        "shelf": purging.Leftovers(("plugin_shelf_alembic_version", TABLE), ("SHELF_SIZE",), 0),
        "wall_paper": purging.Leftovers((), ("WALL_PAPER_ENABLED",), 0),
    }
    client = administrator(app)
    assert "goscrobble plugins purge wall_paper" in client.get("/admin/plugins").text
    told = client.get("/api/v1/admin/plugins").json["leftovers"]
    assert [one["plugin"] for one in told] == ["chair", "desk", "lamp", "shelf", "wall_paper"]
    assert (told[3]["tables"], told[3]["settings"]) == (["plugin_shelf_alembic_version", TABLE], ["SHELF_SIZE"])
    for name in found:
        purging.purge(core_of(app), None, name)
    assert purging.of_the_gone(core_of(app)) == {}
    assert "goscrobble plugins purge" not in client.get("/admin/plugins").text


def test_two_processes_that_upgrade_at_once_do_it_once(package, settings, database_url):
    points = package()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: instance.upgrade(settings, found_plugins=points), range(2)))
    assert {result.problems == {} for result in results} == {True}
    engine = create_engine(database_url)
    with engine.connect() as connection:
        versions = connection.execute(text("SELECT version_num FROM plugin_shelf_alembic_version")).scalars().all()
    engine.dispose()
    assert versions == ["shelf1"]


@pytest.mark.parametrize(
    "text_of_file", ["import no_such_module", "def upgrade(:", "revision = 'x'; down_revision = 'gone'"]
)
def test_a_migration_that_cannot_be_read_stops_that_plugin_alone(package, start, tmp_path, text_of_file):
    points = package()
    (tmp_path / points[0].value / "versions" / "1.py").write_text(text_of_file)
    core, problems = start(points)
    assert list(problems) == ["shelf"]
    assert statuses(core) == {"shelf": Status.OUTDATED}
    assert core.plugins.records["shelf"].error.startswith("Its migrations cannot be read (")
