"""Fresh, migrated databases for tests: each a copy of a template that is migrated once per worker."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from goscrobble.migrations import runner


class SqliteDatabases:
    """Copies of one file."""

    kind = "sqlite"

    def __init__(self, folder: Path, _name: str) -> None:
        self._template = folder / "template.db"
        runner.upgrade(f"sqlite:///{self._template}")

    def make(self, folder: Path, *, empty: bool = False) -> str:
        """Return the URL of a new database, in `folder`."""
        file = folder / "goscrobble.db"
        if not empty:
            shutil.copyfile(self._template, file)
        return f"sqlite:///{file}"

    def drop(self, url: str) -> None:
        """The file goes with its folder."""

    def close(self) -> None:
        """The template goes with its folder."""


class PostgresqlDatabases:
    """Copies of one template database on a running server. A copy that is done with is emptied and used again."""

    kind = "postgresql"

    def __init__(self, server_url: str, name: str) -> None:
        self._server_url = server_url
        self._admin = psycopg.connect(server_url, autocommit=True)
        self._template = f"template_{name}"
        self._numbers = itertools.count()
        self._clean: list[str] = []
        self._cleaners: dict[str, psycopg.Connection] = {}  # by URL; kept, since what a new one learns takes a while
        self._create(self._template, "template0")
        runner.upgrade(self._url(self._template))
        with _connect(self._url(self._template)) as connection:
            self._schema = _schema(connection)

    def make(self, _folder: Path, *, empty: bool = False) -> str:
        """Return the URL of a database without a row, or without a table."""
        if self._clean and not empty:
            return self._clean.pop()
        name = f"{self._template}_{next(self._numbers)}"
        self._create(name, "template0" if empty else self._template)
        return self._url(name)

    def drop(self, url: str) -> None:
        """Take a database back; one whose tables a test changed is thrown away."""
        connection = self._cleaners.pop(url, None) or _connect(url)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if _schema(connection) == self._schema:
            _empty(connection, self._schema)
            self._cleaners[url] = connection
            self._clean.append(url)
        else:
            connection.close()
            self._drop(url)

    def close(self) -> None:
        for connection in self._cleaners.values():
            connection.close()
        for url in (*self._clean, self._url(self._template)):
            self._drop(url)
        self._admin.close()

    def _drop(self, url: str) -> None:
        self._admin.execute(f'DROP DATABASE "{url.rpartition("/")[2]}" WITH (FORCE)')

    def _create(self, name: str, template: str) -> None:
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')

    def _url(self, name: str) -> str:
        parts = conninfo_to_dict(self._server_url)
        return f"postgresql+psycopg://{parts['user']}@{parts['host']}:{parts['port']}/{name}"


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


Schema = tuple[list[tuple[str, str]], list[str]]  # every column of every table, and every version applied


def _schema(connection: psycopg.Connection) -> Schema:
    columns = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name <> 'rate_bucket' ORDER BY 1, ordinal_position"
    ).fetchall()
    versions = []
    if any(table == "alembic_version" for table, _ in columns):
        versions = [row[0] for row in connection.execute("SELECT version_num FROM alembic_version ORDER BY 1")]
    return columns, versions


def _empty(connection: psycopg.Connection, schema: Schema) -> None:
    """Delete every row. For the few that a test leaves this is far quicker than TRUNCATE, which makes new files."""
    tables = sorted({table for table, _ in schema[0]} - {"alembic_version"})
    sequences = [row[0] for row in connection.execute("SELECT sequencename FROM pg_sequences").fetchall()]
    statements = ["SET session_replication_role = replica"]  # no foreign key looks at the order
    statements += [f'DELETE FROM "{table}"' for table in tables]
    statements += [f"SELECT setval('\"{name}\"', 1, false)" for name in sequences]
    statements += ["DROP TABLE IF EXISTS rate_bucket", "SET session_replication_role = DEFAULT"]
    connection.execute("; ".join(statements))
