"""What a person heard, newest first."""

from __future__ import annotations

from collections.abc import Collection

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, NotFound
from goscrobble.services import ids
from goscrobble.services.core import Core
from goscrobble.storage import history as stored
from goscrobble.storage.history import EVERYTHING, Filters

__all__ = [
    "EVERYTHING",
    "LONGEST",
    "MOST",
    "Filters",
    "by_ids",
    "find",
    "most_recent",
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
    after = ids.of(core).place(cursor) if cursor else None
    with core.database.read() as connection:
        plays, place = stored.page(connection, account.id, filters, limit=min(max(limit, 1), MOST), after=after)
    return plays, ids.of(core).cursor(place) if place else None


def by_ids(core: Core, account_id: int, ids: Collection[int]) -> list[Scrobble]:
    """Return these plays of an account, in the order of their ids."""
    if not ids:
        return []
    with core.database.read() as connection:
        return stored.by_ids(connection, account_id, ids)


def find(core: Core, account: Account, token: str) -> Scrobble:
    """Return an account's play by its public id. Raises NotFound."""
    play = ids.of(core).play(token)
    found = by_ids(core, account.id, [play]) if play is not None else []
    if not found:
        raise NotFound("There is no such scrobble")
    return found[0]


def most_recent(core: Core, *, limit: int = 50) -> list[tuple[str, Scrobble]]:
    """Return the newest plays of the last week of all public users, each with its user name."""
    with core.database.read() as connection:
        return stored.public_page(connection, limit=min(max(limit, 1), MOST), since=int(core.now()) - _SITE_RECENT)
