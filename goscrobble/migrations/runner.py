"""Bring a database to the schema of this program, and tell how far it is.

Several processes may call `upgrade` at once: one works, the others wait for it and find nothing left to do. A step
that fails leaves the database as it was, on both kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from goscrobble.errors import BadConfig, Unavailable
from goscrobble.migrations import VERSION_TABLE, options
from goscrobble.storage.database import Database, engine_options

State = Literal["current", "behind", "ahead", "empty"]

_STATES = {
    "empty": "The database has no tables yet: run `goscrobble database upgrade`.",
    "behind": "The database is older than this program: run `goscrobble database upgrade`.",
    "ahead": (
        "The database was made by a newer GoScrobble than this one; install that version again, "
        "or restore a backup that this one made."
    ),
}
_FOLDER = str(Path(__file__).parent)
PATIENCE_MS = 120_000  # how long to wait for another process that upgrades the same SQLite file
_LOCK = 0x60_5C_0B_B1  # PostgreSQL's advisory lock of whoever migrates


def upgrade(database: str | Engine) -> None:
    """Apply what is missing. Raises BadConfig for a database that is newer than this program."""
    with exclusive(database) as connection:
        if _state(connection) == "ahead":
            raise BadConfig(_STATES["ahead"])
        command.upgrade(config(connection), "head")


def downgrade(database: str | Engine, revision: str = "base") -> None:
    """Undo steps until `revision`. For developers: data of undone columns and tables is lost."""
    with exclusive(database) as connection:
        command.downgrade(config(connection), revision)


def require_current(database: str | Engine) -> None:
    """Raise BadConfig with a sentence unless the schema is this program's."""
    found = state(database)
    if found != "current":
        raise BadConfig(_STATES[found])


def state(database: str | Engine) -> State:
    """Return how the schema compares to this program's. Raises Unavailable when it cannot be reached."""
    with opened(database) as engine:
        try:
            with engine.connect() as connection:
                return _state(connection)
        except OperationalError as error:
            raise Unavailable("The database cannot be reached") from error


def problems(database: str | Engine) -> list[str]:
    """Return a sentence for each way in which schema or file are not as they should be."""
    found = state(database)
    if found != "current":
        return [_STATES[found]]
    with opened(database) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options())
        differences = compare_metadata(context, options()["target_metadata"])
        damage = _damage(connection) if engine.dialect.name == "sqlite" else []
    return [f"The schema differs from this program's: {one}" for one in differences] + damage


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite database, None for another kind of database."""
    parts = make_url(url)
    return Path(parts.database) if parts.get_backend_name() == "sqlite" and parts.database else None


def config(connection: Connection) -> Config:
    """Return Alembic's configuration for work on this connection."""
    result = Config()
    result.set_main_option("script_location", _FOLDER.replace("%", "%%"))
    result.attributes["connection"] = connection
    return result


@contextmanager
def opened(database: str | Engine) -> Iterator[Engine]:
    """Give an engine for this URL, closed afterwards; an engine is given as it is."""
    if isinstance(database, Engine):
        yield database
        return
    engine = _engine(database)
    try:
        yield engine
    finally:
        engine.dispose()


def _damage(connection: Connection) -> list[str]:
    complaints = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check") if row[0] != "ok"]
    dangling = [
        f"a row of {row[0]} points to nothing" for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
    ]
    return [f"The file is damaged: {one}" for one in complaints + dangling]


def _state(connection: Connection) -> State:
    known, newest = _revisions()
    found = set(MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads())
    if not found:
        return "empty"
    if found == newest:
        return "current"
    return "behind" if found <= known else "ahead"


@cache
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """Return all steps that this program knows, and the last."""
    script = ScriptDirectory(_FOLDER)
    return frozenset(step.revision for step in script.walk_revisions()), frozenset(script.get_heads())


def _engine(url: str) -> Engine:
    try:
        return Database(create_engine(url, **engine_options(url))).engine
    except (ArgumentError, ImportError):
        raise BadConfig(
            "database_url must look like sqlite:////path/to/file or postgresql+psycopg://user:password@host/database"
        ) from None


@contextmanager
def exclusive(database: str | Engine) -> Iterator[Connection]:
    """Open a connection of our own in one transaction that no other migration runs beside, and commit it."""
    url = database if isinstance(database, str) else database.url.render_as_string(hide_password=False)
    engine = _engine(url)
    begin = _begin_sqlite if engine.dialect.name == "sqlite" else _begin_postgresql
    try:
        with engine.connect() as connection, begin(connection):
            yield connection
    except OperationalError as error:
        cause = str(error.orig).strip().splitlines()
        raise Unavailable(
            f"The database cannot be upgraded: {cause[0] if cause else 'it cannot be reached'}"
        ) from error
    finally:
        engine.dispose()


@contextmanager
def _begin_sqlite(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # a table may be copied and renamed; checked below
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
        _check_references(connection)
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        connection.rollback()  # the library's own: it undoes what the library began beside, too
        raise


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise BadConfig(f"The upgrade was undone: rows of table {broken[0]} would point to nothing.")


@contextmanager
def _begin_postgresql(connection: Connection) -> Iterator[None]:
    with connection.begin():
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {limit} = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield
