"""What an instance keeps is for the user that runs the server alone: folders 0700, files 0600.

SQLite makes its side files (`-wal`, `-shm`) with the mode of the database, so it is enough to make that one so.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import structlog

from goscrobble.config import FILE_NAME, Settings
from goscrobble.migrations import runner

_OTHERS = 0o077
_NAMED = 3  # files that a warning names
_NAMES = ("*.key", "*.key.*", "limits.db*", "goscrobble.db*", FILE_NAME)
_FOLDERS = ("outbox", "backups")
log = structlog.get_logger("goscrobble.permissions")


def begin(settings: Settings) -> None:
    """Make from now on nothing that others may read, and put right what is there: where a program opens its instance.

    A Unix socket of the web server is made before, with the mode that its own settings say.
    """
    os.umask(os.umask(_OTHERS) | _OTHERS)
    wide = [path for path in _ours(settings) if _narrow(path)]
    if wide:
        log.warning(
            "files of the instance could be read by others; that is put right",
            files=[str(path) for path in wide[:_NAMED]],
            more=max(0, len(wide) - _NAMED),
        )


def _ours(settings: Settings) -> Iterator[Path]:
    """Yield the instance folder, what we keep in it, and the SQLite database, wherever that lies.

    What else somebody keeps there is theirs, and so is a folder that is their home or above it.
    """
    folder = settings.instance_path
    if folder.is_dir() and folder.resolve() not in (Path.home(), *Path.home().parents):
        yield folder
    for name in _NAMES:
        yield from folder.glob(name)
    for name in _FOLDERS:
        for parent, folders, files in os.walk(folder / name):
            yield from (Path(parent, one) for one in ("", *folders, *files))
    file = runner.sqlite_file(settings.url)
    if file is not None:
        yield from (path for path in (file, *(Path(f"{file}-{side}") for side in ("wal", "shm"))) if path.exists())


def _narrow(path: Path) -> bool:
    """Take what others may do off a file or folder; return whether there was anything. What links lead to is theirs."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_IMODE(mode) & _OTHERS or not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            return False
        path.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    except FileNotFoundError:
        return False
    except OSError as error:
        log.warning("others may read a file of the instance, and it is not ours", file=str(path), error=error.strerror)
        return False
    return True
