"""Pictures of artists and albums: one that somebody uploaded, else one that is made of the entry's id and name."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import structlog

from goscrobble import imaging
from goscrobble.domain import placeholders
from goscrobble.domain.accounts import Account
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, NotAllowed, NotFound, TooLarge, Unavailable
from goscrobble.services import administration
from goscrobble.services.administration import Action
from goscrobble.services.core import Core
from goscrobble.storage import covers as stored
from goscrobble.storage.covers import Kind, Pictured
from goscrobble.storage.database import Connection

__all__ = ["Kind", "Picture", "digests", "may_change", "picture", "remove", "replace"]

SIZES = (imaging.SMALL, imaging.LARGE)
AT_ONCE = 2  # conversions of one process
PATIENCE = 20  # seconds of one, and seconds until one may begin
_DIGEST = 16  # hexadecimal digits
_UNREADABLE = Sentence("That file is not an image we can read (PNG, JPEG, WebP or GIF)")
log = structlog.get_logger("goscrobble.covers")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image, ready to be sent. `digest` changes whenever it does."""

    body: bytes
    media: str
    digest: str


def picture(core: Core, kind: Kind, uuid: str, viewer: Account | None, size: int = imaging.LARGE) -> Picture:
    """Return the picture of an entry, `size` (64 or 300) pixels square.

    Of an entry that the viewer may not see, as of one that does not exist, it is made from the UUID alone.
    """
    with core.database.read() as connection:
        entry = stored.find(connection, kind, uuid)
        if entry is not None and not stored.is_visible(connection, kind, entry.id, viewer):
            entry = None
        if entry is not None and entry.digest is not None:
            image = stored.image(connection, kind, entry.id, small=size == imaging.SMALL)
            if image is not None:
                return Picture(image, "image/webp", entry.digest)
        name = "" if entry is None else stored.name(connection, kind, entry.id, viewer)
    drawn = placeholders.draw(uuid if entry is None else entry.uuid, name, size).encode()
    return Picture(drawn, "image/svg+xml", _digest(drawn))


def digests(core: Core, kind: Kind, uuids: Collection[str]) -> dict[str, str]:
    """Return the digests of those of these entries that have an uploaded picture, for addresses that may be cached.

    The caller must know that its viewer may see them.
    """
    with core.database.read() as connection:
        return stored.digests(connection, kind, uuids)


def may_change(core: Core, kind: Kind, uuid: str, by: Account | None) -> bool:
    """Return whether somebody may upload a picture of this entry, and remove the one that stands there."""
    if by is None:
        return False
    try:
        with core.database.read() as connection:
            _allowed(connection, kind, _seen(connection, kind, uuid, by), by)
    except (NotFound, NotAllowed):
        return False
    return True


def replace(core: Core, by: Account, kind: Kind, uuid: str, raw: bytes) -> None:
    """Make an uploaded file the picture of an entry: PNG, JPEG, WebP or GIF, whatever it is called.

    Raises NotFound for an entry that `by` may not see, NotAllowed where they have not played it or somebody else's
    picture stands (moderators may in both cases), BadInput for what is no image, TooLarge, Unavailable.
    """
    with core.database.read() as connection:
        entry = _seen(connection, kind, uuid, by)
        _allowed(connection, kind, entry, by)
    small, large = _convert(raw)
    values = {
        "small": small,
        "large": large,
        "digest": _digest(large),
        "user_id": by.id,
        "uploaded_at": int(core.now()),
    }

    def store(connection: Connection) -> None:
        if _allowed(connection, kind, entry, by):
            _note(core, connection, by, Action.COVER_REPLACE, kind, entry)
        stored.put(connection, kind, entry.id, **values)

    core.database.write(store)


def remove(core: Core, by: Account, kind: Kind, uuid: str) -> None:
    """Remove the picture of an entry. Raises NotFound where there is none, NotAllowed as `replace` does."""

    def work(connection: Connection) -> None:
        entry = _seen(connection, kind, uuid, by)
        if stored.owner(connection, kind, entry.id) is None:
            raise NotFound("There is no uploaded picture")
        if _allowed(connection, kind, entry, by):
            _note(core, connection, by, Action.COVER_REMOVE, kind, entry)
        stored.remove(connection, kind, entry.id)

    core.database.write(work)


def _seen(connection: Connection, kind: Kind, uuid: str, by: Account) -> Pictured:
    entry = stored.find(connection, kind, uuid)
    if entry is None or not stored.is_visible(connection, kind, entry.id, by):
        raise NotFound(Sentence("There is no such %(kind)s", kind=Sentence(kind)))
    return entry


def _allowed(connection: Connection, kind: Kind, entry: Pictured, by: Account) -> bool:
    """Return whether the picture that stands there is somebody else's. Raises NotAllowed."""
    standing = stored.owner(connection, kind, entry.id)
    is_others = standing is not None and standing != (by.id,)
    if by.is_admin or by.is_mod:
        return is_others
    if not stored.has_played(connection, kind, entry.id, by.id):
        raise NotAllowed(
            Sentence("Only somebody who has played this %(kind)s may change its picture", kind=Sentence(kind))
        )
    if is_others:
        raise NotAllowed("Somebody else's picture stands here; a moderator can change it")
    return False


def _note(core: Core, connection: Connection, by: Account, action: Action, kind: Kind, entry: Pictured) -> None:
    administration.note(
        core, connection, by, action, f"{kind} {entry.uuid}", stored.name(connection, kind, entry.id, by)[:200]
    )


def _convert(raw: bytes) -> tuple[bytes, bytes]:
    if len(raw) > imaging.MOST_BYTES:
        raise TooLarge(Sentence("The file is larger than %(most)s MB", most=imaging.MOST_BYTES // 1024**2))
    if not raw:
        raise BadInput(_UNREADABLE)
    if not _slots().acquire(timeout=PATIENCE):
        raise Unavailable("Too many pictures are being uploaded right now, please try again")
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "goscrobble.imaging"],
            input=raw,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={},
        )
    except (subprocess.TimeoutExpired, BrokenPipeError):
        raise BadInput(_UNREADABLE) from None
    finally:
        _slots().release()
    if done.returncode == 0:
        return _parts(done.stdout)
    word = done.stderr.decode("ascii", "replace")
    if word == imaging.TOO_LARGE:
        raise TooLarge(
            Sentence(
                "The image has more than %(most)s million pixels, or a side over 12,000",
                most=imaging.MOST_PIXELS // 10**6,
            )
        )
    if word != imaging.UNREADABLE:
        log.warning("an upload broke its converter", status=done.returncode, error=word[-200:])
    raise BadInput(_UNREADABLE)


def _parts(made: bytes) -> tuple[bytes, bytes]:
    (length,) = imaging.LENGTH.unpack_from(made)
    rest = made[imaging.LENGTH.size + length :]
    return made[imaging.LENGTH.size : imaging.LENGTH.size + length], rest[imaging.LENGTH.size :]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGEST]


@lru_cache(1)
def _slots() -> threading.BoundedSemaphore:
    """Made at the first use, when gevent has patched `threading` if it ever does."""
    return threading.BoundedSemaphore(AT_ONCE)
