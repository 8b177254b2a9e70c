"""The instance folder and its database: made on the first start, brought up to date on every later one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import NamedTuple

import structlog

from goscrobble import logs, permissions
from goscrobble.config import Settings
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadConfig
from goscrobble.migrations import plugins as tables
from goscrobble.migrations import runner
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.plugins.host import ANYTHING, PluginHost
from goscrobble.services import failures, keys, rematching
from goscrobble.storage import sealed
from goscrobble.storage.database import Database

Watching = Callable[[int], AbstractContextManager[Callable[[int], object]]]

_TELL_EVERY = 10  # seconds
BACKUPS = "backups"  # folder in the instance
log = structlog.get_logger("goscrobble.instance")


@contextmanager
def _in_the_log(total: int) -> Iterator[Callable[[int], object]]:
    """Tell the log now and then how far long work is."""
    done, told_at = 0, time.monotonic()

    def tell(more: int) -> None:
        nonlocal done, told_at
        done += more
        if time.monotonic() > told_at + _TELL_EVERY:
            told_at = time.monotonic()
            log.info("matching plays anew", done=done, of=total)

    log.info("matching plays anew", done=0, of=total)
    yield tell
    log.info("all plays are matched anew", plays=done)


def prepare(settings: Settings) -> Path | None:
    """Make folder and keys, and upgrade the database; returns the backup that was made before, if any.

    May be called by several processes at once. Raises BadConfig or Unavailable with a sentence.
    """
    return prepare_all(settings).backup


class Upgraded(NamedTuple):
    """What an upgrade did."""

    backup: Path | None  # the copy of the SQLite file made before
    problems: dict[str, str]  # plugins whose tables could not be upgraded: a sentence that says why
    plugins: list[str]  # those whose tables were


def prepare_all(settings: Settings, watching: Watching = _in_the_log) -> Upgraded:
    """Do what `prepare` does, and return what `upgrade` does."""
    logs.configure(settings)
    try:
        settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfig(f"The instance folder {settings.instance_path} cannot be made: {error.strerror}") from None
    permissions.begin(settings)
    require_keys(settings)
    keys.load(settings.instance_path)
    return upgrade(settings, watching=watching)


def require_keys(settings: Settings) -> None:
    """Raise BadConfig where the key is gone that opens what the database holds sealed: a new one would not."""
    if keys.has_secrets_key(settings.instance_path) or runner.state(settings.url) == "empty":
        return
    with runner.opened(settings.url) as engine, engine.connect() as connection:
        if sealed.has_any(connection):
            file = settings.instance_path / keys.SECRETS_KEY_FILE
            raise BadConfig(
                f"The key file {file} is missing, and the database holds what it encrypted. "
                "Put it back from your backup; if it is lost: goscrobble keys begin-anew"
            )


def upgrade(
    settings: Settings, *, found_plugins: Iterable[EntryPoint] | None = None, watching: Watching = _in_the_log
) -> Upgraded:
    """Bring the database to this program's schema and its plugins'. `found_plugins` replaces the installed ones.

    `watching` is given the number of plays, where an upgrade must look at each, and shows how many are done.
    The server does without a plugin whose tables cannot be upgraded.
    """
    state = runner.state(settings.url)
    backup = _copy(settings) if state == "behind" else None
    if state != "current":
        runner.upgrade(settings.url)
    _rematch(settings, watching)
    problems: dict[str, str] = {}
    upgraded: list[str] = []
    host = PluginHost(found=found_plugins, blocked=settings.plugins_blocked, fixed_settings=settings.plugins)
    host.load()
    for record in [one for one in host.records.values() if one.migrations is not None and one.fault is None]:
        todo: list[bool] = []  # whether there are tables of it already, if there is something to do
        sentence = host.problem_with(partial(_look, settings, record, todo))
        if todo:
            backup = backup or (_copy(settings) if todo[0] else None)
            sentence = _upgrade_plugin(settings, record, host.records)
        if sentence:
            problems[record.name] = sentence
        elif todo:
            upgraded.append(record.name)
    return Upgraded(backup, problems, upgraded)


def _rematch(settings: Settings, watching: Watching) -> None:
    with runner.opened(settings.url) as engine:
        database = Database(engine)
        left = rematching.plays_left(database)
        if left is not None:
            with watching(left) as tell:
                rematching.rematch(database, tell)


def _look(settings: Settings, record: PluginRecord, todo: list[bool]) -> str:
    with runner.opened(settings.url) as engine, engine.connect() as connection:
        if tables.is_behind(connection, record):
            todo.append(tables.has_any(connection, record))
    return ""


def _upgrade_plugin(settings: Settings, record: PluginRecord, known: Iterable[str]) -> str:
    """Upgrade the tables of a plugin and return why they could not be, as a sentence. It is kept until they are."""
    sentence = _why_not(settings, record, known)
    with runner.exclusive(settings.url) as connection:
        failures.keep_migration(connection, record.name, sentence, now=int(time.time()))
    if sentence:
        log.warning(
            "tables of a plugin could not be upgraded", plugin=record.name, error=logs.without_secrets(sentence)
        )
    return sentence


def _why_not(settings: Settings, record: PluginRecord, known: Iterable[str]) -> str:
    try:
        tables.upgrade(settings.url, record, known)
    except tables.Untidy as error:
        return str(error)
    except ANYTHING as error:
        return Sentence(
            "Its migration failed (%(what)s); its author must mend it.", what=f"{type(error).__name__}: {error}"
        )
    return ""


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
