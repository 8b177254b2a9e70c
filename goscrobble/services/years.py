"""A person's year in review, in that person's own days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from goscrobble.domain.accounts import Account
from goscrobble.domain.habits import Activity, Clock, DaySums, Streak, activity, streaks
from goscrobble.domain.periods import FIRST_YEAR, Period, day_bounds, local_day, zone
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.domain.sentences import Sentence
from goscrobble.domain.sittings import Sitting, longest
from goscrobble.errors import BadInput
from goscrobble.services.core import Core
from goscrobble.services.habits import NewArtist, clock_of, discovered
from goscrobble.storage import charts, day_plays, history, milestones
from goscrobble.storage import habits as stored
from goscrobble.storage.charts import Plays, TopEntry, Totals
from goscrobble.storage.database import Connection
from goscrobble.storage.entries import Own, names_of
from goscrobble.storage.history import Filters

__all__ = ["YearReview", "review"]

MOST = 10  # entries of each list


@dataclass(frozen=True, slots=True)
class YearReview:
    """All about a year. Without plays: zeros, empty lists and None; `months` are always twelve."""

    year: int
    totals: Totals
    previous: Totals  # of the year before
    days: DaySums  # with plays
    artists: list[TopEntry]
    albums: list[TopEntry]
    tracks: list[TopEntry]
    months: list[Activity]
    clock: Clock
    streak: Streak | None  # the longest inside the year, of equally long ones the latest
    busiest: Activity | None  # the day with the most plays, of several the latest
    sitting: Sitting | None  # the longest
    first: Scrobble | None
    last: Scrobble | None
    new_artists: int
    newcomers: list[NewArtist]  # the most played of the new artists, with the plays of this year


def review(core: Core, account: Account, year: int) -> YearReview:
    """Return an account's year, be it over or not. Raises BadInput for one before 1970 or after the next."""
    tz = zone(account.time_zone)
    today = date.fromordinal(local_day(int(core.now()), tz))
    if not FIRST_YEAR <= year <= today.year + 1:
        raise BadInput(Sentence("Years run from %(first)s to the next one", first=FIRST_YEAR))
    first, end = (date(y, 1, 1).toordinal() for y in (year, year + 1))
    period = day_bounds(first, end, tz)
    with core.database.read(consistent=True) as connection:
        plays = Plays(connection, [account.id], (first, end))
        plays.columns(*day_plays.NAMES)  # all that will be asked for, at once
        days = stored.days(connection, account.id, plays.days)
        sittings = longest(*stored.ordered(plays), 1)
        new_artists, newcomers = _new_artists(plays, account, period)
        tops = charts.tops(plays, {"artists": MOST, "albums": MOST, "tracks": MOST})
        return YearReview(
            year=year,
            totals=charts.totals(plays, period),
            previous=_totals_of_year(plays, account, year - 1),
            days=days,
            artists=tops["artists"],
            albums=tops["albums"],
            tracks=tops["tracks"],
            months=activity(days, (first, end - 1), "month"),
            clock=clock_of(plays, account),
            streak=streaks([day for day, _, _ in days], end, tz).longest,
            busiest=_busiest(days),
            sitting=sittings[0] if sittings else None,
            first=_first(connection, account, period) if days else None,
            last=_last(connection, account, period),
            new_artists=new_artists,
            newcomers=newcomers,
        )


def _totals_of_year(plays: Plays, account: Account, year: int) -> Totals:
    first, end = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    return charts.totals(plays.on((first, end)), day_bounds(first, end, zone(account.time_zone)))


def _busiest(days: DaySums) -> Activity | None:
    if not days:
        return None
    day, plays, seconds = max(days, key=lambda it: (it[1], it[0]))
    return Activity(date.fromordinal(day), plays, seconds)


def _first(connection: Connection, account: Account, period: Period) -> Scrobble:
    ((play, _),) = milestones.nth(connection, account.id, [(period, 0)])
    return history.by_ids(connection, account.id, [play])[0]


def _last(connection: Connection, account: Account, period: Period) -> Scrobble | None:
    plays, _ = history.page(connection, account.id, Filters(period.start, period.end), limit=1, after=None)
    return plays[0] if plays else None


def _new_artists(plays: Plays, account: Account, period: Period) -> tuple[int, list[NewArtist]]:
    """Return how many artists were new, and the most played of them; ties by who was heard first."""
    new = discovered(plays.connection, account, period)
    if not new:
        return 0, []
    counts = plays.counts("artists").plays_by_id()
    most = sorted(new, key=lambda it: (-counts[it.artist_id], it.at, it.artist_id))[:MOST]
    names = names_of(plays.connection, "artists", [it.artist_id for it in most], Own(account.id))
    return len(new), [NewArtist(names[it.artist_id], it.at, counts[it.artist_id]) for it in most]
