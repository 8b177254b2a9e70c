"""The instance folder and its database: made on the first start, brought up to date on every later one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from goscrobble.config import Settings
from goscrobble.errors import BadConfig
from goscrobble.migrations import runner
from goscrobble.services import keys

BACKUPS = "backups"  # folder in the instance


def prepare(settings: Settings) -> Path | None:
    """Make folder and keys, and upgrade the database; returns the backup that was made before, if any.

    May be called by several processes at once. Raises BadConfig or Unavailable with a sentence.
    """
    try:
        settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfig(f"The instance folder {settings.instance_path} cannot be made: {error.strerror}") from None
    keys.load(settings.instance_path)
    return upgrade(settings)


def upgrade(settings: Settings) -> Path | None:
    """Bring the database to this program's schema; returns the copy of the SQLite file made before."""
    state = runner.state(settings.url)
    if state == "current":
        return None
    backup = _copy(settings) if state == "behind" else None
    runner.upgrade(settings.url)
    return backup


def _copy(settings: Settings) -> Path | None:
    """Copy a SQLite database, as it is at this moment, while others may use it."""
    file = runner.sqlite_file(settings.url)
    if file is None:
        return None
    folder = settings.instance_path / BACKUPS
    folder.mkdir(mode=0o700, exist_ok=True)
    copy = folder / f"{file.stem}-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.db"
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
