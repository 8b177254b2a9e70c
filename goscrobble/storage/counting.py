"""How often each artist, album or track was played on some days, by one listener or by many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import ColumnElement, Connection, FromClause, Table, func, select

from goscrobble.domain.periods import Days
from goscrobble.models import (
    Album,
    Artist,
    Track,
    TrackArtist,
    UserAlbum,
    UserArtist,
    UserClock,
    UserDay,
    UserTrack,
    table,
)
from goscrobble.storage import day_plays
from goscrobble.storage.day_plays import Columns, Users

Kind = Literal["artists", "albums", "tracks"]

EVER: Days = (None, None)
ROLLUPS: Mapping[str, Table] = {"artists": table(UserArtist), "albums": table(UserAlbum), "tracks": table(UserTrack)}
ENTITIES: Mapping[str, Table] = {"artists": table(Artist), "albums": table(Album), "tracks": table(Track)}
KEYS: Mapping[str, str] = {"artists": "artist_id", "albums": "album_id", "tracks": "track_id"}
_day, _clock, _track_artist = table(UserDay), table(UserClock), table(TrackArtist)
_FEW = 1000  # ids that are asked for by name; beyond, all of a listener's are read


@dataclass(slots=True)
class Counts:
    """Plays by id, without zeros; `seconds` of those that are asked for."""

    plays: dict[int, int]
    _parts: list[tuple[int, Columns]]  # what to add (1) or take away (-1)
    _kind: Kind
    _credited: Mapping[int, tuple[int, ...]] = field(default_factory=dict)  # the artists of each track
    _base: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # plays and seconds of all time
    _merged: Mapping[int, int] = field(default_factory=dict)

    def seconds(self, wanted: Collection[int] | None = None) -> dict[int, int]:
        """Return the seconds listened to each of these, of all if None."""
        found: dict[int, int] = dict.fromkeys(self.plays if wanted is None else wanted, 0)
        for key, (_, seconds) in self._base.items():
            shown = self._merged.get(key, key)
            if shown in found:
                found[shown] += seconds
        for sign, columns in self._parts:
            for key, seconds in _seconds_of(columns, self._kind, self._asked_for(found)).items():
                for entity in self._credited[key] if self._kind == "artists" else (key,):
                    shown = self._merged.get(entity, entity)
                    if shown in found:
                        found[shown] += sign * seconds
        return found

    def _asked_for(self, found: Mapping[int, int]) -> Collection[int] | None:
        """Return what to look for in the columns: the tracks of the artists, or whatever merged into what is wanted."""
        if len(found) == len(self.plays):
            return None
        if self._kind == "artists":
            return {t for t, artists in self._credited.items() if any(self._merged.get(a, a) in found for a in artists)}
        return found.keys() | {key for key, shown in self._merged.items() if shown in found}


def count(connection: Connection, users: Users, kind: Kind, days: Days) -> Counts:
    """Count the plays of these users on these local days, each user's own."""
    merged = merged_entries(connection, kind)
    if days == EVER:
        base = _all_time(connection, users, kind)
        return _counts(connection, users, kind, base, [], merged)
    first, end = days
    if _is_most(connection, users, first, end):
        base = _all_time(connection, users, kind)
        outside: list[Days] = [(None, first)] * (first is not None) + [(end, None)] * (end is not None)
        parts = [(-1, _read(connection, users, kind, part)) for part in outside]
        return _counts(connection, users, kind, base, parts, merged)
    return _counts(connection, users, kind, {}, [(1, _read(connection, users, kind, days))], merged)


def distinct(connection: Connection, users: Users, kind: Kind, days: Days) -> int:
    """Return how many different artists, albums or tracks were played."""
    merged = merged_entries(connection, kind)
    if days == EVER and not merged:
        rollup = ROLLUPS[kind]
        query = select(func.count(func.distinct(rollup.c[KEYS[kind]]))).where(rollup.c.user_id.in_(users))
        return int(connection.execute(query).scalar_one())
    return len(count(connection, users, kind, days).plays)


def plays_and_seconds(connection: Connection, users: Users, days: Days) -> tuple[int, int]:
    """Return what the plays of these days add up to."""
    source: FromClause = _clock if days == EVER else _day  # the clock has fewer rows
    query = select(func.coalesce(func.sum(source.c.plays), 0), func.coalesce(func.sum(source.c.seconds), 0))
    query = query.where(source.c.user_id.in_(users), *_within(_day.c.day, days))
    plays, seconds = connection.execute(query).one()
    return int(plays), int(seconds)


def edges(connection: Connection, users: Users, kind: Kind, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return when each of these was first and last played by any of the users, ever."""
    rollup, merged = ROLLUPS[kind], merged_entries(connection, kind)
    key = rollup.c[KEYS[kind]]
    query = select(key, func.min(rollup.c.first_at), func.max(rollup.c.last_at)).where(rollup.c.user_id.in_(users))
    if len(ids) <= _FEW:
        query = query.where(key.in_([*ids, *(own for own, shown in merged.items() if shown in ids)]))
    found: dict[int, tuple[int, int]] = {}
    for own, first, last in connection.execute(query.group_by(key)):
        shown = merged.get(own, own)
        known = found.get(shown, (first, last))
        found[shown] = min(first, known[0]), max(last, known[1])
    return found


def merged_entries(connection: Connection, kind: Kind) -> dict[int, int]:
    """Return the entries that were merged into others, each with the one that is shown for it."""
    entity = ENTITIES[kind]
    query = select(entity.c.id, entity.c.canonical_id).where(entity.c.canonical_id > 0)
    return dict(connection.execute(query).all())


def _counts(
    connection: Connection,
    users: Users,
    kind: Kind,
    base: Mapping[int, tuple[int, int]],
    parts: list[tuple[int, Columns]],
    merged: Mapping[int, int],
) -> Counts:
    counted = [(sign, Counter(columns.albums if kind == "albums" else columns.tracks)) for sign, columns in parts]
    credited: dict[int, tuple[int, ...]] = {}
    if kind == "artists" and parts:
        credited = _credits(connection, users, set().union(*(counter for _, counter in counted)))
    plays: dict[int, int] = {key: n for key, (n, _) in base.items()}
    for sign, counter in counted:
        if kind == "artists":
            counter = _by_artist(counter, credited)  # noqa: PLW2901 - the same, seen by artist
        if not plays and sign > 0:
            plays = counter
        else:
            for key, n in counter.items():
                plays[key] = plays.get(key, 0) + sign * n
    plays.pop(0, None)  # plays without an album
    for own in merged.keys() & plays.keys():
        plays[merged[own]] = plays.get(merged[own], 0) + plays.pop(own)
    if base:
        plays = {key: n for key, n in plays.items() if n}
    return Counts(plays, parts, kind, credited, base, merged)


def _by_artist(tracks: Mapping[int, int], credited: Mapping[int, tuple[int, ...]]) -> Counter[int]:
    found: Counter[int] = Counter()
    for track, plays in tracks.items():
        for artist in credited[track]:
            found[artist] += plays
    return found


def _seconds_of(columns: Columns, kind: Kind, wanted: Collection[int] | None) -> dict[int, int]:
    """Return the seconds of each wanted track or album, of all if None."""
    keys = columns.albums if kind == "albums" else columns.tracks
    found: dict[int, int] = {}
    if wanted is None:
        for key, seconds in zip(keys, columns.seconds, strict=True):
            found[key] = found.get(key, 0) + seconds
        found.pop(0, None)
        return found
    found = dict.fromkeys(wanted, 0)
    for key, seconds in zip(keys, columns.seconds, strict=True):
        if key in found:
            found[key] += seconds
    return {key: seconds for key, seconds in found.items() if seconds}


def _all_time(connection: Connection, users: Users, kind: Kind) -> dict[int, tuple[int, int]]:
    rollup = ROLLUPS[kind]
    key, plays, seconds = rollup.c[KEYS[kind]], func.sum(rollup.c.plays), func.sum(rollup.c.seconds)
    query = select(key, plays, seconds).where(rollup.c.user_id.in_(users)).group_by(key)
    return {own: (int(n), int(length)) for own, n, length in connection.execute(query)}


def _is_most(connection: Connection, users: Users, first: int | None, end: int | None) -> bool:
    """Return whether the days outside have fewer plays than those inside: then these are taken from the whole."""
    inside, _ = plays_and_seconds(connection, users, (first, end))
    whole, _ = plays_and_seconds(connection, users, EVER)
    return 2 * inside > whole


def _read(connection: Connection, users: Users, kind: Kind, days: Days) -> Columns:
    return day_plays.read(connection, users, *days, "albums" if kind == "albums" else "tracks", "seconds")


def _credits(connection: Connection, users: Users, tracks: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the artists of each of these tracks, which these users have played."""
    query = select(_track_artist.c.track_id, _track_artist.c.artist_id).order_by(*_track_artist.primary_key)
    if len(tracks) <= _FEW:
        query = query.where(_track_artist.c.track_id.in_(tracks))
    else:
        rollup = ROLLUPS["tracks"]
        played = select(rollup.c.track_id).where(rollup.c.user_id.in_(users))
        query = query.where(_track_artist.c.track_id.in_(played))
    return _grouped(connection.execute(query))


def _grouped(rows: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for track, artist in rows:
        found[track] = (*found[track], artist) if track in found else (artist,)
    return found


def _within(day: ColumnElement[int], days: Days) -> list[ColumnElement[bool]]:
    first, end = days
    conditions = [] if first is None else [day >= first]
    return conditions if end is None else [*conditions, day < end]
