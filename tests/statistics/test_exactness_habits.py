"""Whatever was heard, wherever, and corrected: habits equal a recount play by play."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from goscrobble.domain.milestones import Days
from goscrobble.domain.periods import ALL_TIME, days_of, zone
from goscrobble.services import habits
from goscrobble.storage import habits as stored
from goscrobble.storage import milestones
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


@EXAMPLES
@given(st.data())
def test_sittings_equal_a_recount(core, data):
    account, told, time_zone, period = make(core, data)
    for asked in (period, ALL_TIME):
        found = habits.sittings(core, account, asked, limit=4)
        expected = sorted(recount.sittings(told, asked, time_zone), key=lambda it: (it[0] - it[1], -it[0]))
        assert [(it.start, it.end, it.plays, it.seconds) for it in found] == expected[:4]


@EXAMPLES
@given(st.data())
def test_every_play_is_found_by_its_number_and_every_artist_by_the_first(core, data):
    account, told, time_zone, _ = make(core, data)
    with core.database.read(consistent=True) as connection:
        sums = stored.days(connection, account.id, days_of(ALL_TIME, zone(time_zone)))
        days = Days(sums, zone(time_zone))
        found = milestones.nth(connection, account.id, [days.place_of(n) for n in range(1, days.plays + 1)])
    assert found == [(play.id, play.played_at) for play in told]
    first = recount.first_plays(told)
    shown = habits.milestones(core, account, kind="artist")
    assert {it.artist.name: it.scrobble for it in shown} == first
    assert [it.scrobble.played_at for it in shown] == sorted((it.played_at for it in first.values()), reverse=True)


@EXAMPLES
@given(st.data())
def test_discoveries_equal_a_recount(core, data):
    account, told, time_zone, period = make(core, data)
    today = recount.local(core.now(), time_zone).date()
    for unit in UNITS:
        found = habits.discoveries(core, account, period, unit)
        expected, new = recount.discoveries(told, period, time_zone, unit, today)
        assert [(it.start, it.artists) for it in found.units] == expected
        assert {it.artist.name: it.first_played_at for it in found.newest} == {
            name: play.played_at for name, play in new.items()
        }
