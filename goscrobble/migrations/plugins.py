"""The tables that plugins bring: each plugin's own history, under a version table of its own.

So a plugin can be removed and come back, and one that fails stops neither the server nor another. A step may make and
change only what is called `plugin_<name>_…` and what belongs to such a table; any other is taken back (see `guard`).
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

from goscrobble.domain.plugin_names import owner_of_table, version_table
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadConfig
from goscrobble.migrations.guard import Untidy, watched
from goscrobble.migrations.runner import exclusive
from goscrobble.plugins.declarations import Migrations, PluginRecord

__all__ = ["OLDER", "Untidy", "has_any", "is_behind", "problem", "upgrade"]

OLDER = Sentence("Its tables are older than the plugin; run `goscrobble database upgrade` and restart.")
NEWER = Sentence(
    "Its tables were made by a newer version of it; install that version again, "
    "or give its tables up with `goscrobble plugins purge %(name)s`."
)
DIFFERENT = Sentence("Its tables are not what its code expects (%(difference)s); its author must add a migration.")


def upgrade(database: str | Engine, record: PluginRecord, others: Iterable[str]) -> None:
    """Apply what is missing of one plugin's steps, all or nothing. `others` are the names of all plugins known.

    Raises Untidy with a sentence, and whatever else a stranger's step may raise.
    """
    migrations = _of(record)
    script = _script(migrations)

    def steps(revision: Any, _context: Any) -> Any:
        return script._upgrade_revs("head", revision)  # noqa: SLF001 - as Alembic's own command does

    with exclusive(database) as connection:
        names = {*others, *_that_left_tables(connection), record.name}

        def is_own(table: str) -> bool:
            return owner_of_table(table, names) == record.name

        with (
            watched(connection, is_own),
            EnvironmentContext(Config(), script, fn=steps, destination_rev="head") as environment,
        ):
            environment.configure(connection=connection, **_options(record.name, migrations))
            with environment.begin_transaction():
                environment.run_migrations()


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


def _that_left_tables(connection: Connection) -> Iterable[str]:
    """Return the plugins, installed or not, that have a table of versions: foo does not own what is of foo_bar."""
    prefix, suffix = version_table("\0").split("\0")
    names = inspect(connection).get_table_names()
    return [name.removeprefix(prefix).removesuffix(suffix) for name in names if name.endswith(suffix)]


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


def _described(difference: object) -> str:
    """Return a difference in a few words: `add_table plugin_tidal_seen`."""
    while isinstance(difference, list):
        difference = difference[0]
    parts = difference if isinstance(difference, tuple) else (difference,)
    words = [str(getattr(part, "name", part)) for part in parts if isinstance(part, str) or hasattr(part, "name")]
    return " ".join(words)[:200]
