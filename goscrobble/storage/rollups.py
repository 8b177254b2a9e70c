"""Sums of plays, changed in the transaction that changes plays.

`apply` takes the plays that vanished and those that came, sums per key, and writes each key once, in sorted order.
First and last cannot be subtracted: where a vanished play may have been one, it is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, bindparam, case, delete, func, select, update

from goscrobble.domain.periods import day_bounds, hour_of_week, local_day, zone
from goscrobble.models import (
    ScrobbleRow,
    TrackArtist,
    UserAlbum,
    UserArtist,
    UserClock,
    UserDay,
    UserTrack,
    table,
)
from goscrobble.storage import day_plays
from goscrobble.storage.dialect import inserting
from goscrobble.storage.prepared import Prepared
from goscrobble.storage.scrobbles import PlayRow

_scrobble, _track_artist = table(ScrobbleRow), table(TrackArtist)
DAY, CLOCK = table(UserDay), table(UserClock)
ALL_TIME = {"artist": table(UserArtist), "track": table(UserTrack), "album": table(UserAlbum)}
TABLES: tuple[Table, ...] = (DAY, CLOCK, *ALL_TIME.values())
KEYS = {rollup: [column.name for column in rollup.primary_key][1:] for rollup in TABLES}  # but for the user
TIMED = {rollup for rollup in TABLES if "first_at" in rollup.c}
_NEVER = 2**62  # later than any first, and negated earlier than any last


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
    tz = zone(time_zone)
    sums = _sum_up(vanished, came, tz, artists)
    for rollup in TABLES:
        _write(connection, rollup, user_id, sums[rollup])
    day_plays.change(connection, user_id, _entries(vanished, tz, artists), _entries(came, tz, artists))
    for kind, rollup in ALL_TIME.items():
        for (entity,), change in sorted(sums[rollup].items()):
            if change.vanished:
                _mend_edges(connection, kind, user_id, entity, change, tz)


def _entries(
    plays: Iterable[PlayRow], tz: ZoneInfo, artists: Mapping[int, tuple[int, ...]]
) -> list[tuple[int, day_plays.Entry]]:
    """Return each play's local day, and the play as that day's row holds it."""
    return [
        (
            local_day(play.played_at, tz),
            day_plays.Entry.of(play.played_at, play.track_id, artists[play.track_id], play.album_id or 0, play.seconds),
        )
        for play in plays
    ]


def _sum_up(
    vanished: Iterable[PlayRow], came: Iterable[PlayRow], tz: ZoneInfo, artists: Mapping[int, tuple[int, ...]]
) -> dict[Table, dict[Key, Sum]]:
    """Return what plays add up to, by rollup and key (without the user)."""
    sums: dict[Table, dict[Key, Sum]] = {rollup: {} for rollup in TABLES}
    for sign, plays in ((-1, vanished), (1, came)):
        for play in plays:
            entities = [("track", play.track_id), *(("artist", artist) for artist in artists[play.track_id])]
            if play.album_id is not None:
                entities.append(("album", play.album_id))
            keys: list[tuple[Table, Key]] = [
                (DAY, (local_day(play.played_at, tz),)),
                (CLOCK, (hour_of_week(play.played_at, tz),)),
            ]
            for kind, entity in entities:
                keys.append((ALL_TIME[kind], (entity,)))
            for rollup, key in keys:
                sums[rollup].setdefault(key, Sum()).add(play, sign)
    return sums


def _write(connection: Connection, rollup: Table, user_id: int, sums: Mapping[Key, Sum]) -> None:
    names, timed = KEYS[rollup], rollup in TIMED
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
        _UPSERT[rollup].run(connection, rows)
    if emptied:
        _DELETE_EMPTY[rollup].run(connection, emptied)


def _upsert(dialect: str, rollup: Table) -> Any:
    """Return the statement that adds to the sums of a rollup."""
    statement = inserting(dialect, rollup)
    new = statement.excluded
    changes: dict[str, Any] = {name: rollup.c[name] + new[name] for name in ("plays", "seconds")}
    if rollup in TIMED:
        changes["first_at"] = case((new.first_at < rollup.c.first_at, new.first_at), else_=rollup.c.first_at)
        changes["last_at"] = case((new.last_at > rollup.c.last_at, new.last_at), else_=rollup.c.last_at)
    return statement.on_conflict_do_update(index_elements=list(rollup.primary_key), set_=changes)


def _delete_empty(_dialect: str, rollup: Table) -> Any:
    keys = (column == bindparam(f"the_{column.name}") for column in rollup.primary_key)
    return delete(rollup).where(*keys, rollup.c.plays <= 0)


_UPSERT = {rollup: Prepared(partial(_upsert, rollup=rollup), rollup.c.keys()) for rollup in TABLES}
_DELETE_EMPTY = {rollup: Prepared(partial(_delete_empty, rollup=rollup)) for rollup in TABLES}


# ---- first and last ----


def _mend_edges(connection: Connection, kind: str, user_id: int, entity: int, change: Sum, tz: ZoneInfo) -> None:
    rollup = ALL_TIME[kind]
    mine = (rollup.c.user_id == user_id, rollup.c[f"{kind}_id"] == entity)
    row = connection.execute(select(rollup.c.first_at, rollup.c.last_at).where(*mine)).first()
    if row is None:
        return
    edges = {}
    if row.first_at in change.vanished:
        edges["first_at"] = _edge(connection, kind, user_id, entity, local_day(row.first_at, tz), tz, is_first=True)
    if row.last_at in change.vanished:
        edges["last_at"] = _edge(connection, kind, user_id, entity, local_day(row.last_at, tz), tz, is_first=False)
    if edges:
        connection.execute(update(rollup).where(*mine).values(edges))


def _edge(
    connection: Connection, kind: str, user_id: int, entity: int, start: int, tz: ZoneInfo, *, is_first: bool
) -> int:
    """Return the time of the first or last play that is left, on or after (before) a day that none is beyond."""
    at, credited = _scrobble.c.played_at, _track_artist.c.artist_id == entity
    tracks = {entity}
    if kind == "artist":
        tracks = set(connection.execute(select(_track_artist.c.track_id).where(credited)).scalars())
    day = day_plays.day_with(connection, user_id, start, tracks, is_album=kind == "album", forwards=is_first)
    period = day_bounds(day - 1, day + 2, tz)  # a clock set back over midnight makes a day begin before the one before
    query = select(func.min(at) if is_first else func.max(at)).where(
        _scrobble.c.user_id == user_id, at >= period.start, at < period.end
    )
    if kind == "artist":
        query = query.join(_track_artist, _track_artist.c.track_id == _scrobble.c.track_id).where(credited)
    else:
        query = query.where(_scrobble.c[f"{kind}_id"] == entity)
    return int(connection.execute(query).scalar_one())
