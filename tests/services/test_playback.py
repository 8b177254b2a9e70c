"""Players that report playing: what becomes a listen, and what is shown meanwhile."""

import pytest

from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.scrobbles import Rejected, Stored
from goscrobble.services import history, ingest, playback
from goscrobble.testing import make_account
from goscrobble.testing.clock import START

T = START


@pytest.fixture
def ada(core):
    return make_account(core)


@pytest.fixture
def player(core, ada, clock):
    return Player(core, ada, clock)


class Player:
    """A device that plays a 200 second track and tells of it."""

    def __init__(self, core, account, clock, name="phone"):
        self.core, self.account, self.clock, self.name = core, account, clock, name

    def tell(self, state, *, title="Song", duration=200, at=None, player=None, **more):
        draft = ScrobbleDraft(title=title, artists=("A",), played_at=0, duration=duration)
        event = Playing(
            player=player or self.name,
            item=title,
            draft=draft,
            state=state,
            at=self.clock() if at is None else at,
            **more,
        )
        return playback.observe(self.core, self.account.id, event, source="jellyfin", voice="1")

    def plays(self):
        return [(p.played_at - T, p.track.name, p.listened) for p in history.recent(self.core, self.account)[0]][::-1]

    def now(self):
        return [one.title for one in playback.now_playing(self.core, self.account.id)]


def test_start_then_stop_after_half_is_a_play_stamped_with_the_start(player, clock):
    player.tell("playing", starts=True, position=0)
    clock.advance(100)
    (outcome,) = player.tell("stopped", position=100)

    assert isinstance(outcome, Stored)
    assert player.plays() == [(0, "Song", 100)]


def test_less_than_half_is_none(player, clock):
    player.tell("playing", starts=True)
    clock.advance(99)

    assert player.tell("stopped", position=99) == []
    assert player.plays() == []


def test_paused_time_is_not_heard_and_the_start_is_kept(player, clock):
    player.tell("playing", starts=True)
    clock.advance(60)
    player.tell("paused")
    clock.advance(3000)
    player.tell("playing")
    clock.advance(39)
    assert player.tell("stopped") == []

    clock.advance(1)
    player.tell("playing", starts=True)
    clock.advance(60)
    player.tell("paused")
    clock.advance(3000)
    player.tell("playing")
    clock.advance(40)
    player.tell("stopped")
    assert player.plays() == [(3100, "Song", 100)]


def test_completed_counts_with_a_position_and_without_one_the_clock_decides(player, clock):
    player.tell("playing", starts=True)
    clock.advance(10)
    player.tell("stopped", completed=True)
    assert player.plays() == []

    player.tell("playing", title="Other", starts=True)
    clock.advance(10)
    player.tell("stopped", title="Other", completed=True, position=190)
    assert player.plays() == [(10, "Other", 10)]


def test_a_lone_stop_starts_at_its_time_minus_its_position(player):
    player.tell("stopped", position=150)

    assert player.plays() == [(-150, "Song", 150)]


def test_a_lone_stop_that_completed_without_a_position_was_heard_whole(player):
    player.tell("stopped", completed=True)

    assert player.plays() == [(-200, "Song", 200)]


def test_a_session_that_had_its_verdict_takes_no_second_one(player, clock):
    player.tell("playing", starts=True)
    clock.advance(150)
    player.tell("stopped", position=150)
    for _ in range(3):
        clock.advance(1)
        assert player.tell("playing", position=151) == []
        assert player.tell("stopped", position=151) == []

    assert len(player.plays()) == 1
    assert player.now() == []


def test_a_start_whose_stop_never_comes_is_judged_when_the_next_track_starts(player, clock):
    player.tell("playing", starts=True, title="One")
    clock.advance(195)
    player.tell("playing", starts=True, title="Two")
    clock.advance(20)
    player.tell("playing", starts=True, title="Three")

    assert player.plays() == [(0, "One", 195)]


def test_a_server_that_sends_only_starts_still_scrobbles(player, core, clock):
    player.tell("playing", starts=True)
    clock.advance(150)
    assert playback.judge_due(core) == 0
    clock.advance(150)

    assert playback.judge_due(core) == 1
    assert playback.judge_due(core) == 0
    assert player.plays() == [(0, "Song", 200)]


def test_the_stop_of_a_track_that_the_next_ones_start_overtook_changes_nothing(player, clock):
    player.tell("playing", starts=True, title="One")
    clock.advance(198)
    player.tell("playing", starts=True, title="Two")
    clock.advance(1)
    player.tell("stopped", title="One", position=199)
    clock.advance(150)
    player.tell("stopped", title="Two", position=151)

    assert player.plays() == [(0, "One", 198), (198, "Two", 151)]


def test_a_repeat_is_another_play(player, clock):
    for _ in range(3):
        player.tell("playing", starts=True, position=0)
        clock.advance(200)
    player.tell("stopped", position=200)

    assert [at for at, _, _ in player.plays()] == [0, 200, 400]


def test_a_repeat_told_by_position_alone_is_another_play(player, clock):
    for second in range(0, 600, 20):
        player.tell("playing", position=second % 200)
        clock.advance(20)
    player.tell("stopped", position=0, completed=True)

    assert [at for at, _, _ in player.plays()] == [0, 200, 400]


def test_seeking_back_before_half_is_the_same_listen(player, clock):
    player.tell("playing", position=0)
    clock.advance(50)
    player.tell("playing", position=10)
    clock.advance(60)
    player.tell("stopped", position=70)

    assert player.plays() == [(0, "Song", 110)]


def test_two_devices_are_two_sessions(player, clock):
    player.tell("playing", starts=True)
    player.tell("playing", starts=True, player="tv", title="Other")
    assert sorted(player.now()) == ["Other", "Song"]
    clock.advance(200)
    player.tell("stopped", completed=True)
    player.tell("stopped", completed=True, player="tv", title="Other")

    assert sorted(title for _, title, _ in player.plays()) == ["Other", "Song"]


def test_progress_every_second_writes_only_now_and_then(player, core, clock):
    player.tell("playing", starts=True, position=0)
    clock.advance(1)
    player.tell("playing", position=1)
    with core.database.read() as connection:
        before = connection.exec_driver_sql("SELECT last_at FROM play_session").scalar()
    for second in range(2, 11):
        clock.advance(1)
        player.tell("playing", position=second)
    with core.database.read() as connection:
        assert connection.exec_driver_sql("SELECT last_at FROM play_session").scalar() == before
    clock.advance(139)
    player.tell("stopped", position=149)

    assert player.plays() == [(0, "Song", 149)]


def test_now_playing_shows_only_what_is_fresh(player, clock):
    player.tell("playing", starts=True, at=clock() - 601, duration=3000)
    assert player.now() == []
    player.tell("playing", starts=True, title="New", duration=3000)
    assert player.now() == ["New"]
    clock.advance(601)
    assert player.now() == []


def test_what_stopped_or_ran_out_is_not_shown(player, clock):
    player.tell("playing", starts=True)
    assert player.now() == ["Song"]
    player.tell("stopped")
    assert player.now() == []
    player.tell("playing", starts=True, title="Two")
    clock.advance(261)
    assert player.now() == []


def test_an_event_that_names_no_track_is_refused(player):
    assert player.tell("playing", title="\0") == [Rejected("Track contains a NUL character")]
    assert player.now() == []


def test_a_crash_between_storing_and_judging_makes_no_second_play(player, core, clock):
    """As after a kill: the play is stored, the session still waits."""
    player.tell("playing", starts=True)
    clock.advance(300)
    with core.database.read() as connection:
        waiting = [tuple(row) for row in connection.exec_driver_sql("SELECT due_at, judged, state FROM play_session")]
    playback.judge_due(core)
    with core.database.engine.begin() as connection:
        due, _, state = waiting[0]
        connection.exec_driver_sql(f"UPDATE play_session SET due_at = {due}, judged = {'false'}, state = '{state}'")

    assert playback.judge_due(core) == 1
    assert len(player.plays()) == 1


def test_plugins_hear_when_something_begins(player, core, clock):
    from goscrobble.plugins import hookimpl

    heard = []

    class Listener:
        @hookimpl
        def after_now_playing(self, username, playing):
            heard.append((username, playing.title))

    core.plugins.add_builtin("listener", Listener())
    player.tell("playing", starts=True)
    clock.advance(20)
    player.tell("playing", position=20)
    player.tell("paused", position=20)
    player.tell("playing", position=20)

    assert heard == [("ada", "Song"), ("ada", "Song")]


def test_a_stop_that_overtook_its_start_leaves_nothing_to_be_judged(player, core, clock):
    player.tell("stopped", at=T + 2, position=2)
    player.tell("playing", at=T, starts=True, position=0)
    clock.advance(1000)
    playback.judge_due(core)

    assert player.plays() == []


def test_a_late_start_of_the_last_track_does_not_end_the_next_one(player, core, clock):
    player.tell("stopped", title="A", at=T + 1, position=1)
    player.tell("playing", title="B", at=T + 1.1, starts=True)
    player.tell("playing", title="A", at=T, starts=True)
    player.tell("playing", title="C", at=T + 1, position=1)
    clock.advance(201)
    player.tell("stopped", title="B", completed=True)
    clock.advance(1000)
    playback.judge_due(core)

    assert [title for _, title, _ in player.plays()] == ["B"]


def test_a_late_lone_stop_is_judged_alone(player, clock):
    player.tell("playing", title="B", starts=True)
    player.tell("stopped", title="A", at=T - 1, position=190)
    clock.advance(200)
    player.tell("stopped", title="B", completed=True)

    assert player.plays() == [(-191, "A", 190), (0, "B", 200)]


def test_a_track_that_is_paused_for_ever_is_judged_a_day_later(player, core, clock):
    player.tell("playing", starts=True)
    clock.advance(190)
    player.tell("paused")
    clock.advance(86400)
    assert playback.judge_due(core) == 0
    clock.advance(2)

    assert playback.judge_due(core) == 1
    assert player.plays() == [(0, "Song", 190)]


def test_a_position_beyond_the_track_does_not_move_its_start(player):
    player.tell("stopped", position=100_000)

    assert player.plays() == [(-200, "Song", 200)]


@pytest.mark.parametrize("apart", [-2, 0, 1, 2])
@pytest.mark.parametrize("title", ["Song", "Song (Remastered 2011)"])
@pytest.mark.parametrize("list_first", [False, True])
def test_what_one_connection_tells_as_it_happens_and_afterwards_counts_once(
    player, core, clock, apart, title, list_first
):
    draft = ScrobbleDraft(title=title, artists=("A",), played_at=int(T) + apart, duration=200)

    def tell_list():
        ingest.submit(core, player.account.id, [draft], source="jellyfin", voice="1")

    player.tell("playing", starts=True)
    clock.advance(150)
    player.tell("playing", position=150)
    if list_first:
        tell_list()
    clock.advance(50)
    player.tell("stopped", position=200)
    if not list_first:
        tell_list()
    tell_list()
    assert len(player.plays()) == 1


def test_two_rounds_told_both_ways_are_two_plays(player, core, clock):
    for _ in range(2):
        player.tell("playing", starts=True)
        clock.advance(200)
        player.tell("stopped", position=200)
    drafts = [ScrobbleDraft(title="Song", artists=("A",), played_at=int(T) + n * 200, duration=200) for n in range(2)]
    ingest.submit(core, player.account.id, drafts, source="jellyfin", voice="1")
    assert [start for start, _, _ in player.plays()] == [0, 200]


def test_another_device_that_goes_on_with_a_track_has_the_same_listen(player, core, clock):
    player.tell("playing", starts=True)
    clock.advance(90)
    player.tell("stopped", position=90)
    clock.advance(5)
    player.tell("playing", position=90, player="tv")
    clock.advance(110)
    player.tell("stopped", position=200, player="tv")
    assert player.plays() == [(0, "Song", 200)]
    assert player.now() == []
