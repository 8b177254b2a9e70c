"""When a person listens, in that person's own days and hours. A period counts in whole local days."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from goscrobble.domain import habits
from goscrobble.domain.accounts import Account
from goscrobble.domain.habits import Activity, Clock, DaySums, Streak, Streaks, Unit
from goscrobble.domain.milestones import Days as NumberedDays
from goscrobble.domain.milestones import numbers
from goscrobble.domain.periods import ALL_TIME, Days, Period, days_of, local_day, zone
from goscrobble.domain.scrobbles import Entity, Scrobble
from goscrobble.domain.sittings import Sitting, longest
from goscrobble.services.core import Core
from goscrobble.storage import habits as stored
from goscrobble.storage import history
from goscrobble.storage import milestones as milestones_stored
from goscrobble.storage.counting import EVER, Plays
from goscrobble.storage.database import Connection
from goscrobble.storage.entries import Own, names_of
from goscrobble.storage.milestones import FirstHeard

__all__ = [
    "Activity",
    "Clock",
    "Discovered",
    "Discoveries",
    "Milestone",
    "MilestoneKind",
    "NewArtist",
    "Sitting",
    "Streak",
    "Streaks",
    "Unit",
    "activity",
    "clock",
    "discoveries",
    "milestones",
    "sittings",
    "streaks",
]

_AT_ONCE = 50  # milestones that one statement looks for
MOST = 1000  # entries of one page; of milestones one more tells whether there is another
MilestoneKind = Literal["plays", "artist"]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A play of a round number ("plays"), or the first play of an artist ("artist")."""

    kind: MilestoneKind
    number: int | None
    artist: Entity | None
    scrobble: Scrobble


@dataclass(frozen=True, slots=True)
class Discovered:
    """How many artists were first heard in the day, week, month or year that begins on `start`."""

    start: date
    artists: int


@dataclass(frozen=True, slots=True)
class NewArtist:
    """An artist, when it was first heard (Unix seconds), and the plays of all time."""

    artist: Entity
    first_played_at: int
    plays: int


@dataclass(frozen=True, slots=True)
class Discoveries:
    """By unit, oldest first, those without any too; and the last discovered artists, newest first."""

    units: list[Discovered]
    newest: list[NewArtist]


def activity(core: Core, account: Account, unit: Unit, period: Period = ALL_TIME) -> list[Activity]:
    """Return the plays by day, ISO week, month or year, oldest first, those without plays too.

    They begin with the period's first day, without one with the first play, and end today at the latest. Of the first
    and last unit only the days inside the period count.
    """
    tz = zone(account.time_zone)
    asked = days_of(period, tz)
    with core.database.read() as connection:
        days = stored.days(connection, account.id, asked)
    return habits.activity_of(days, asked, local_day(int(core.now()), tz), unit)


def clock(core: Core, account: Account, period: Period = ALL_TIME) -> Clock:
    """Return the plays by local hour of the week."""
    with core.database.read(consistent=True) as connection:
        return clock_of(_plays(connection, account, period), account)


def streaks(core: Core, account: Account) -> Streaks:
    """Return the streak that lives until the end of the day after its last play, and the longest ever."""
    tz = zone(account.time_zone)
    with core.database.read() as connection:
        days = stored.days(connection, account.id, days_of(ALL_TIME, tz))
    return habits.streaks([day for day, _, _ in days], local_day(int(core.now()), tz), tz)


def sittings(core: Core, account: Account, period: Period, *, limit: int = 10) -> list[Sitting]:
    """Return the longest sittings of a period, longest first. One that crosses its border counts with what is inside.

    A sitting ends after 30 silent minutes; silence begins when a play, by its length, is over.
    """
    with core.database.read() as connection:
        return longest(*stored.ordered(_plays(connection, account, period)), min(max(limit, 1), MOST))


def milestones(
    core: Core, account: Account, *, kind: MilestoneKind | None = None, limit: int = 50, offset: int = 0
) -> list[Milestone]:
    """Return a page of milestones, newest first: every 1,000th play, the 1st, 100th and 500th, each artist's first.

    `kind` None: both. Of the same second, numbers come first.
    """
    limit, offset = min(max(limit, 1), MOST + 1), max(offset, 0)
    with core.database.read(consistent=True) as connection:
        streams: list[Iterable[_Found]] = []
        if kind != "artist":
            days = stored.days(connection, account.id, EVER)
            streams.append(_numbered(connection, account, days, slice(offset + limit)))
        if kind != "plays":
            first = milestones_stored.first_heard(connection, account.id, limit=offset + limit)
            streams.append(_Found(it.at, None, it) for it in first)
        found = list(islice(heapq.merge(*streams, key=lambda it: -it.at), offset, offset + limit))
        return _milestones(connection, account, found)


def discoveries(
    core: Core, account: Account, period: Period = ALL_TIME, unit: Unit = "month", *, limit: int = 50
) -> Discoveries:
    """Return how many artists were first heard in each unit of a period, and the last discovered ones."""
    tz = zone(account.time_zone)
    with core.database.read(consistent=True) as connection:
        heard = discovered(connection, account, period)
        newest = heard[:limit]
        names = names_of(connection, "artists", [it.artist_id for it in newest], Own(account.id))
    days = sorted((local_day(it.at, tz), 1, 0) for it in heard)
    by_unit = habits.activity_of(days, days_of(period, tz), local_day(int(core.now()), tz), unit)
    return Discoveries(
        [Discovered(it.start, it.plays) for it in by_unit],
        [NewArtist(names[it.artist_id], it.at, it.plays) for it in newest],
    )


# ---- over a connection at hand ----


def clock_of(plays: Plays, account: Account) -> Clock:
    """Return plays by local hour of the week."""
    if plays.is_ever:
        return Clock(stored.clock(plays.connection, account.id))
    (starts,) = plays.columns("starts")
    return habits.clock_of(starts, zone(account.time_zone))


def numbered(
    connection: Connection, account: Account, days: DaySums, *, limit: int, offset: int = 0
) -> list[Milestone]:
    """Return the plays of round numbers, newest first; `days` are all days with plays."""
    return _milestones(connection, account, list(_numbered(connection, account, days, slice(offset, offset + limit))))


def discovered(connection: Connection, account: Account, period: Period) -> list[FirstHeard]:
    """Return the artists that were first heard in a period, the last one first."""
    tz = zone(account.time_zone)
    asked = days_of(period, tz)
    return [it for it in milestones_stored.first_heard(connection, account.id) if _is_on(asked, it.at, tz)]


def _plays(connection: Connection, account: Account, period: Period) -> Plays:
    return Plays(connection, [account.id], days_of(period, zone(account.time_zone)))


def _is_on(days: Days, at: int, tz: ZoneInfo) -> bool:
    first, end = days
    return (first is None or local_day(at, tz) >= first) and (end is None or local_day(at, tz) < end)


@dataclass(frozen=True, slots=True)
class _Found:
    """A milestone before its play is read: its number, or the artist."""

    at: int
    number: tuple[int, int] | None  # and the id of the play
    first: FirstHeard | None


def _numbered(connection: Connection, account: Account, days: DaySums, part: slice) -> Iterator[_Found]:
    """Yield this part of the plays of round numbers, newest first; they are looked for when they are wanted."""
    numbered = NumberedDays(days, zone(account.time_zone))
    wanted = numbers(numbered.plays)[::-1][part]
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        places = [numbered.place_of(number) for number in some]
        for number, (play, at) in zip(some, milestones_stored.nth(connection, account.id, places), strict=True):
            yield _Found(at, (number, play), None)


def _milestones(connection: Connection, account: Account, found: list[_Found]) -> list[Milestone]:
    heard = [it.first for it in found if it.first is not None]
    artists = names_of(connection, "artists", [it.artist_id for it in heard], Own(account.id))
    first = milestones_stored.first_plays(connection, account.id, heard)
    ids = {*first.values(), *(it.number[1] for it in found if it.number is not None)}
    plays = history.of_anybody(connection, ids)
    made = []
    for it in found:
        if it.number is not None:
            number, play = it.number
            made.append(Milestone("plays", number, None, plays[play]))
        elif it.first is not None:
            artist = it.first.artist_id
            made.append(Milestone("artist", None, artists[artist], plays[first[artist]]))
    return made
