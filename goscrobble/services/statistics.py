"""Top lists and totals of a person's history."""

from __future__ import annotations

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import ALL_TIME, Period, days_of, zone
from goscrobble.services.core import Core
from goscrobble.storage import charts
from goscrobble.storage.charts import By, Kind, Plays, TopEntry, Totals

__all__ = ["By", "Kind", "TopEntry", "Totals", "extent", "top", "totals"]

MOST = 1000  # entries of one page; one more tells whether there is another


def top(
    core: Core,
    account: Account,
    kind: Kind,
    period: Period,
    *,
    by: By = "plays",
    limit: int = 50,
    offset: int = 0,
    movement: Period | None = None,
) -> list[TopEntry]:
    """Return an account's top artists, albums or tracks of a period, by plays or by seconds listened.

    A period counts in whole local days of the account. `movement` is the period whose ranks are told beside.
    """
    tz = zone(account.time_zone)
    with core.database.read(consistent=True) as connection:
        plays = Plays(connection, [account.id], days_of(period, tz))
        return charts.top(
            plays,
            kind,
            by=by,
            limit=min(max(limit, 1), MOST + 1),
            offset=max(offset, 0),
            before=None if movement is None else plays.on(days_of(movement, tz)),
        )


def totals(core: Core, account: Account, period: Period = ALL_TIME) -> Totals:
    """Return what an account's plays of a period add up to."""
    with core.database.read(consistent=True) as connection:
        return charts.totals(Plays(connection, [account.id], days_of(period, zone(account.time_zone))), period)


def extent(core: Core, account: Account) -> tuple[int, int | None]:
    """Return how many plays an account has, and when the first one began, Unix seconds (None without plays)."""
    with core.database.read() as connection:
        return charts.extent(connection, account.id)
