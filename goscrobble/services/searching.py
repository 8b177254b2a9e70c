"""Search over artists, albums, tracks and people, as far as somebody may see them."""

from __future__ import annotations

from dataclasses import dataclass

from goscrobble.domain.accounts import Account
from goscrobble.domain.sentences import Sentence
from goscrobble.domain.words import Asked
from goscrobble.errors import BadInput
from goscrobble.services.core import Core
from goscrobble.storage import matching
from goscrobble.storage import searching as stored
from goscrobble.storage.counting import Kind
from goscrobble.storage.matching import READ
from goscrobble.storage.searching import Hit

__all__ = ["LONGEST", "MOST", "READ", "Found", "Hit", "search"]

LONGEST = 200  # characters of a query
MOST = 50  # entries of each kind
_KINDS: tuple[Kind, ...] = ("artists", "albums", "tracks")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, best first. `complete` is False if a word is so common that not all entries were looked at."""

    artists: list[Hit]
    albums: list[Hit]
    tracks: list[Hit]
    users: list[str]
    complete: bool


def search(core: Core, q: str, viewer: Account | None, *, limit: int = 10) -> Found:
    """Return at most `limit` artists, albums, tracks and usernames that match.

    Each word of the query must begin a word of the name; for an album or track it may be a word of the artist's, but
    not all of them. A name that the query begins, both written together, matches too. First come those whose whole
    name it is, then those it begins, then others, each by how often they were played. Only what a listener has played
    whom `viewer` may see is found, and only those plays count. Raises BadInput for nothing to search by, or too much.
    """
    asked = q.strip()
    if not asked:
        raise BadInput("q must not be empty")
    if len(q) > LONGEST:
        raise BadInput(Sentence("q must have at most %(most)s characters", most=LONGEST))
    query, limit = Asked.of(asked), min(max(limit, 1), MOST)
    with core.database.read(consistent=True) as connection:
        matches = {kind: matching.match(connection, kind, query.words, query.whole) for kind in _KINDS}
        hits = {kind: stored.hits(connection, kind, matches[kind], viewer, limit, query) for kind in _KINDS}
        users = stored.usernames(connection, asked, viewer, limit)
    return Found(**hits, users=users, complete=all(one.complete for one in matches.values()))
