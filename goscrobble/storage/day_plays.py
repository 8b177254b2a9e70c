"""Every play of a local day in one row: columns of numbers, packed, from which any range is counted.

A database counts a hundred thousand plays by sorting them; read as packed columns, numpy counts them in a hundredth of
that time (benchmarks/statistics.py). Plays that come are put into the row of their day, in the order of time, and
those that vanish are taken out, by who holds the lock on the listener: a row read is a row that stays.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Select, bindparam, case, delete, func, select

from goscrobble.domain.habits import Numbers
from goscrobble.models import ScrobbleRow, TrackArtist, UserDayPlays, table
from goscrobble.storage.dialect import any_of, as_one_value, inserting, rows
from goscrobble.storage.prepared import Prepared

_scrobble, _packed, _track_artist = table(ScrobbleRow), table(UserDayPlays), table(TrackArtist)
NAME = _packed.name
_ITEM = "I"  # 32 bits: an id of the catalogue, seconds (at most a week), or Unix time until 2106
_STORED = "<u4"  # the same, in the order of bytes that a database keeps when it moves between machines
SHARED = 1 << 31  # in the place of an artist: added to the id of a track by several, as its credits say
NAMES = ("tracks", "artists", "albums", "seconds", "starts")
Users = Collection[int] | Select[Any]  # ids, or what selects them

SECONDS = func.coalesce(case((_scrobble.c.listened > 0, _scrobble.c.listened), else_=None), _scrobble.c.duration, 0)

_ARTIST = (
    select(case((func.count() == 1, func.min(_track_artist.c.artist_id)), else_=SHARED + _scrobble.c.track_id))
    .where(_track_artist.c.track_id == _scrobble.c.track_id)
    .scalar_subquery()
)
_READ = (
    select(_scrobble.c.played_at, _scrobble.c.track_id, _ARTIST, func.coalesce(_scrobble.c.album_id, 0), SECONDS)
    .where(
        _scrobble.c.user_id == bindparam("the_user"),
        _scrobble.c.played_at >= bindparam("lo"),
        _scrobble.c.played_at < bindparam("hi"),
    )
    .order_by(_scrobble.c.played_at, _scrobble.c.track_id)
)
_REMOVE = Prepared(
    lambda _dialect: delete(_packed).where(
        _packed.c.user_id == bindparam("the_user"), _packed.c.day == bindparam("the_day")
    )
)
_DAYS = Prepared(
    lambda dialect: select(_packed.c.day, *(_packed.c[name] for name in NAMES)).where(
        _packed.c.user_id == bindparam("the_user"), any_of(dialect, _packed.c.day, "days")
    )
)


class Entry(NamedTuple):
    """A play as a day's row holds it, in the order of `Columns.add`."""

    at: int
    track: int
    artist: int
    album: int
    seconds: int

    @classmethod
    def of(cls, at: int, track: int, artists: Sequence[int], album: int, seconds: int) -> Entry:
        """Return the play of a track that these artists are credited with."""
        return cls(at, track, artists[0] if len(artists) == 1 else SHARED + track, album, seconds)


@dataclass(slots=True)
class Columns:
    """Plays as columns of the same length.

    Ids of tracks, of artists (of several: SHARED and the track), of albums (0: none), seconds listened, Unix time of
    the start.
    """

    tracks: array[int] = field(default_factory=lambda: array(_ITEM))
    artists: array[int] = field(default_factory=lambda: array(_ITEM))
    albums: array[int] = field(default_factory=lambda: array(_ITEM))
    seconds: array[int] = field(default_factory=lambda: array(_ITEM))
    starts: array[int] = field(default_factory=lambda: array(_ITEM))

    def add(self, at: int, track: int, artist: int, album: int, seconds: int) -> None:
        """Add a play."""
        self.starts.append(at)
        self.tracks.append(track)
        self.artists.append(artist)
        self.albums.append(album)
        self.seconds.append(seconds)

    @classmethod
    def unpacked(cls, packed: Sequence[bytes]) -> Columns:
        """Return the plays of a stored row, whose columns are in the order of NAMES."""
        columns = cls()
        for name, stored in zip(NAMES, packed, strict=True):
            getattr(columns, name).frombytes(_unpacked(stored).astype(_ITEM).tobytes())
        return columns

    def insert(self, entry: Entry) -> None:
        """Put a play where it belongs: they are in the order of their start, then of their track."""
        place = self._place(entry)
        self.starts.insert(place, entry.at)
        self.tracks.insert(place, entry.track)
        self.artists.insert(place, entry.artist)
        self.albums.insert(place, entry.album)
        self.seconds.insert(place, entry.seconds)

    def remove(self, entry: Entry) -> None:
        """Take out the play of this track that began at this moment."""
        place = self._place(entry)
        if self.starts[place : place + 1] != array(_ITEM, [entry.at]) or self.tracks[place] != entry.track:
            return  # the row lacked it already; `goscrobble database check` tells of it
        for name in NAMES:
            del getattr(self, name)[place]

    def _place(self, entry: Entry) -> int:
        place = bisect_left(self.starts, entry.at)
        while place < len(self.starts) and self.starts[place] == entry.at and self.tracks[place] < entry.track:
            place += 1
        return place


def change(
    connection: Connection, user_id: int, vanished: Sequence[tuple[int, Entry]], came: Sequence[tuple[int, Entry]]
) -> None:
    """Take plays out of their local days (ordinals) and put others in. The user's row must be locked."""
    found = {day: Columns() for day, _ in (*vanished, *came)}
    days = as_one_value(connection.dialect.name, found)
    for day, *packed in _DAYS.fetch(connection, {"the_user": user_id, "days": days}):
        found[day] = Columns.unpacked(packed)
    for day, entry in vanished:
        found[day].remove(entry)
    for day, entry in came:
        found[day].insert(entry)
    put(connection, user_id, found)


def put(connection: Connection, user_id: int, days: dict[int, Columns]) -> None:
    """Store these days; one without plays is removed."""
    full = [
        {"user_id": user_id, "day": day, **{name: _pack(getattr(columns, name)) for name in NAMES}}
        for day, columns in sorted(days.items())
        if columns.tracks
    ]
    empty = [{"the_user": user_id, "the_day": day} for day, it in days.items() if not it.tracks]
    if full:
        _UPSERT.run(connection, full)
    if empty:
        _REMOVE.run(connection, empty)


def read(connection: Connection, users: Users, first: int | None, end: int | None, *names: str) -> list[Numbers]:
    """Return these columns of the plays of these users on the local days from `first` up to `end`, day after day.

    The names are those of the fields of `Columns`; all columns are of the same length.
    """
    query = select(*(_packed.c[name] for name in names)).where(_packed.c.user_id.in_(users))
    if first is not None:
        query = query.where(_packed.c.day >= first)
    if end is not None:
        query = query.where(_packed.c.day < end)
    found = rows(connection, query.order_by(_packed.c.user_id, _packed.c.day))
    columns = zip(*found, strict=True) if found else ([] for _ in names)
    return [_unpacked(b"".join(parts)) for parts in columns]


def days(connection: Connection, user_id: int) -> Iterator[tuple[int, Columns]]:
    """Yield every day of a user with its plays, oldest first."""
    query = select(_packed).where(_packed.c.user_id == user_id).order_by(_packed.c.day)
    for row in connection.execute(query):
        yield row.day, Columns.unpacked([getattr(row, name) for name in NAMES])


def day_with(
    connection: Connection, user_id: int, start: int, wanted: AbstractSet[int], *, is_album: bool, forwards: bool
) -> int:
    """Return the first day, from `start` on (or the last, back from it), with a play of one of these tracks or albums.

    There must be one.
    """
    day, column = _packed.c.day, _packed.c.albums if is_album else _packed.c.tracks
    query = select(day, column).where(_packed.c.user_id == user_id)
    if forwards:
        query = query.where(day >= start - 1).order_by(day)
    else:
        query = query.where(day <= start + 1).order_by(day.desc())
    last, step = None, 32
    while True:
        beyond = query if last is None else query.where(day > last if forwards else day < last)
        rows = connection.execute(beyond.limit(step)).all()
        for last, packed in rows:
            if not wanted.isdisjoint(_unpacked(packed).tolist()):
                return int(last)
        if len(rows) < step:
            raise LookupError(f"no day of user {user_id} has a play of {sorted(wanted)[:5]}")
        step *= 2


def every_play(connection: Connection, user_id: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Yield (played at, track, artist, album, seconds) of every play of a user, oldest first, as `Columns` has them."""
    streamed = connection.execution_options(yield_per=10_000)
    yield from streamed.execute(_READ, {"the_user": user_id, "lo": -(2**62), "hi": 2**62})


def _pack(numbers: array[int]) -> bytes:
    return np.asarray(numbers).astype(_STORED).tobytes()


def _unpacked(packed: bytes) -> Numbers:
    return np.frombuffer(packed, _STORED)


def _upsert(dialect: str) -> Any:
    statement = inserting(dialect, _packed)
    changes = {name: statement.excluded[name] for name in NAMES}
    return statement.on_conflict_do_update(index_elements=list(_packed.primary_key), set_=changes)


_UPSERT = Prepared(_upsert, _packed.c.keys())
