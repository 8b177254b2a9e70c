"""Which plays are milestones, and on which days to look for them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import accumulate
from zoneinfo import ZoneInfo

from goscrobble.domain.habits import DaySums
from goscrobble.domain.periods import Period, day_bounds

EVERY = 1000
EARLY = (1, 100, 500)


def numbers(plays: int) -> list[int]:
    """Return which of so many plays are milestones, in order."""
    return [*(number for number in EARLY if number <= plays), *range(EVERY, plays + 1, EVERY)]


class Days:
    """Local days with their plays, to find the play of a number in."""

    def __init__(self, days: DaySums, tz: ZoneInfo) -> None:
        self._days: Sequence[int]
        self._days, plays, _ = zip(*days, strict=True) if days else ((), (), ())
        self._upto = list(accumulate(plays))
        self._tz = tz

    @property
    def plays(self) -> int:
        """How many plays there are."""
        return self._upto[-1] if self._upto else 0

    def place_of(self, number: int) -> tuple[Period, int]:
        """Return a period, of a day or little more, and how many of its plays come before play `number` (from 1)."""
        first = self._days[bisect_left(self._upto, number)]
        end = first + 1
        while not _begins_once(first, self._tz):
            first -= 1
        while not _begins_once(end, self._tz):
            end += 1
        before = bisect_left(self._days, first)
        return day_bounds(first, end, self._tz), number - 1 - (self._upto[before - 1] if before else 0)


def _begins_once(day: int, tz: ZoneInfo) -> bool:
    """Return whether all plays of the days before come before all plays of this day and those after.

    They do not where a clock is set back from just after midnight: then the day before has some more minutes.
    """
    midnight = datetime.combine(date.fromordinal(day), time(), tz)
    again = midnight.replace(fold=1)
    return midnight.astimezone(UTC) >= again.astimezone(UTC)
