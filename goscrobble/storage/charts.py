"""Top lists and totals of one listener, or of many. All of time from the sums, some days from the days' plays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, func, select

from goscrobble.domain.periods import Days, Period
from goscrobble.domain.scrobbles import Entity
from goscrobble.models import ScrobbleRow, User, UserClock, table
from goscrobble.storage.counting import EVER, KEYS, ROLLUPS, By, Kind, Plays
from goscrobble.storage.day_plays import Users
from goscrobble.storage.entries import Own, Shared, Whose, named

__all__ = [
    "EVER",
    "By",
    "Days",
    "Kind",
    "Plays",
    "Sums",
    "TopEntry",
    "Totals",
    "edges",
    "extent",
    "plays_of_all",
    "sums",
    "top",
    "tops",
    "totals",
]

_scrobble, _user, _clock = table(ScrobbleRow), table(User), table(UserClock)


@dataclass(frozen=True, slots=True)
class TopEntry:
    """One line of a top list. First and last played are of all time, Unix seconds.

    `previous_rank` and `previous_plays` are those of the period before: None where none was asked for, and a rank of
    None with 0 plays for what was not played in it.
    """

    rank: int
    entity: Entity
    artists: tuple[Entity, ...]  # of a track or album; empty for an artist
    plays: int
    seconds: int
    first_played_at: int
    last_played_at: int
    previous_rank: int | None = None
    previous_plays: int | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What plays add up to: how many, the seconds listened, and of how many different artists, albums and tracks."""

    plays: int
    seconds: int
    artists: int
    albums: int
    tracks: int


@dataclass(frozen=True, slots=True)
class Totals(Sums):
    """The same, and when the first and the last began, Unix seconds; None without plays."""

    first_at: int | None
    last_at: int | None


@dataclass(frozen=True, slots=True)
class _Line:
    key: int
    plays: int
    seconds: int
    first_at: int
    last_at: int


def top(
    plays: Plays, kind: Kind, *, by: By = "plays", limit: int, offset: int = 0, before: Plays | None = None
) -> list[TopEntry]:
    """Return a top list, best first; ties by last played (of all time), then by the entry's id, so that pages agree.

    `before` are the plays whose ranks the entries are compared with.
    """
    lines = _lines(plays, {kind: limit}, by, offset)
    earlier = None if before is None else _ranks(before, kind, by, {line.key for line in lines[kind]})
    return _entries(plays, lines, offset, earlier)[kind]


def tops(plays: Plays, limits: Mapping[Kind, int]) -> dict[Kind, list[TopEntry]]:
    """Return the beginnings of several top lists, each at most so long."""
    return _entries(plays, _lines(plays, limits))


def sums(plays: Plays) -> Sums:
    """Return what plays add up to."""
    if not plays.is_ever:
        plays.columns("tracks", "artists", "albums", "seconds")  # at once
    artists, albums, tracks = (plays.distinct(kind) for kind in ROLLUPS)
    return Sums(*plays.plays_and_seconds(), artists, albums, tracks)


def totals(plays: Plays, period: Period) -> Totals:
    """Return what plays add up to; `period` is when their days begin and end."""
    first, last = edges(plays.connection, plays.users, period)
    return Totals(**asdict(sums(plays)), first_at=first, last_at=last)


def edges(connection: Connection, users: Users, period: Period) -> tuple[int | None, int | None]:
    """Return when the first and the last play of a period began; of one user they are at the ends of an index."""
    if isinstance(users, Select):
        rollup = ROLLUPS["tracks"]
        query = select(func.min(rollup.c.first_at), func.max(rollup.c.last_at)).where(rollup.c.user_id.in_(users))
    else:
        at = _scrobble.c.played_at
        within: list[ColumnElement[bool]] = [_scrobble.c.user_id.in_(users)]
        within += [at >= period.start] if period.start is not None else []
        within += [at < period.end] if period.end is not None else []
        query = select(*(select(edge(at)).where(*within).scalar_subquery() for edge in (func.min, func.max)))
    first, last = connection.execute(query).one()
    return first, last


def extent(connection: Connection, user_id: int) -> tuple[int, int | None]:
    """Return how many plays a user has, and when the first one began."""
    plays = select(func.coalesce(func.sum(_clock.c.plays), 0)).where(_clock.c.user_id == user_id)
    first = select(func.min(_scrobble.c.played_at)).where(_scrobble.c.user_id == user_id)
    found, at = connection.execute(select(plays.scalar_subquery(), first.scalar_subquery())).one()
    return int(found), at


def plays_of_all(connection: Connection) -> dict[int, tuple[str, int]]:
    """Return each user's id with the name and how many plays are stored."""
    query = select(_user.c.id, _user.c.username, func.count(_scrobble.c.id))
    query = query.outerjoin(_scrobble, _scrobble.c.user_id == _user.c.id).group_by(_user.c.id, _user.c.username)
    return {user: (name, plays) for user, name, plays in connection.execute(query.order_by(_user.c.id))}


# ---- lines ----


def _lines(plays: Plays, limits: Mapping[Kind, int], by: By = "plays", offset: int = 0) -> dict[Kind, list[_Line]]:
    summed = {kind: limit for kind, limit in limits.items() if plays.is_ever and not plays.merged(kind)}
    counted = {kind: limit for kind, limit in limits.items() if kind not in summed}
    found = {kind: _from_sums(plays, kind, by, limit, offset) for kind, limit in summed.items()}
    found |= _from_counts(plays, counted, by, offset)
    return {kind: found[kind] for kind in limits}


def _from_sums(plays: Plays, kind: Kind, by: By, limit: int, offset: int) -> list[_Line]:
    """Read a list of all time from the sums of all time."""
    rollup = ROLLUPS[kind]
    key = rollup.c[KEYS[kind]]
    columns: list[ColumnElement[int]] = [rollup.c.plays, rollup.c.seconds, rollup.c.first_at, rollup.c.last_at]
    query = select(key, *columns)
    if not plays.is_of_one:
        columns = [func.sum(columns[0]), func.sum(columns[1]), func.min(columns[2]), func.max(columns[3])]
        query = select(key, *columns).group_by(key)
    query = query.where(rollup.c.user_id.in_(plays.users))
    value = columns[0] if by == "plays" else columns[1]
    query = query.order_by(value.desc(), columns[3].desc(), key).limit(limit).offset(offset)
    return [_Line(*map(int, row)) for row in plays.connection.execute(query)]


def _from_counts(plays: Plays, limits: Mapping[Kind, int], by: By, offset: int) -> dict[Kind, list[_Line]]:
    lowest = {}
    for kind, limit in limits.items():
        values, last = plays.counts(kind).by(by), offset + limit
        lowest[kind] = int(np.partition(values, -last)[-last]) if len(values) > last else 0
    return {kind: lines[offset : offset + limits[kind]] for kind, lines in _ordered(plays, lowest, by).items()}


def _ordered(plays: Plays, lowest: Mapping[Kind, int], by: By) -> dict[Kind, list[_Line]]:
    """Return what has at least so many plays or seconds, best first."""
    counts = {kind: plays.counts(kind).of(by, least) for kind, least in lowest.items()}
    known = plays.edges({kind: some.ids.tolist() for kind, some in counts.items()})
    found = {}
    for kind, some in counts.items():
        counted = zip(some.ids.tolist(), some.plays.tolist(), some.seconds.tolist(), strict=True)
        lines = [_Line(key, number, seconds, *known[kind][key]) for key, number, seconds in counted]
        found[kind] = sorted(lines, key=lambda line: (-_value(line, by), -line.last_at, line.key))
    return found


def _ranks(plays: Plays, kind: Kind, by: By, wanted: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return rank and plays of those of the wanted that were played."""
    counts = plays.counts(kind)
    found = counts.by(by)[np.isin(counts.ids, list(wanted))]
    if not len(found):
        return {}
    lines = _ordered(plays, {kind: int(found.min())}, by)[kind]
    return {line.key: (rank, line.plays) for rank, line in enumerate(lines, 1) if line.key in wanted}


def _value(line: _Line, by: By) -> int:
    return line.plays if by == "plays" else line.seconds


def _entries(
    plays: Plays,
    lines: Mapping[Kind, Sequence[_Line]],
    offset: int = 0,
    earlier: Mapping[int, tuple[int, int]] | None = None,
) -> dict[Kind, list[TopEntry]]:
    ids = {kind: [line.key for line in some] for kind, some in lines.items()}
    names = named(plays.connection, ids, _whose(plays))
    entries: dict[Kind, list[TopEntry]] = {kind: [] for kind in lines}
    for kind, some in lines.items():
        for rank, line in enumerate(some, offset + 1):
            before = (None, None) if earlier is None else earlier.get(line.key, (None, 0))
            counted = (line.plays, line.seconds, line.first_at, line.last_at)
            shown = names[kind][line.key]
            entries[kind].append(TopEntry(rank, shown.entity, shown.artists, *counted, *before))
    return entries


def _whose(plays: Plays) -> Whose:
    """Return whose words a list is in: the listener's own, or those of all public ones."""
    return Own(next(iter(plays.users))) if plays.is_of_one and isinstance(plays.users, Collection) else Shared(None)
