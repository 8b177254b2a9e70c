"""What a person heard, newest first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Scrobble, parse_play_token
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, NotFound
from goscrobble.services.core import Core
from goscrobble.storage import history as stored
from goscrobble.storage.history import EVERYTHING, Filters

__all__ = [
    "EVERYTHING",
    "LONGEST",
    "MOST",
    "Filters",
    "by_ids",
    "cursor_of",
    "find",
    "most_recent",
    "place_of",
    "recent",
]

MOST = 1000  # plays of one page
LONGEST = 200  # characters of the words that plays are filtered by
_SITE_RECENT = 7 * 86400  # seconds: what "recent" reaches back to on the whole site


def recent(
    core: Core, account: Account, filters: Filters = EVERYTHING, *, limit: int = 50, cursor: str | None = None
) -> tuple[list[Scrobble], str | None]:
    """Return a page of an account's plays, newest first, and the cursor of the next one (None: no more).

    Raises BadInput for a cursor that is not one of ours, and for words that are too long or that too many names have.
    """
    if len(filters.q) > LONGEST:
        raise BadInput(Sentence("q must have at most %(most)s characters", most=LONGEST))
    after = place_of(cursor) if cursor else None
    with core.database.read() as connection:
        plays, place = stored.page(connection, account.id, filters, limit=min(max(limit, 1), MOST), after=after)
    return plays, cursor_of(place) if place else None


def by_ids(core: Core, account_id: int, ids: Collection[int]) -> list[Scrobble]:
    """Return these plays of an account, in the order of their ids."""
    if not ids:
        return []
    with core.database.read() as connection:
        return stored.by_ids(connection, account_id, ids)


def find(core: Core, account: Account, token: str) -> Scrobble:
    """Return an account's play by its public id. Raises NotFound."""
    play = parse_play_token(token)
    found = by_ids(core, account.id, [play]) if play is not None else []
    if not found:
        raise NotFound("There is no such scrobble")
    return found[0]


def most_recent(core: Core, *, limit: int = 50) -> list[tuple[str, Scrobble]]:
    """Return the newest plays of the last week of all public users, each with its user name."""
    with core.database.read() as connection:
        return stored.public_page(connection, limit=min(max(limit, 1), MOST), since=int(core.now()) - _SITE_RECENT)


def cursor_of(place: tuple[int, int]) -> str:
    """Return the cursor of a place in a list by time."""
    return base64.urlsafe_b64encode(f"{place[0]:x}.{place[1]:x}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> tuple[int, int]:
    """Return the place that a cursor tells. Raises BadInput for one that is not ours."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
        at, track = (int(part, 16) for part in text.split("."))
    except (ValueError, binascii.Error):
        raise BadInput("cursor is not one this server gave") from None
    if not (0 <= at < 2**62 and 0 <= track < 2**62):
        raise BadInput("cursor is not one this server gave")
    return at, track
