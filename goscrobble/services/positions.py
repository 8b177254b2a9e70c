"""Where a stream of plays goes on: positions as clients keep them, sealed, so that they tell nobody anything."""

from __future__ import annotations

import base64
import binascii
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from goscrobble.domain.positions import Position, missing, unpack
from goscrobble.services.core import Core
from goscrobble.storage import live as stored
from goscrobble.storage.database import Connection

LONGEST = 400  # characters of one that we would believe
_NONCE = 12  # bytes
_LOOK_BACK = 100  # numbers: of these, those that nobody has yet may be on their way


def current(core: Core) -> Position:
    """Return the position at which all plays there are were told."""
    with core.database.read() as connection:
        return read(core, connection)


def read(core: Core, connection: Connection) -> Position:
    """Return what `current` does, over a connection at hand."""
    if core.database.is_sqlite:
        return Position(next(iter(stored.newest(connection, 1)), 0), frozenset(), int(core.now()))
    # Here plays are numbered before they are committed, by several writers at once.
    found = stored.newest(connection, _LOOK_BACK)
    newest = next(iter(found), 0)
    low = max(0, newest - _LOOK_BACK)
    gaps = missing({number for number in found if number > low}, low)
    return Position(newest, gaps, int(core.now()))


def seal(core: Core, position: Position) -> str:
    """Return a position as text for a client."""
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(nonce + _box(core).encrypt(nonce, position.pack(), None)).rstrip(b"=").decode()


def unseal(core: Core, text: str) -> Position | None:
    """Return the position that a client kept; None for one that we did not give."""
    if len(text) > LONGEST:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return unpack(_box(core).decrypt(raw[:_NONCE], raw[_NONCE:], None))
    except (ValueError, binascii.Error, InvalidTag):
        return None


def _box(core: Core) -> AESGCM:
    return AESGCM(hmac.digest(core.keys.jwt, b"positions of streams", "sha256"))
