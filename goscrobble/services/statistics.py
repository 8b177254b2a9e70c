"""Top lists and totals of a person's history."""

from __future__ import annotations

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import Period
from goscrobble.services.core import Core
from goscrobble.storage import charts
from goscrobble.storage.charts import By, Kind, TopEntry, Totals

__all__ = ["By", "Kind", "TopEntry", "Totals", "top", "totals"]

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
) -> list[TopEntry]:
    """Return an account's top artists, albums or tracks of a period, by plays or by seconds listened."""
    with core.database.read(consistent=True) as connection:
        return charts.top(
            connection, account.id, kind, period, by=by, limit=min(max(limit, 1), MOST + 1), offset=max(offset, 0)
        )


def totals(core: Core, account: Account) -> Totals:
    """Return what an account's history adds up to."""
    with core.database.read(consistent=True) as connection:
        return charts.totals(connection, account.id)
