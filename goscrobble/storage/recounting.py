"""All sums of a listener counted anew from the plays, what is stored compared with them, and mended."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select

from goscrobble.domain.periods import QUARTER, hour_of_quarter, hour_of_week, local_day, zone
from goscrobble.storage import day_plays, music
from goscrobble.storage.dialect import inserting
from goscrobble.storage.prepared import Prepared
from goscrobble.storage.rollups import ALL_TIME, CLOCK, DAY, KEYS, TABLES, TIMED, Key

__all__ = ["ZONED", "Differences", "Table", "Truth", "differences", "recount", "replace"]

ZONED = (DAY, CLOCK)  # those that depend on the user's time zone
_TOLD_EVERY = 10_000  # plays


@dataclass(slots=True)
class Truth:
    """What all plays of a user add up to: by rollup and key (plays, seconds[, first, last]), and each day's plays."""

    sums: dict[Table, dict[Key, tuple[int, ...]]]
    days: dict[int, day_plays.Columns]


def recount(
    connection: Connection, user_id: int, time_zone: str, on_progress: Callable[[int], object] = lambda _plays: None
) -> Truth:
    """Count all plays of a user from the plays alone. `on_progress` is told of every so many that were counted."""
    tz, quarter, day, hour = zone(time_zone), -1, 0, 0
    days: dict[int, day_plays.Columns] = {}
    by_day: dict[Key, list[int]] = {}
    by_hour: dict[Key, list[int]] = {}
    by_entity: dict[str, dict[Key, list[int]]] = {kind: {} for kind in ALL_TIME}
    columns = day_plays.Columns()
    for number, (at, track, artist, album, seconds) in enumerate(day_plays.every_play(connection, user_id), 1):
        if at // QUARTER != quarter:
            quarter = at // QUARTER if hour_of_quarter(at // QUARTER, tz) is not None else -1
            day, hour = local_day(at, tz), hour_of_week(at, tz)
            columns = days.setdefault(day, day_plays.Columns())
        columns.add(at, track, artist, album, seconds)
        _count(by_day, (day,), 1, seconds)
        _count(by_hour, (hour,), 1, seconds)
        _count(by_entity["track"], (track,), 1, seconds, at, at)
        if album:
            _count(by_entity["album"], (album,), 1, seconds, at, at)
        if number % _TOLD_EVERY == 0:
            on_progress(_TOLD_EVERY)
    artists = music.artists_of(connection, {track for (track,) in by_entity["track"]})
    for (track,), counted in by_entity["track"].items():
        for artist in artists[track]:
            _count(by_entity["artist"], (artist,), *counted)
    found = {DAY: by_day, CLOCK: by_hour, **{rollup: by_entity[kind] for kind, rollup in ALL_TIME.items()}}
    on_progress(sum(counted[0] for counted in by_day.values()) % _TOLD_EVERY)
    return Truth({rollup: {key: tuple(one) for key, one in sums.items()} for rollup, sums in found.items()}, days)


def _count(sums: dict[Key, list[int]], key: Key, plays: int, seconds: int, *edges: int) -> None:
    counted = sums.get(key)
    if counted is None:
        sums[key] = [plays, seconds, *edges]
        return
    counted[0] += plays
    counted[1] += seconds
    if edges:
        counted[2] = min(counted[2], edges[0])
        counted[3] = max(counted[3], edges[1])


@dataclass(slots=True)
class Differences:
    """What has to be written so that the stored sums of a user equal the truth. Empty when they do."""

    gone: dict[Table, list[Key]]
    wrong: dict[Table, dict[Key, tuple[int, ...]]]
    days: dict[int, day_plays.Columns]

    @property
    def tables(self) -> list[str]:
        """The names of the tables that are not as they should be."""
        wrong = [rollup.name for rollup in TABLES if self.gone.get(rollup) or self.wrong.get(rollup)]
        return wrong + [day_plays.NAME] * bool(self.days)


def differences(connection: Connection, user_id: int, truth: Truth, only: Collection[Table] = TABLES) -> Differences:
    """Compare what is stored with the truth; the days' plays are compared along with the days."""
    found = Differences({}, {}, {})
    for rollup in only:
        stored, right = _read(connection, rollup, user_id), truth.sums[rollup]
        found.gone[rollup] = sorted(stored.keys() - right.keys())
        found.wrong[rollup] = {key: value for key, value in sorted(right.items()) if stored.get(key) != value}
    if DAY in only:
        packed = dict(day_plays.days(connection, user_id))
        found.days = {day: columns for day, columns in truth.days.items() if packed.get(day) != columns}
        found.days |= {day: day_plays.Columns() for day in packed.keys() - truth.days.keys()}
    return found


def replace(connection: Connection, user_id: int, found: Differences) -> None:
    """Write what was found to differ."""
    for rollup, keys in found.gone.items():
        names = [f"the_{column.name}" for column in rollup.primary_key]
        rows = [dict(zip(names, (user_id, *key), strict=True)) for key in keys]
        if rows:
            mine = [column == bindparam(name) for column, name in zip(rollup.primary_key, names, strict=True)]
            connection.execute(delete(rollup).where(*mine), rows)
    for rollup, sums in found.wrong.items():
        values = ["plays", "seconds", *(["first_at", "last_at"] if rollup in TIMED else [])]
        names = ["user_id", *KEYS[rollup], *values]
        rows = [dict(zip(names, (user_id, *key, *value), strict=True)) for key, value in sums.items()]
        if rows:
            _REPLACE[rollup].run(connection, rows)
    day_plays.put(connection, user_id, found.days)


def _read(connection: Connection, rollup: Table, user_id: int) -> dict[Key, tuple[int, ...]]:
    """Return a rollup of a user: key (without the user) to (plays, seconds[, first, last])."""
    names = KEYS[rollup]
    values = [name for name in ("plays", "seconds", "first_at", "last_at") if name in rollup.c]
    rows = connection.execute(select(*(rollup.c[n] for n in (*names, *values))).where(rollup.c.user_id == user_id))
    return {tuple(row[: len(names)]): tuple(row[len(names) :]) for row in rows}


def _replacing(dialect: str, rollup: Table) -> Any:
    """Return the statement that writes sums over those of the same key."""
    statement = inserting(dialect, rollup)
    changes = {
        name: statement.excluded[name] for name in ("plays", "seconds", "first_at", "last_at") if name in rollup.c
    }
    return statement.on_conflict_do_update(index_elements=list(rollup.primary_key), set_=changes)


_REPLACE = {rollup: Prepared(partial(_replacing, rollup=rollup), rollup.c.keys()) for rollup in TABLES}
