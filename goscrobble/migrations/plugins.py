"""The tables that plugins bring: each plugin's own history, under a version table of its own.

So a plugin can be removed and come back, and one that fails stops neither the server nor another. A step may make and
change only tables whose names begin with `plugin_<name>_`; one that changes the columns of others is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from goscrobble.domain.plugin_names import owner_of_table, table_prefix, version_table
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadConfig
from goscrobble.migrations.runner import exclusive
from goscrobble.plugins.declarations import Migrations, PluginRecord

OLDER = Sentence("Its tables are older than the plugin; run `goscrobble database upgrade` and restart.")
NEWER = Sentence(
    "Its tables were made by a newer version of it; install that version again, "
    "or give its tables up with `goscrobble plugins purge %(name)s`."
)
DIFFERENT = Sentence("Its tables are not what its code expects (%(difference)s); its author must add a migration.")


class Untidy(Exception):
    """A plugin's step touched a table that is not its own. The text is a sentence."""


def upgrade(database: str | Engine, record: PluginRecord) -> None:
    """Apply what is missing of one plugin's steps, all or nothing.

    Raises Untidy with a sentence, and whatever else a stranger's step may raise.
    """
    migrations = _of(record)
    script = _script(migrations)

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - as Alembic's own command does

    with exclusive(database) as connection:
        before = _schema(connection)
        with EnvironmentContext(Config(), script, fn=steps, destination_rev="head") as environment:
            environment.configure(connection=connection, **_options(record.name, migrations))
            with environment.begin_transaction():
                environment.run_migrations()
        _check_touched(record.name, before, _schema(connection))


def is_behind(connection: Connection, record: PluginRecord) -> bool:
    """Return whether `upgrade` has something to do."""
    known, newest = _revisions(record)
    found = _found(connection, record.name)
    return found != newest and found <= known


def has_any(connection: Connection, record: PluginRecord) -> bool:
    """Return whether some of a plugin's steps were applied before."""
    return bool(_found(connection, record.name))


def problem(connection: Connection, record: PluginRecord, others: Iterable[str]) -> str:
    """Return why a plugin's tables are not those it works with, as a sentence that says what to do; "" if they are.

    `others` are the names of all plugins that are known.
    """
    migrations = _of(record)
    known, newest = _revisions(record)
    found = _found(connection, record.name)
    if found != newest:
        return OLDER if found <= known else Sentence(NEWER.text, name=record.name)
    names = [*others, record.name]

    def is_own(name: str | None, kind: str, _parents: Mapping[str, str | None]) -> bool:
        return kind != "table" or (
            name != version_table(record.name) and owner_of_table(name or "", names) == record.name
        )

    options = {**_options(record.name, migrations), "include_name": is_own}
    context = MigrationContext.configure(connection, opts=options)
    differences = compare_metadata(context, migrations.metadata)
    return Sentence(DIFFERENT.text, difference=_described(differences[0])) if differences else ""


# ---- machinery ----


def _of(record: PluginRecord) -> Migrations:
    if record.migrations is None:
        raise BadConfig(f"The plugin {record.name} has no tables.")
    return record.migrations


def _options(name: str, migrations: Migrations) -> dict[str, Any]:
    return {
        "target_metadata": migrations.metadata,
        "version_table": version_table(name),
        "compare_type": True,
        "render_as_batch": True,  # SQLite changes a table by copying it
    }


def _script(migrations: Migrations) -> ScriptDirectory:
    return ScriptDirectory(str(migrations.folder), version_locations=[str(migrations.folder / "versions")])


def _revisions(record: PluginRecord) -> tuple[set[str], set[str]]:
    """Return all steps that the plugin brings, and the last."""
    script = _script(_of(record))
    return {step.revision for step in script.walk_revisions()}, set(script.get_heads())


def _found(connection: Connection, name: str) -> set[str]:
    return set(MigrationContext.configure(connection, opts={"version_table": version_table(name)}).get_current_heads())


def _schema(connection: Connection) -> dict[str, str]:
    """Return each table with its columns, as a text to compare."""
    found = inspect(connection).get_multi_columns()
    return {
        table: repr([(column["name"], str(column["type"]), column["nullable"]) for column in columns])
        for (_, table), columns in found.items()
    }


def _check_touched(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    touched = sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))
    foreign = [table for table in touched if not table.startswith(table_prefix(name))]
    if foreign:
        raise Untidy(f"It touches the table {foreign[0]}, which is not its own; its author must mend its migration.")


def _described(difference: object) -> str:
    """Return a difference in a few words: `add_table plugin_tidal_seen`."""
    while isinstance(difference, list):
        difference = difference[0]
    parts = difference if isinstance(difference, tuple) else (difference,)
    words = [str(getattr(part, "name", part)) for part in parts if isinstance(part, str) or hasattr(part, "name")]
    return " ".join(words)[:200]
