"""Sums of plays, changed in the transaction that changes plays.

`apply` takes the plays that vanished and those that came, sums per key, and writes each key once, in sorted order.
First and last cannot be subtracted: where a vanished play may have been one, it is looked up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, bindparam, case, delete, select, update

from goscrobble.domain.periods import hour_of_week, local_day, utc_year, zone
from goscrobble.models import (
    ScrobbleRow,
    TrackArtist,
    UserAlbum,
    UserArtist,
    UserClock,
    UserDay,
    UserTrack,
    UserYearAlbum,
    UserYearArtist,
    UserYearTrack,
    table,
)
from goscrobble.storage.dialect import Compiled, upsert
from goscrobble.storage.scrobbles import PlayRow

_scrobble, _track_artist = table(ScrobbleRow), table(TrackArtist)
_DAY, _CLOCK = table(UserDay), table(UserClock)
_ALL_TIME = {"artist": table(UserArtist), "track": table(UserTrack), "album": table(UserAlbum)}
_YEARLY = {"artist": table(UserYearArtist), "track": table(UserYearTrack), "album": table(UserYearAlbum)}
TABLES: tuple[Table, ...] = (_DAY, _CLOCK, *_ALL_TIME.values(), *_YEARLY.values())
_KEYS = {rollup: [column.name for column in rollup.primary_key][1:] for rollup in TABLES}  # but for the user
_TIMED = {rollup for rollup in TABLES if "first_at" in rollup.c}
_NEVER = 2**62  # later than any first, and negated earlier than any last

__all__ = ["TABLES", "ZONED", "Key", "Sum", "Table", "apply", "every_play", "read", "replace", "sum_up"]

Key = tuple[int, ...]


@dataclass(slots=True)
class Sum:
    """What a set of plays adds up to. `first` and `last` are Unix seconds of those that came."""

    plays: int = 0
    seconds: int = 0
    first: int = _NEVER
    last: int = -_NEVER
    vanished: list[int] = field(default_factory=list)  # when plays that vanished had been

    def add(self, play: PlayRow, sign: int) -> None:
        """Count a play in (`sign` 1) or out (-1)."""
        self.plays += sign
        self.seconds += sign * play.seconds
        if sign > 0:
            self.first = min(self.first, play.played_at)
            self.last = max(self.last, play.played_at)
        else:
            self.vanished.append(play.played_at)


def apply(
    connection: Connection,
    user_id: int,
    time_zone: str,
    *,
    vanished: Sequence[PlayRow],
    came: Sequence[PlayRow],
    artists: Mapping[int, tuple[int, ...]],
) -> None:
    """Bring every rollup of a user up to date. `artists` gives the credited artists of each track involved."""
    sums = sum_up(vanished, came, time_zone, artists)
    for rollup in TABLES:
        _write(connection, rollup, user_id, sums[rollup])
    for kind, rollup in _ALL_TIME.items():
        for (entity,), change in sorted(sums[rollup].items()):
            if change.vanished:
                _mend_edges(connection, kind, user_id, entity, change)


def sum_up(
    vanished: Iterable[PlayRow], came: Iterable[PlayRow], time_zone: str, artists: Mapping[int, tuple[int, ...]]
) -> dict[Table, dict[Key, Sum]]:
    """Return what plays add up to, by rollup and key (without the user)."""
    tz = zone(time_zone)
    sums: dict[Table, dict[Key, Sum]] = {rollup: {} for rollup in TABLES}
    for sign, plays in ((-1, vanished), (1, came)):
        for play in plays:
            year = utc_year(play.played_at)
            entities = [("track", play.track_id), *(("artist", artist) for artist in artists[play.track_id])]
            if play.album_id is not None:
                entities.append(("album", play.album_id))
            keys: list[tuple[Table, Key]] = [
                (_DAY, (local_day(play.played_at, tz),)),
                (_CLOCK, (hour_of_week(play.played_at, tz),)),
            ]
            for kind, entity in entities:
                keys += [(_ALL_TIME[kind], (entity,)), (_YEARLY[kind], (year, entity))]
            for rollup, key in keys:
                sums[rollup].setdefault(key, Sum()).add(play, sign)
    return sums


class _Statements(NamedTuple):
    upsert: Compiled
    delete_empty: Any


def _write(connection: Connection, rollup: Table, user_id: int, sums: Mapping[Key, Sum]) -> None:
    names, timed = _KEYS[rollup], rollup in _TIMED
    rows, emptied = [], []
    for key in sorted(sums):
        change = sums[key]
        if not (change.plays or change.seconds or (timed and change.first != _NEVER)):
            continue
        row = {"user_id": user_id, **dict(zip(names, key, strict=True)), "plays": change.plays}
        row["seconds"] = change.seconds
        if timed:
            row |= {"first_at": change.first, "last_at": change.last}
        rows.append(row)
        if change.plays < 0:
            emptied.append({f"the_{name}": value for name, value in row.items() if name in {"user_id", *names}})
    if rows:
        _statements(connection, rollup).upsert.run(connection, rows)
    if emptied:
        connection.execute(_statements(connection, rollup).delete_empty, emptied)


_made: dict[tuple[str, str], _Statements] = {}


def _statements(connection: Connection, rollup: Table) -> _Statements:
    """Return the statements of a rollup, built once per dialect."""
    key = connection.dialect.name, rollup.name
    if key not in _made:
        statement = upsert(connection, rollup)
        new = statement.excluded
        changes: dict[str, Any] = {name: rollup.c[name] + new[name] for name in ("plays", "seconds")}
        if rollup in _TIMED:
            changes["first_at"] = case((new.first_at < rollup.c.first_at, new.first_at), else_=rollup.c.first_at)
            changes["last_at"] = case((new.last_at > rollup.c.last_at, new.last_at), else_=rollup.c.last_at)
        keys = list(rollup.primary_key)
        _made[key] = _Statements(
            Compiled(connection, statement.on_conflict_do_update(index_elements=keys, set_=changes), rollup.c.keys()),
            delete(rollup).where(*(column == bindparam(f"the_{column.name}") for column in keys), rollup.c.plays <= 0),
        )
    return _made[key]


# ---- first and last ----


def _mend_edges(connection: Connection, kind: str, user_id: int, entity: int, change: Sum) -> None:
    rollup = _ALL_TIME[kind]
    mine = (rollup.c.user_id == user_id, rollup.c[f"{kind}_id"] == entity)
    row = connection.execute(select(rollup.c.first_at, rollup.c.last_at).where(*mine)).first()
    if row is None:
        return
    edges = {}
    if row.first_at in change.vanished:
        edges["first_at"] = _edge(connection, kind, user_id, entity, row.first_at, step=1)
    if row.last_at in change.vanished:
        edges["last_at"] = _edge(connection, kind, user_id, entity, row.last_at, step=-1)
    if edges:
        connection.execute(update(rollup).where(*mine).values(edges))


def _edge(connection: Connection, kind: str, user_id: int, entity: int, start: int, *, step: int) -> int:
    """Return the nearest play at or after (`step` 1) or before (-1) a time that no play is beyond.

    The yearly sums say in which year to look, so that only that year of the index is read.
    """
    yearly = _YEARLY[kind]
    years = connection.execute(
        select(yearly.c.year).where(
            yearly.c.user_id == user_id,
            yearly.c.year.in_(range(1970, utc_year(start) + 1) if step < 0 else range(utc_year(start), 2201)),
            yearly.c[f"{kind}_id"] == entity,
        )
    ).scalars()
    year = max(years) if step < 0 else min(years)
    return int(connection.execute(_plays_of(kind, user_id, entity, year, step)).scalar_one())


def _plays_of(kind: str, user_id: int, entity: int, year: int, step: int) -> Select[Any]:
    at = _scrobble.c.played_at
    start, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1))
    query = select(at).where(_scrobble.c.user_id == user_id, at >= start, at < end)
    if kind == "artist":
        query = query.join(_track_artist, _track_artist.c.track_id == _scrobble.c.track_id)
        query = query.where(_track_artist.c.artist_id == entity)
    else:
        query = query.where(_scrobble.c[f"{kind}_id"] == entity)
    return query.order_by(at if step > 0 else at.desc()).limit(1)


# ---- rebuilding and checking ----


def every_play(connection: Connection, user_id: int) -> list[PlayRow]:
    """Return all plays of a user, by time."""
    columns = [_scrobble.c[name] for name in PlayRow.__dataclass_fields__]
    rows = connection.execute(select(*columns).where(_scrobble.c.user_id == user_id).order_by(_scrobble.c.played_at))
    return [PlayRow(*row) for row in rows]


def read(connection: Connection, rollup: Table, user_id: int) -> dict[Key, tuple[int, ...]]:
    """Return a rollup of a user: key (without the user) to (plays, seconds[, first, last])."""
    names = _KEYS[rollup]
    values = [name for name in ("plays", "seconds", "first_at", "last_at") if name in rollup.c]
    rows = connection.execute(select(*(rollup.c[n] for n in (*names, *values))).where(rollup.c.user_id == user_id))
    return {tuple(row[: len(names)]): tuple(row[len(names) :]) for row in rows}


def replace(
    connection: Connection, user_id: int, sums: Mapping[Table, Mapping[Key, Sum]], only: Collection[Table] = TABLES
) -> None:
    """Throw a user's rollups away and write these instead."""
    for rollup in only:
        connection.execute(delete(rollup).where(rollup.c.user_id == user_id))
        _write(connection, rollup, user_id, sums[rollup])


ZONED = (_DAY, _CLOCK)  # those that depend on the user's time zone
