"""What leaves the server in place of its own numbers: ids of plays and cursors that tell nobody anything.

A play's number counts all plays of the instance: two of one's own would tell how many plays everybody else had between
them. The key is in its database, so that all its workers and what is restored from a backup spell alike.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from goscrobble.domain.permutations import Permutation
from goscrobble.errors import BadInput
from goscrobble.services.core import Core
from goscrobble.storage import instance_keys

_KEY_BYTES = 32
_DIGITS = 16  # of the hexadecimal spelling of a play
_PLACE = struct.Struct(">qq")
_NO_PLAY = 0  # a number that no play has
_LONGEST = 100  # characters of a cursor that we would look at

Place = tuple[int, int]  # where a page ended: Unix seconds, and a number of ours


@dataclass(frozen=True, slots=True)
class PublicIds:
    """Spells numbers, and reads what it spelt."""

    plays: Permutation
    places: AESSIV

    def token(self, play: int) -> str:
        """Return the public id of a play: stable and unique."""
        return f"{self.plays.mixed(play):0{_DIGITS}x}"

    def play(self, token: str) -> int | None:
        """Return the play behind a public id; None for what is none. There may be no such play."""
        if len(token) != _DIGITS or not all(c in "0123456789abcdef" for c in token):
            return None
        number = self.plays.unmixed(int(token, 16))
        return number if number < 2**63 else _NO_PLAY

    def cursor(self, place: Place) -> str:
        """Return a place as text for a client."""
        return base64.urlsafe_b64encode(self.places.encrypt(_PLACE.pack(*place), None)).rstrip(b"=").decode()

    def place(self, cursor: str) -> Place:
        """Return the place that a cursor tells. Raises BadInput for one that is not ours."""
        try:
            raw = base64.b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            at, number = _PLACE.unpack(self.places.decrypt(raw, None))
        except (ValueError, binascii.Error, InvalidTag, struct.error):
            raise BadInput("cursor is not one this server gave") from None
        return at, number


def of(core: Core) -> PublicIds:
    """Return how this instance spells its ids."""
    ids: PublicIds | None = core.database.caches.get("ids")
    if ids is None:
        key = _key(core)
        places = AESSIV(hmac.digest(key, b"places", "sha256"))
        ids = core.database.caches["ids"] = PublicIds(Permutation(hmac.digest(key, b"plays", "sha256")), places)
    return ids


def _key(core: Core) -> bytes:
    """Return the instance's key, made when it is first needed."""
    with core.database.read() as connection:
        known = instance_keys.find(connection, instance_keys.IDS)
    if known is not None:
        return known
    made = secrets.token_bytes(_KEY_BYTES)
    core.database.write(lambda connection: instance_keys.add(connection, instance_keys.IDS, made))
    return _key(core)
