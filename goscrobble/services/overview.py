"""What a person's page tells of their listening, all of one state, and read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from goscrobble.domain.accounts import Account
from goscrobble.domain.habits import Activity, Clock, Streaks, Unit, activity_of, streaks
from goscrobble.domain.periods import Period, days_of, local_day, zone
from goscrobble.services.core import Core
from goscrobble.services.habits import Milestone, clock_of, numbered
from goscrobble.storage import charts, day_plays
from goscrobble.storage import habits as stored
from goscrobble.storage.charts import EVER, Kind, Plays, Sums, TopEntry

__all__ = ["Overview", "overview"]


@dataclass(frozen=True, slots=True)
class Overview:
    """What a period adds up to, and the one before; its top lists, its plays by unit of time and by hour of the week.

    Of all time: the streaks and the newest milestones; of the last days: the plays of each.
    """

    sums: Sums
    before: Sums | None
    tops: dict[Kind, list[TopEntry]]
    activity: list[Activity]
    clock: Clock
    last_days: list[Activity]
    streaks: Streaks
    milestones: list[Milestone]


def overview(
    core: Core,
    account: Account,
    period: Period,
    before: Period | None,
    *,
    unit: Unit,
    tops: Mapping[Kind, int],
    last_days: int,
    milestones: int,
) -> Overview:
    """Return an account's overview; `tops`, `last_days` and `milestones` say how many there shall be at most."""
    tz = zone(account.time_zone)
    today = local_day(int(core.now()), tz)
    with core.database.read(consistent=True) as connection:
        plays = Plays(connection, [account.id], days_of(period, tz))
        if not plays.is_ever:
            plays.columns(*day_plays.NAMES)  # all that will be asked for, at once
        days = stored.days(connection, account.id, EVER)
        return Overview(
            sums=charts.sums(plays),
            before=None if before is None else charts.sums(plays.on(days_of(before, tz))),
            tops=charts.tops(plays, tops),
            activity=activity_of(days, plays.days, today, unit),
            clock=clock_of(plays, account),
            last_days=activity_of(days, (today - last_days + 1, today + 1), today, "day"),
            streaks=streaks([day for day, _, _ in days], today, tz),
            milestones=numbered(connection, account, days, limit=milestones),
        )
