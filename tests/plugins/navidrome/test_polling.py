"""What a server lists from poll to poll, and what Ada's history then shows."""

from __future__ import annotations

import random

import pytest

from goscrobble.testing.clock import START
from tests.plugins.navidrome.conftest import NEAR, about, starts
from tests.plugins.navidrome.stand_in import song

D = 200  # seconds, of `song()`
POLL = 17  # seconds between two polls at most


# ---- every server ----


def test_a_track_that_is_heard_is_one_play_stamped_with_its_start(evening, library, dialect, near):
    evening.until(100)
    library.play(song())
    evening.until(100 + D)
    library.stop()
    evening.until(600)
    assert starts(evening) == about([("Vitamin C", 100)], near)
    assert [listened for _, _, listened in evening.plays()] == [pytest.approx(D, abs=near)]


def test_what_plays_is_shown_while_it_does(evening, library, dialect):
    assert evening.playing() == []
    library.play(song())
    evening.until(70)
    assert evening.playing() == [("Vitamin C", False)]
    library.play(song("Spoon", 300))
    evening.until(100)
    assert evening.playing() == [("Spoon", False)]


def test_several_tracks_are_as_many_plays(evening, library, dialect, near):
    tracks = [song("One", 180), song("Two", 100), song("Three", 240)]
    at = 30
    for track in tracks:
        evening.until(at)
        library.play(track)
        at += track["duration"]
    evening.until(at)
    library.stop()
    evening.until(at + 400)
    assert starts(evening) == about([("One", 30), ("Two", 210), ("Three", 310)], near)


def test_a_track_that_is_skipped_early_is_none(evening, library, dialect, near):
    library.play(song("Long", 600))
    evening.until(50)
    library.play(song())
    evening.until(50 + D)
    library.stop()
    evening.until(1500)
    assert starts(evening) == about([("Vitamin C", 50)], near)


def test_a_track_on_repeat_counts_each_time(evening, library, dialect, near):
    for nth in range(3):
        evening.until(nth * D)
        library.play(song())
    evening.until(3 * D)
    library.stop()
    evening.until(1500)
    assert starts(evening) == about([("Vitamin C", nth * D) for nth in range(3)], max(near, POLL))


def test_others_of_the_same_server_are_none_of_ours(evening, library, dialect):
    library.play(song("Theirs"), user="bob")
    library.play(song("Hers"), user="ADA", player="Phone")
    evening.until(D)
    assert evening.playing() == [("Hers", False)]
    evening.until(1000)
    assert [title for title, _, _ in evening.plays()] == ["Hers"]


def test_one_track_on_two_players_at_once_is_one_play(evening, library, dialect, near):
    library.play(song(), player="Web")
    library.play(song(), player="DSub")
    evening.until(D)
    library.stop(player="Web")
    library.stop(player="DSub")
    evening.until(1000)
    assert starts(evening) == about([("Vitamin C", 0)], near)


@pytest.mark.parametrize("dialect", ["navidrome", "old", "classic"], indirect=True)  # the other lists one of each user
def test_two_tracks_on_two_players_of_one_name_are_two_plays(evening, library, dialect, near):
    library.play(song("One"), player="NavidromeUI")
    library.sessions["ada", "other"] = library.sessions["ada", "NavidromeUI"]
    library.play(song("Two"), player="NavidromeUI")
    evening.until(D)
    library.sessions.clear()
    evening.until(1000)
    assert sorted(starts(evening)) == about([("One", 0), ("Two", 0)], near)


def test_it_is_asked_every_quarter_of_a_minute_while_something_plays_and_every_minute_else(
    evening, service, library, clock
):
    evening.poll()
    assert 54 <= evening.due_at - clock.at <= 66
    library.play(song())
    clock.at = evening.due_at
    evening.poll()
    assert 13 <= evening.due_at - clock.at <= 17
    library.set("paused")
    clock.at = evening.due_at
    evening.poll()
    assert 54 <= evening.due_at - clock.at <= 66
    library.start(song("Spoon"))
    clock.at = evening.due_at
    evening.poll()
    assert 13 <= evening.due_at - clock.at <= 17


@pytest.mark.slow
def test_an_evening_of_listening_is_what_was_heard(evening, library, dialect, near):
    chance = random.Random(dialect)
    tracks = [song(f"Track {number}", chance.randrange(60, 400)) for number in range(8)]
    at, heard, track = 10.0, [], None
    for _ in range(12):
        track = chance.choice([one for one in tracks if one is not track])
        part = chance.choice((1.0, 1.0, 1.0, 0.9, 0.15))
        evening.until(at)
        library.play(track)
        if part > 0.5:
            heard.append((track["title"], int(at)))
        at += track["duration"] * part
    evening.until(at)
    library.play(song("Last", 300))
    evening.until(at + 30)
    library.stop()
    evening.until(at + 1000)
    found = [one for one in starts(evening) if one[0] != "Last"]
    assert [title for title, _ in found] == [title for title, _ in heard]
    assert found == about(heard, max(near, POLL))


# ---- servers that know their players ----


def test_a_pause_does_not_count_as_heard_and_the_start_stays(evening, library):
    library.play(song())
    evening.until(20)
    library.set("paused")
    evening.until(1000)
    assert evening.playing() == [("Vitamin C", True)]
    library.set("playing")
    evening.until(1070)
    library.stop()
    evening.until(1200)
    assert evening.plays() == []
    assert evening.told()[-1][0] == "unheard"


def test_a_track_that_is_heard_with_a_pause_counts_once(evening, library):
    library.play(song())
    evening.until(60)
    library.set("paused")
    evening.until(1000)
    library.set("playing")
    evening.until(1140)
    library.stop()
    evening.until(1300)
    # A poll that falls on the very end finds nothing, and knows only what was heard at the one before.
    ((title, start, heard),) = evening.plays()
    assert (title, start) == ("Vitamin C", pytest.approx(0, abs=NEAR))
    assert D - POLL <= heard <= D + NEAR


def test_a_track_that_is_paused_for_hours_counts_once(evening, library):
    library.play(song())
    evening.until(150)
    library.set("paused")
    evening.until(3 * 3600)
    assert evening.plays() == [("Vitamin C", pytest.approx(0, abs=NEAR), pytest.approx(150, abs=NEAR))]
    library.play(song(), position=150)
    evening.until(3 * 3600 + 50)
    library.stop()
    evening.until(4 * 3600)
    assert len(evening.plays()) == 1


def test_one_that_the_server_lists_as_paused_for_ever_counts_once(evening, library, clock):
    library.play(song())
    evening.until(150)
    for _ in range(20):
        library.set("paused")  # and so its half hour begins anew
        evening.until(clock.at - START + 600)
    assert starts(evening) == about([("Vitamin C", 0)], NEAR)
    library.play(song())
    evening.until(clock.at - START + D)
    library.stop()
    evening.until(clock.at - START + 600)
    assert len(evening.plays()) == 2


def test_a_step_back_is_no_other_listen(evening, library):
    library.play(song())
    evening.until(143)
    library.seek(80)
    evening.until(263)
    library.stop()
    evening.until(900)
    assert starts(evening) == about([("Vitamin C", 0)], NEAR)


@pytest.mark.parametrize("dialect", ["old", "window"], indirect=True)
def test_a_client_that_tells_again_and_again_that_it_plays_is_one_play(evening, library, dialect):
    """The server takes each for a start, and knows no position."""
    library.play(song())
    for at in (45, 90, 135, 170):
        evening.until(at)
        library.play(song())
    evening.until(D)
    library.play(song("Spoon", 300))
    evening.until(D + 300)
    library.stop()
    evening.until(1500)
    assert [title for title, _, _ in evening.plays()] == ["Vitamin C", "Spoon"]


def test_a_track_paused_early_and_taken_up_hours_later_counts_once_it_was_heard(evening, library):
    library.play(song())
    evening.until(40)
    library.set("paused")
    evening.until(3 * 3600)
    assert evening.plays() == []
    library.play(song(), position=40)
    evening.until(3 * 3600 + 160)
    library.stop()
    evening.until(4 * 3600)
    assert starts(evening) == about([("Vitamin C", 0)], NEAR)


def test_a_track_that_is_stopped_counts_by_what_was_heard_of_it(evening, library):
    library.play(song())
    evening.until(80)
    library.stop()
    evening.until(600)
    assert evening.plays() == []
    library.play(song())
    evening.until(740)
    library.stop()
    evening.until(1500)
    assert starts(evening) == about([("Vitamin C", 600)], NEAR)


def test_a_track_found_in_its_middle_began_where_its_position_says(evening, library):
    library.play(song(), position=120)
    evening.until(80)
    library.stop()
    evening.until(600)
    assert starts(evening) == about([("Vitamin C", -120)], NEAR)


def test_a_track_found_paused_is_heard_as_far_as_it_came(evening, library, clock):
    library.play(song())
    clock.advance(130)
    library.set("paused")
    clock.advance(1500)
    evening.due_at = clock.at
    evening.until(1700)
    library.stop()
    evening.until(1900)
    assert evening.plays() == [("Vitamin C", pytest.approx(0, abs=31), 130)]


def test_a_track_begun_in_its_middle_is_heard_from_there(evening, library):
    evening.until(30)
    library.play(song())
    library.sessions["ada", "Web"].position = 150
    evening.until(80)
    library.stop()
    evening.until(600)
    assert evening.plays() == [], "50 seconds of it"


def test_one_that_only_starts_is_not_heard_yet(evening, library):
    library.start(song())
    evening.until(100)
    assert evening.playing() == []
    library.set("playing")
    evening.until(130)
    assert evening.playing() == [("Vitamin C", False)]


def test_going_back_early_is_the_same_listen(evening, library):
    library.play(song())
    evening.until(60)
    library.seek(0)
    evening.until(260)
    library.stop()
    evening.until(600)
    assert len(evening.plays()) == 1


def test_a_track_that_plays_faster_began_less_long_ago(evening, service):
    service.shape = lambda _: {
        "entry": song(username="ada", state="playing", positionMs=180_000, playbackRate=1.25, minutesAgo=2)
    }
    evening.poll()
    service.shape = lambda _: {}
    evening.until(600)
    assert starts(evening) == about([("Vitamin C", -144)], NEAR)


def test_a_server_that_does_not_count_positions_on_is_counted_on_for(evening, service, clock):
    service.shape = lambda _: {
        "entry": song(username="ada", state="playing", positionMs=0, minutesAgo=int((clock.at - START) / 60))
    }
    evening.until(D + 5)
    service.shape = lambda _: {}
    evening.until(1000)
    assert evening.plays() == [("Vitamin C", pytest.approx(0, abs=NEAR), pytest.approx(D, abs=NEAR))]


# ---- what is listed and no listen ----


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"artist": "[Unknown Artist]"}, "Its file has no artist tag."),
        ({"artist": None}, "Its file has no artist tag."),
        ({"title": None}, "It has no title."),
        ({"type": "podcast"}, "This is of the type podcast; only music is kept."),
        ({"isVideo": True}, "This is of the type video; only music is kept."),
    ],
)
def test_what_is_no_music_is_left_out_and_said_once(evening, service, fields, reason):
    service.shape = lambda _: {"entry": [song(username="ada", minutesAgo=0, **fields)]}
    evening.until(300)
    assert evening.told() == [("ignored", reason)]
    assert (evening.plays(), evening.playing()) == ([], [])


def test_a_track_that_must_be_over_long_since_is_not_playing(evening, service):
    service.shape = lambda _: {"entry": [song(username="ada", minutesAgo=5)]}
    evening.until(600)
    assert (evening.plays(), evening.playing()) == ([], [])
