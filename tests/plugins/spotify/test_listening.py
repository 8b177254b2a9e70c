"""People listen, we poll: what was heard stands in the history once, whatever Spotify does with its list."""

from __future__ import annotations

import random

import pytest

from goscrobble.domain.events import EventOutcome
from goscrobble.plugins import ScrobbleDraft, Stamp
from goscrobble.services import ingest, playback, polling, sources
from goscrobble.testing import make_account
from tests.plugins.spotify.payloads import local, track
from tests.plugins.spotify.stand_in import CURRENT, RECENT, Stretch

pytestmark = pytest.mark.usefixtures("connected")
HOUR = 3600


@pytest.fixture
def person(spotify):
    return spotify.person


@pytest.fixture
def shown(core, ada):
    """(title, whether paused) of what is shown as playing."""
    return lambda: [(one.title, one.paused) for one in playback.now_playing(core, ada.id)]


def titles(plays):
    return [title for title, _ in plays]


def test_an_evening_is_in_the_history_once(person, clock, run, plays):
    at = clock.at + 10
    for i in range(20):
        at = person.listen(track(f"T{i}", 180 + 10 * i), at) + 2
    run(2 * HOUR)
    assert titles(plays()) == [f"T{i}" for i in range(20)]
    assert plays()[0] == ("T0", 10), "the end is told, and the start is shown"


@pytest.mark.parametrize("pause", [20, 600, 1800, 2 * HOUR])
def test_a_track_that_was_paused_is_one_play(person, clock, run, plays, pause):
    person.listen(track(), clock.at + 10, pause_at=90, pause=pause)
    run(pause + HOUR)
    assert titles(plays()) == ["Vitamin C"]


@pytest.mark.parametrize(("heard", "count"), [(5, 0), (29, 0), (40, 1), (150, 1)])
def test_a_skipped_track_counts_as_spotify_says(person, clock, run, plays, heard, count):
    ended = person.listen(track(), clock.at + 10, heard)
    person.listen(track("Spoon"), ended)
    run(HOUR)
    assert titles(plays()) == ["Vitamin C"] * count + ["Spoon"]


@pytest.mark.parametrize("stamp", ["start", "end"])
@pytest.mark.parametrize("length", [35, 200, 420])
def test_a_track_on_repeat_is_a_play_each_time(person, clock, run, plays, length, stamp):
    at = clock.at + 7
    for _ in range(8):
        at = person.listen(track(length=length), at, stamp=stamp)
    run(8 * length + HOUR)
    assert titles(plays()) == ["Vitamin C"] * 8


def test_a_record_played_over_and_over_is_all_of_it(person, clock, run, plays):
    at, record = clock.at, [track("One More Night", 330), track("Spoon", 185), track("Soup", 630)]
    for what in record * 4:
        at = person.listen(what, at)
    run(5 * HOUR)
    assert titles(plays()) == ["One More Night", "Spoon", "Soup"] * 4


def test_a_private_session_is_shown_to_nobody_later(person, clock, run, plays):
    person.listen(track(), clock.at, private=True)
    run(HOUR)
    assert plays() == []


@pytest.mark.parametrize("late", [100, HOUR, 5 * HOUR])
def test_what_is_listed_late_is_found_and_counted_once(person, clock, run, plays, late):
    at = person.listen(track("Early"), clock.at, late=late)
    for i in range(10):
        at = person.listen(track(f"T{i}"), at)
    run(late + 2 * HOUR)
    assert titles(plays()) == ["Early", *(f"T{i}" for i in range(10))]


def test_starts_and_ends_mixed_are_the_same_plays(person, clock, run, plays):
    at = clock.at
    for i in range(12):
        at = person.listen(track(f"T{i}"), at, stamp="start" if i % 3 == 0 else "end") + 20
    run(2 * HOUR)
    assert sorted(titles(plays())) == sorted(f"T{i}" for i in range(12))


def test_the_same_item_with_another_time_within_half_a_minute_is_the_same_play(person, clock, run, plays):
    person.played(track(), clock.at)
    person.played(track(), clock.at + 0.3)
    person.played(track(), clock.at + 25, from_=clock.at + 300)
    run(HOUR)
    assert titles(plays()) == ["Vitamin C"]


def test_the_last_fifty_are_taken_over_at_the_first_poll(person, clock, core, plays):
    for i in range(60):
        person.played(track(f"T{i}"), clock.at - 200 * (60 - i))
    polling.run_due(core)
    assert titles(plays()) == [f"T{i}" for i in range(10, 60)]


def test_fifty_new_ones_between_two_polls_are_not_too_many(person, clock, run, plays):
    person.played(track("Before"), clock.at - 500)
    run(1)
    for i in range(50):
        person.played(track(f"T{i}"), clock.at - 400 + 4 * i)
    run(HOUR)
    assert sorted(titles(plays())) == sorted(["Before", *(f"T{i}" for i in range(50))])


def test_a_poll_asks_for_what_is_new_with_two_hours_of_overlap(person, clock, core, spotify, run):
    person.played(track(), clock.at - 100)
    run(600)
    first, *others = spotify.asked_for(RECENT)
    assert dict(first.query) == {"limit": "50"}
    assert {int(one.query["after"]) for one in others} == {int(clock.at - 600 - 100 - 7200) * 1000}
    run(HOUR)
    assert len([one for one in spotify.asked_for(RECENT) if "after" not in one.query]) == 2, "once an hour all is read"


def test_a_clock_of_theirs_that_runs_ahead_loses_and_doubles_nothing(person, clock, run, plays, core, again):
    for i in range(5):
        person.played(track(f"T{i}"), clock.at + 1800 * i, from_=clock.at)
    run(1)
    assert titles(plays()) == ["T0", "T1", "T2"], "an hour is believed"
    assert f'"newest":{int(clock.at - 1) * 1000},' in again().cursor, "and our own clock is never overtaken"
    run(4 * HOUR)
    assert titles(plays()) == [f"T{i}" for i in range(5)]


def test_what_another_source_tells_is_the_same_play(person, clock, run, plays, core, ada):
    began = int(clock.at) + 20
    person.listen(track(), began)
    run(HOUR)
    draft = ScrobbleDraft(title="Vitamin C", artists=("Can",), played_at=began + 3, stamp=Stamp.START, duration=200)
    ingest.submit(core, ada.id, [draft], source="multiscrobbler", voice="x")
    assert titles(plays()) == ["Vitamin C"]


def test_what_plays_is_shown_while_it_does(person, clock, run, shown):
    person.listen(track("Spoon", 185), clock.at + 60, pause_at=100, pause=200)
    person.listen(track("Soup", 630), clock.at + 60 + 185 + 200)
    run(135)
    assert shown() == [("Spoon", False)]
    run(140)
    assert shown() == [("Spoon", True)]
    run(250)
    assert shown() == [("Soup", False)]
    run(1200)
    assert shown() == []


def test_a_player_that_is_switched_off_is_no_longer_shown(person, clock, run, shown):
    person.has_on(Stretch(clock.at, clock.at + 100, track("Soup", 630), 0.0))
    run(90)
    assert shown() == [("Soup", False)]
    run(60)
    assert shown() == []


def test_advertisements_episodes_and_files_of_ones_own_are_not_shown(person, clock, run, shown, plays, core, again):
    start = clock.at
    person.has_on(Stretch(start, start + 30, None, None, kind="ad"))
    person.has_on(Stretch(start + 30, start + 4000, None, 5.0, kind="episode"))
    person.has_on(Stretch(start + 4000, start + 4200, local(), 5.0))
    for _ in range(90):
        run(50)
        assert shown() == []
    assert plays() == []


def test_it_is_asked_often_while_music_plays_and_seldom_otherwise(person, clock, run, spotify):
    person.listen(track(length=600), clock.at + 600)
    run(600)
    quiet = len(spotify.asked_for(CURRENT))
    run(600)
    busy = len(spotify.asked_for(CURRENT)) - quiet
    assert (4 <= quiet <= 7, 15 <= busy <= 23) == (True, True), (quiet, busy)


def test_a_file_of_ones_own_is_noted_once(person, clock, run, core, again, plays):
    person.played(local(), clock.at - 100)
    run(HOUR)
    assert plays() == []
    (event,) = sources.events(core, again())
    assert (event.outcome, event.what) == (EventOutcome.IGNORED, "Demo tape")


def test_its_owner_reads_what_became_of_each_play_and_not_of_each_poll(person, clock, run, core, again):
    person.listen(track(), clock.at)
    run(2 * HOUR)
    told = [event.outcome for event in sources.events(core, again())]
    assert told == [EventOutcome.STORED, EventOutcome.PLAYING]


def test_a_deleted_cursor_doubles_nothing(person, clock, run, plays, core, again):
    """As after a backup was restored."""
    at = clock.at
    for i in range(10):
        at = person.listen(track(f"T{i % 4}"), at, stamp="start" if i % 4 == 0 else "end")
    run(HOUR)
    before = plays()
    assert len(before) == 10
    core.database.write(lambda connection: connection.exec_driver_sql("UPDATE source_account SET cursor = NULL"))
    run(HOUR)
    assert plays() == before


def test_two_accounts_of_one_person_at_spotify_are_the_same_plays(person, clock, connect, core, ada, plays, again):
    connect(ada, person)
    person.played(track(), clock.at - 300)
    for _ in range(3):
        polling.run_due(core)
        clock.advance(130)
    assert titles(plays()) == ["Vitamin C"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_day_of_anything_is_what_spotify_listed(person, clock, run, plays, seed):
    rng, at, expected = random.Random(seed), clock.at, []
    for _ in range(70):
        title = f"T{rng.randrange(12)}"
        length = 120 + 20 * int(title[1:])
        heard = rng.choice([length, length, length, length // 2, 35, 10])
        pause = rng.choice([0, 0, 0, 40, 700])
        late = rng.choice([0, 0, 0, 60, HOUR])
        began = at
        at = person.listen(
            track(title, length), at, heard, pause_at=heard // 2 if pause else None, pause=pause, late=late
        )
        if heard >= 30:
            expected.append(title)
        at += rng.choice([0, 1, 5, 300])
        assert at > began
    run(at - clock.at + 2 * HOUR)
    assert sorted(titles(plays())) == sorted(expected)


def test_everybody_hears_only_their_own(person, clock, core, spotify, connect, ada, plays):
    bob = make_account(core, "bob")
    other = type(person)(clock)
    connect(bob, other)
    person.played(track("Spoon"), clock.at - 300)
    other.played(track("Soup"), clock.at - 300)
    assert polling.run_due(core) == 2
    assert (titles(plays()), titles(plays(bob))) == (["Spoon"], ["Soup"])
