"""Whatever was heard, wherever, and corrected: habits equal a recount play by play."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from goscrobble.services import habits
from tests.statistics import recount
from tests.statistics.listening import EXAMPLES, ZONES, change_some, heard, listener, periods, plays

HISTORIES = st.lists(plays(), max_size=16)
UNITS = ("day", "week", "month", "year")


def make(core, data):
    """Return somebody, the plays, the zone, a period and today."""
    time_zone = data.draw(st.sampled_from(ZONES))
    account = listener(core, data.draw(HISTORIES), time_zone)
    change_some(core, account, data)
    return account, heard(core, account), time_zone, data.draw(periods(time_zone))


@EXAMPLES
@given(st.data())
def test_activity_and_clock_equal_a_recount(core, data):
    account, told, time_zone, period = make(core, data)
    today = recount.local(core.now(), time_zone).date()
    for unit in UNITS:
        found = [(it.start, it.plays, it.seconds) for it in habits.activity(core, account, unit, period)]
        assert found == recount.activity(told, period, time_zone, unit, today)
    assert habits.clock(core, account, period).hours == recount.clock(told, period, time_zone)


@EXAMPLES
@given(st.data())
def test_streaks_equal_a_recount(core, data):
    account, told, time_zone, _ = make(core, data)
    found = habits.streaks(core, account)
    runs = recount.runs(told, time_zone)
    longest = max(reversed(runs), key=len, default=None)
    assert (found.longest and (found.longest.first, found.longest.last, found.longest.days)) == (
        longest and (longest[0], longest[-1], len(longest))
    )
    yesterday = recount.local(core.now(), time_zone).date() - timedelta(days=1)
    lives = bool(runs) and runs[-1][-1] >= yesterday
    assert (found.current is not None) == lives
    if found.current is not None:
        assert (found.current.first, found.current.days) == (runs[-1][0], len(runs[-1]))
