"""When what a player reports becomes a listen."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goscrobble.domain.drafts import Playing, ScrobbleDraft, Stamp
from goscrobble.domain.sessions import GRACE, run_out, step
from tests.examples import examples

AT = 1_800_000_000


def event(seconds, state="playing", *, item="road", duration=200, position=None, **fields):
    draft = ScrobbleDraft(title=item, artists=("Ada",), played_at=0, duration=duration)
    return Playing(player="kitchen", item=item, draft=draft, state=state, at=AT + seconds, position=position, **fields)


def play(*events):
    """The listens that events of one player decide, and the sessions they leave."""
    kept, listens = {}, []
    for one in events:
        result = step(list(kept.values()), one)
        kept |= {session.item: session for session in result.keep}
        listens += result.listens
    return listens, kept


def told(*events):
    return [(one.title, one.played_at - AT, one.listened) for one in play(*events)[0]]


@pytest.mark.parametrize(
    ("events", "listens"),
    [
        ([event(0, starts=True), event(200, "stopped")], [("road", 0, 200)]),
        ([event(0, starts=True), event(100, "stopped")], [("road", 0, 100)]),
        ([event(0, starts=True), event(99, "stopped")], []),
        ([event(0, starts=True), event(20, "stopped", completed=True)], []),
        ([event(0, starts=True), event(20, "stopped", completed=True, position=190)], [("road", 0, 20)]),
        ([event(0, duration=1200, starts=True), event(240, "stopped", duration=1200)], [("road", 0, 240)]),
        ([event(0, duration=None, starts=True), event(240, "stopped", duration=None)], [("road", 0, 240)]),
        ([event(0, duration=None, starts=True), event(239, "stopped", duration=None)], []),
    ],
)
def test_half_of_it_or_four_minutes_or_the_players_word_make_a_listen(events, listens):
    assert told(*events) == listens


def test_a_pause_counts_for_nothing_and_the_start_stays():
    paused = [event(0, starts=True), event(60, "paused"), event(660, "playing"), event(690, "stopped")]
    assert told(*paused) == []
    longer = [*paused[:3], event(700, "stopped")]
    assert told(*longer) == [("road", 0, 100)]


def test_a_lone_stop_began_where_its_position_says():
    assert told(event(150, "stopped", position=150)) == [("road", 0, 150)]
    assert told(event(150, "stopped", position=50)) == []
    assert told(event(200, "stopped", completed=True)) == [("road", 0, 200)]


def test_going_on_to_another_track_judges_the_first():
    assert told(event(0, starts=True), event(120, item="day", starts=True)) == [("road", 0, 120)]
    assert told(event(0, starts=True), event(80, item="day", starts=True)) == []


def test_a_track_on_repeat_is_a_listen_each_time():
    events = [event(0, starts=True), event(200, starts=True), event(400, starts=True), event(600, "stopped")]
    assert told(*events) == [("road", 0, 200), ("road", 200, 200), ("road", 400, 200)]


def test_the_start_of_a_track_whose_last_round_is_over_is_another_listen_wherever_the_player_says_it_stood():
    events = [
        event(200),
        event(500, "paused", position=5),  # late: of the round that follows
        event(505, position=5, starts=True),
        event(710, position=0, starts=True),
    ]
    assert told(*events) == [("road", 200, 200), ("road", 505, 195)]


def test_a_start_told_twice_is_one_start():
    assert told(event(0, starts=True), event(3, starts=True), event(200, "stopped")) == [("road", 0, 200)]


def test_jumping_back_after_enough_was_heard_is_another_listen():
    events = [
        event(0, position=0, starts=True),
        event(150, position=150),
        event(152, position=0),
        event(162, position=10),
        event(352, "stopped", position=200),
    ]
    assert told(*events) == [("road", 0, 152), ("road", 152, 200)]


def test_a_stop_that_comes_twice_has_one_verdict():
    assert told(event(0, starts=True), event(200, "stopped"), event(201, "stopped")) == [("road", 0, 200)]


def test_progress_after_the_stop_changes_nothing():
    late = event(201, position=199)
    assert told(event(0, starts=True), event(200, "stopped", position=199), late) == [("road", 0, 200)]


def test_an_event_overtaken_on_the_way_is_ignored():
    assert told(event(0, starts=True), event(100), event(50, "paused"), event(200, "stopped")) == [("road", 0, 200)]


def test_a_start_whose_stop_never_comes_is_judged_by_the_clock():
    _, kept = play(event(0, starts=True))
    [session] = kept.values()
    assert AT + 200 + GRACE <= session.due_at <= AT + 200 + GRACE + 1
    result = run_out(session, AT + 900)
    assert [(one.played_at - AT, one.listened, one.stamp) for one in result.listens] == [(0, 200, Stamp.START)]
    assert [(one.judged, one.due_at) for one in result.keep] == [(True, None)]


def test_a_paused_player_is_judged_by_the_clock_a_day_later():
    _, kept = play(event(0, starts=True), event(60, "paused"))
    assert [one.due_at - one.last_at for one in kept.values()] == [86401]


def test_progress_every_second_is_not_written_down_every_second():
    _, kept = play(event(0, position=0, starts=True), event(1, position=1))
    [session] = kept.values()
    assert step([session], event(2, position=2)).keep == []
    assert len(step([session], event(30, position=30)).keep) == 1


def test_what_begins_to_play_is_told_once():
    first = step([], event(0, starts=True))
    assert first.began
    assert not step(first.keep, event(30)).began
    paused = step(first.keep, event(40, "paused"))
    assert not paused.began
    assert step(paused.keep, event(90)).began


def shown(seconds, state="playing", **fields):
    return event(seconds, state, shown_only=True, **fields)


def on_show(*events):
    """What a player shows after these events: what is on, since when, and how."""
    listens, kept = play(*events)
    assert listens == []
    return [(one.item, one.started_at - AT, one.state) for one in kept.values() if one.state != "stopped"]


def test_what_is_only_shown_never_becomes_a_listen_and_waits_for_no_verdict():
    result = step([], shown(0, position=0))
    unheard = []
    for seconds, state in [(150, "playing"), (190, "paused"), (199, "stopped")]:
        result = step(result.keep, shown(seconds, state, position=seconds))
        unheard += [*result.listens, *result.unheard]
    assert unheard == []
    assert [(one.due_at, one.state) for one in result.keep] == [(None, "stopped")]
    assert on_show(shown(30, "stopped")) == []


@pytest.mark.parametrize(
    ("events", "showing"),
    [
        ([shown(30, position=20)], [("road", 10, "playing")]),
        ([shown(30, position=20), shown(60, position=50)], [("road", 10, "playing")]),
        ([shown(30, position=20), shown(60, "paused", position=40)], [("road", 10, "paused")]),
        ([shown(30, position=20), shown(60, "paused", position=40), shown(90, position=45)], [("road", 10, "playing")]),
        ([shown(30, position=20), shown(60, position=3, item="day")], [("day", 57, "playing")]),
        ([shown(30, position=20), shown(60, "stopped", position=50)], []),
        ([shown(30, position=20), shown(60, "stopped", position=50), shown(90, position=9)], [("road", 81, "playing")]),
        ([shown(190, position=190), shown(220, position=15)], [("road", 205, "playing")]),
        ([shown(30, position=20), shown(20, "stopped")], [("road", 10, "playing")]),
    ],
)
def test_what_is_only_shown_follows_its_player(events, showing):
    assert on_show(*events) == showing


def test_what_is_only_shown_begins_once():
    first = step([], shown(0, position=2))
    assert first.began
    assert not step(first.keep, shown(30, position=32)).began


def test_a_start_known_to_the_minute_says_so_however_well_later_events_are_known():
    listens, _ = play(event(0, position=30, stamp=Stamp.POLL), event(60, position=90), event(170, "stopped"))
    assert [(one.played_at - AT, one.listened, one.stamp) for one in listens] == [(-30, 200, Stamp.POLL)]


def test_each_listen_has_the_stamp_of_its_own_first_event():
    minute = event(0, position=0, stamp=Stamp.POLL)
    events = [minute, event(149, position=149), event(150, position=0), event(160, position=10), event(350, "stopped")]
    listens, _ = play(*events)
    assert [(one.played_at - AT, one.stamp) for one in listens] == [(0, Stamp.POLL), (150, Stamp.START)]


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 60),
            st.sampled_from(["playing", "paused", "stopped"]),
            st.sampled_from(["road", "day"]),
            st.one_of(st.none(), st.integers(0, 250)),
            st.booleans(),
            st.booleans(),
        ),
        max_size=30,
    )
)
def test_no_listen_is_longer_than_its_track_or_begins_after_it_was_told(told_events):
    now, events = 0, []
    for gap, state, item, position, starts, completed in told_events:
        now += gap
        events.append(
            event(now, state, item=item, position=position, starts=starts and state == "playing", completed=completed)
        )
    listens, kept = play(*events)
    assert set(kept) <= {"road", "day"}
    for listen in listens:
        assert listen.listened <= 200
        assert listen.played_at <= AT + now
