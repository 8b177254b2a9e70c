"""Artists, albums and tracks: what they are, who listens to them, and when.

All of it is seen through the eyes of a viewer (None: not signed in): only listeners whom they may see count, and an
entry that none of these has played does not exist for them. Every function raises NotFound for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.domain.scrobbles import Entity, Scrobble
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import NotFound
from goscrobble.services import ids
from goscrobble.services.core import Core
from goscrobble.storage import catalogue as stored
from goscrobble.storage import catalogue_plays
from goscrobble.storage.catalogue import Entry, Listed, Listener, Sums
from goscrobble.storage.counting import Kind
from goscrobble.storage.database import Connection
from goscrobble.storage.entries import Shared, named

__all__ = ["Kind", "Listed", "Listener", "Month", "Own", "Page", "Sums", "find", "listeners", "scrobbles"]

MOST = 1000  # listeners or plays of one page
SHOWN = 100  # albums and tracks of one page
READ_ALONG = 1_000_000  # plays of its listeners that may be looked through for the months of an entry
_MANY = 500  # listeners, likewise
_NO_SUCH = {
    "artists": Sentence("There is no such artist"),
    "albums": Sentence("There is no such album"),
    "tracks": Sentence("There is no such track"),
}


@dataclass(frozen=True, slots=True)
class Month:
    """How many plays a month had; `start` is its first day."""

    start: date
    plays: int


@dataclass(frozen=True, slots=True)
class Own:
    """What the viewer's own plays add up to. `rank` is the place in their chart of all time.

    `months` are those of their own time zone, from the first play to the last.
    """

    sums: Sums
    rank: int
    months: list[Month]


@dataclass(frozen=True, slots=True)
class Page:
    """An artist, album or track.

    `sums` are over all visible listeners, `own` is None for whoever has not played it. `albums` and `tracks` are the
    most played SHOWN of an artist; of an album the tracks, of a track the albums that it was played on. `months` are
    UTC ones, from the first play to the last; None where counting them would take too long, since the entry's
    listeners have more than READ_ALONG plays between them.
    """

    kind: Kind
    entity: Entity
    artists: tuple[Entity, ...]  # of an album or track
    duration: int | None  # of a track, seconds
    sums: Sums | None  # None: an artist who is only credited on albums
    own: Own | None
    months: list[Month] | None
    albums: list[Listed]
    tracks: list[Listed]


def find(core: Core, kind: Kind, uuid: str, viewer: Account | None) -> Page:
    """Return what there is to say of an entry; one that was merged into another answers as the other."""
    with core.database.read(consistent=True) as connection:
        entry = _entry(connection, kind, uuid)
        sums = stored.sums(connection, kind, entry, viewer)
        albums = [] if kind == "albums" else stored.albums(connection, kind, entry, viewer, SHOWN)
        if sums is None and not albums:  # who made a played album exists, or its page would lead nowhere
            raise NotFound(_NO_SUCH[kind])
        shown = named(connection, {kind: [entry.id]}, Shared(viewer))[kind][entry.id]
        return Page(
            kind=kind,
            entity=shown.entity,
            artists=shown.artists,
            duration=stored.duration(connection, entry, viewer) if kind == "tracks" else None,
            sums=sums,
            own=_own(connection, kind, entry, viewer),
            months=_months_of_all(connection, kind, entry, viewer, sums),
            albums=albums,
            tracks=[] if kind == "tracks" else stored.tracks(connection, kind, entry, viewer, SHOWN),
        )


def listeners(
    core: Core, kind: Kind, uuid: str, viewer: Account | None, *, limit: int = 50, offset: int = 0
) -> tuple[list[Listener], int | None]:
    """Return a page of an entry's listeners, most plays first, and the offset of the next one (None: no more)."""
    limit = min(max(limit, 1), MOST)
    with core.database.read(consistent=True) as connection:
        entry = _entry(connection, kind, uuid)
        _known(connection, kind, entry, viewer)
        found = stored.listeners(connection, kind, entry, viewer, limit=limit + 1, offset=max(offset, 0))
    return found[:limit], offset + limit if len(found) > limit else None


def scrobbles(
    core: Core, kind: Kind, uuid: str, viewer: Account | None, *, limit: int = 50, cursor: str | None = None
) -> tuple[list[tuple[str, Scrobble]], str | None]:
    """Return a page of an entry's plays, each with its listener's name, newest first, and the cursor of the next one.

    Raises BadInput for a cursor that is not one of ours.
    """
    after = ids.of(core).place(cursor) if cursor else catalogue_plays.NEWEST
    with core.database.read(consistent=True) as connection:
        entry = _entry(connection, kind, uuid)
        known = _known(connection, kind, entry, viewer)
        if known is None:
            return [], None
        plays, place = catalogue_plays.page(
            connection, kind, entry, viewer, known, limit=min(max(limit, 1), MOST), after=after
        )
    return plays, None if place is None else ids.of(core).cursor(place)


# ---- parts ----


def _entry(connection: Connection, kind: Kind, uuid: str) -> Entry:
    entry = stored.find(connection, kind, uuid)
    if entry is None:
        raise NotFound(_NO_SUCH[kind])
    return entry


def _known(connection: Connection, kind: Kind, entry: Entry, viewer: Account | None) -> Sums | None:
    """Return the sums of an entry that the viewer may know of; None if it is but an albums' artist."""
    sums = stored.sums(connection, kind, entry, viewer)
    if sums is None and not (kind == "artists" and stored.albums(connection, kind, entry, viewer, 1)):
        raise NotFound(_NO_SUCH[kind])
    return sums


def _own(connection: Connection, kind: Kind, entry: Entry, viewer: Account | None) -> Own | None:
    own = None if viewer is None else stored.sums_of_one(connection, kind, entry, viewer.id)
    if viewer is None or own is None:
        return None
    moments = catalogue_plays.moments(connection, kind, entry, own, viewer.id)
    rank = stored.rank(connection, kind, entry, viewer.id, own)
    return Own(own, rank, _months(moments, zone(viewer.time_zone)))


def _months_of_all(
    connection: Connection, kind: Kind, entry: Entry, viewer: Account | None, sums: Sums | None
) -> list[Month] | None:
    if sums is None:
        return []
    if sums.listeners > _MANY or catalogue_plays.plays_to_read(connection, kind, entry, viewer) > READ_ALONG:
        return None
    return _months(catalogue_plays.moments(connection, kind, entry, sums, viewer), UTC)


def _months(moments: list[int], tz: tzinfo) -> list[Month]:
    """Count plays by month, from the first play's to the last one's, those without plays too."""
    if not moments:
        return []
    starts = list(_starts(datetime.fromtimestamp(min(moments), tz), datetime.fromtimestamp(max(moments), tz)))
    begins = [int(datetime.combine(start, time(), tz).timestamp()) for start in starts]
    counted = Counter(bisect_right(begins, at) - 1 for at in moments)
    return [Month(start, counted[i]) for i, start in enumerate(starts)]


def _starts(first: date, last: date) -> Iterable[date]:
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield date(month // 12, month % 12 + 1, 1)
