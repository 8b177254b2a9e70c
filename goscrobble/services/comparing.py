"""Two people side by side, or one person at two times."""

from __future__ import annotations

from dataclasses import dataclass

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import ALL_TIME, Period, day_bounds, days_of, zone
from goscrobble.domain.scrobbles import Entity
from goscrobble.services.core import Core
from goscrobble.storage import charts
from goscrobble.storage.charts import Plays, TopEntry, Totals
from goscrobble.storage.entries import Own, names_of

__all__ = ["ComparedPeriods", "ComparedUsers", "Shared", "periods", "users"]

MOST = 1000  # artists of one page; one more tells whether there is another


@dataclass(frozen=True, slots=True)
class Shared:
    """An artist that both play; shares are of all plays of artists, 0 to 1."""

    artist: Entity
    plays: int
    other_plays: int
    share: float
    other_share: float


@dataclass(frozen=True, slots=True)
class ComparedUsers:
    """Two people. `similarity` is 0 (no artist in common) to 1 (each artist has the same share of both's plays)."""

    totals: Totals
    other_totals: Totals
    similarity: float
    common: int  # artists that both play
    artists: list[Shared]


@dataclass(frozen=True, slots=True)
class ComparedPeriods:
    """Two times of one person. Each list tells in `previous_rank` and `previous_plays` the place in the other."""

    totals: Totals
    other_totals: Totals
    artists: list[TopEntry]
    other_artists: list[TopEntry]


def users(
    core: Core, one: Account, other: Account, period: Period = ALL_TIME, *, limit: int = 50, offset: int = 0
) -> ComparedUsers:
    """Return how alike two people listen in a period: the days of it in the first one's zone, each in their own time.

    The similarity is the sum, over all artists, of the smaller of both's shares: what of one's listening could be the
    other's. The artists in common are ordered by that smaller share, then by plays together, then by id.
    """
    days = days_of(period, zone(one.time_zone))
    limit, offset = min(max(limit, 1), MOST + 1), max(offset, 0)
    with core.database.read(consistent=True) as connection:
        each = [(account, Plays(connection, [account.id], days)) for account in (one, other)]
        totals, other_totals = (_totals(of, account) for account, of in each)
        plays, others = (of.counts("artists").plays_by_id() for _, of in each)
        whole, others_whole = sum(plays.values()), sum(others.values())
        smaller = {
            artist: min(plays[artist] * others_whole, others[artist] * whole) for artist in plays.keys() & others.keys()
        }
        order = sorted(smaller, key=lambda artist: (-smaller[artist], -plays[artist] - others[artist], artist))
        page = order[offset : offset + limit]
        names = names_of(connection, "artists", page, Own(one.id))
    shared = [Shared(names[it], plays[it], others[it], plays[it] / whole, others[it] / others_whole) for it in page]
    similarity = sum(smaller.values()) / (whole * others_whole) if smaller else 0.0
    return ComparedUsers(totals, other_totals, similarity, len(smaller), shared)


def periods(core: Core, account: Account, one: Period, other: Period, *, limit: int = 50) -> ComparedPeriods:
    """Return what a person's plays of two periods add up to, and the top artists of each with their place in the other.

    An artist without a place there (a rank of None) was not played at all in it.
    """
    tz = zone(account.time_zone)
    limit = min(max(limit, 1), MOST)
    with core.database.read(consistent=True) as connection:
        plays = Plays(connection, [account.id], days_of(one, tz))
        others = plays.on(days_of(other, tz))
        return ComparedPeriods(
            _totals(plays, account),
            _totals(others, account),
            charts.top(plays, "artists", limit=limit, before=others),
            charts.top(others, "artists", limit=limit, before=plays),
        )


def _totals(plays: Plays, account: Account) -> Totals:
    return charts.totals(plays, day_bounds(*plays.days, zone(account.time_zone)))
