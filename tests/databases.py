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
    """Copies of one template database on a running server."""

    kind = "postgresql"

    def __init__(self, server_url: str, name: str) -> None:
        self._server_url = server_url
        self._admin = psycopg.connect(server_url, autocommit=True)
        self._template = f"template_{name}"
        self._numbers = itertools.count()
        self._create(self._template, "template0")
        runner.upgrade(self._url(self._template))

    def make(self, _folder: Path, *, empty: bool = False) -> str:
        """Return the URL of a new database."""
        name = f"{self._template}_{next(self._numbers)}"
        self._create(name, "template0" if empty else self._template)
        return self._url(name)

    def drop(self, url: str) -> None:
        name = url.rpartition("/")[2]
        self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        self.drop(self._url(self._template))
        self._admin.close()

    def _create(self, name: str, template: str) -> None:
        self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY wal_log')

    def _url(self, name: str) -> str:
        parts = conninfo_to_dict(self._server_url)
        return f"postgresql+psycopg://{parts['user']}@{parts['host']}:{parts['port']}/{name}"
