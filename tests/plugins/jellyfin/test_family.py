"""A family's server sends everybody's events to one address: only the listener's own are counted."""

from __future__ import annotations

import threading

import pytest

from goscrobble.domain.events import EventOutcome
from goscrobble.services import connecting, history, sources
from goscrobble.testing import make_account, make_core
from goscrobble.testing.clock import START
from tests.plugins.jellyfin.payloads import event, play

LENGTH = 200  # seconds of the track that `event` tells of


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def connected(app, core, ada):
    return connecting.connect(core, ada, "jellyfin")


@pytest.fixture
def post(client, connected, clock):
    secret = connected.secret

    def send(body, *, at=None):
        if at is not None:
            clock.at = START + at
        answer = client.post(f"/api/v1/ingress/jellyfin?key={secret}", json=body)
        assert (answer.status_code, answer.json) == (200, {"message": "success"})

    return send


def by(name, kind="PlaybackStop", **changes):
    """An event of a family member, without a time of its own: it counts as told when it arrives."""
    values = {"NotificationUsername": name, "UserId": f"id of {name}", "DeviceId": f"device of {name}"}
    values |= {"PlayedToCompletion": kind == "PlaybackStop"}
    values |= {"PlaybackPositionTicks": 0}
    told = event(kind) | {"Name": "Vitamin C"} | values | changes
    told["ItemId"] = told["Name"]
    return {key: value for key, value in told.items() if key != "UtcTimestamp" and not key.startswith("Provider_")}


def titles(core, account):
    return sorted(play.track.name for play in history.recent(core, account, limit=100)[0])


def row(core, ada, connected):
    return sources.find(core, ada, connected.row.uuid)


def told(core, ada, connected):
    return [(one.outcome, one.reason) for one in sources.events(core, row(core, ada, connected))]


def choose(core, ada, connected, *users):
    connecting.change(core, ada, connected.row.uuid, settings={"users": users})


def test_while_one_name_is_heard_it_is_the_listeners(post, core, ada, connected):
    post(by("Ada"))
    post(by("ada", Name="Other"), at=5000)
    assert titles(core, ada) == ["Other", "Vitamin C"]
    assert row(core, ada, connected).question is None


def test_when_a_second_name_is_heard_everything_is_held_and_the_listener_is_asked(post, core, ada, connected):
    post(by("Ada"))
    post(by("Bob", Name="Bob's"), at=5000)
    post(by("Ada", Name="Ada's"), at=10_000)
    assert titles(core, ada) == ["Vitamin C"]
    question = sources.question_of(row(core, ada, connected))
    assert (question.setting, question.choices) == ("users", ("Ada", "Bob"))
    assert told(core, ada, connected)[0] == (
        EventOutcome.HELD,
        "Ada played this. Waiting for your answer: which of Ada, Bob are you?",
    )


def test_what_was_held_is_told_at_its_own_time_once_the_listener_has_answered(post, core, ada, connected, clock):
    post(by("Ada"))
    post(by("Bob", Name="Bob's"), at=5000)
    post(by("Ada", "PlaybackStart", Name="Ada's"), at=10_000)
    post(by("Ada", "PlaybackStop", Name="Ada's"), at=10_000 + LENGTH)
    clock.advance(86_400)
    choose(core, ada, connected, "Ada")
    plays = history.recent(core, ada, limit=10)[0]
    assert next((play.track.name, play.played_at) for play in plays) == ("Ada's", int(START) + 10_000)
    assert titles(core, ada) == ["Ada's", "Vitamin C"]
    assert row(core, ada, connected).question is None


def test_after_the_answer_others_are_ignored_with_a_reason(post, core, ada, connected, clock):
    choose(core, ada, connected, "Ada", " ada2 ")
    post(by("Bob"))
    post(by("ADA2", Name="Mine"), at=5000)
    assert titles(core, ada) == ["Mine"]
    assert told(core, ada, connected)[-1] == (
        EventOutcome.IGNORED,
        "Bob is not one of the Jellyfin users you named for this connection.",
    )


def test_the_listener_may_be_the_second_one_or_several(post, core, ada, connected):
    post(by("Bob"))
    post(by("Ada", Name="Ada's"), at=5000)
    post(by("Eve", Name="Eve's"), at=10_000)
    choose(core, ada, connected, "ada", "eve")
    assert titles(core, ada) == ["Ada's", "Eve's", "Vitamin C"], "the first was counted before anyone could know"


def test_pauses_are_not_counted_in_what_was_held(post, core, ada, connected):
    post(by("Bob", Name="Bob's"))
    post(by("Ada", "PlaybackStart"), at=10_000)
    for at in range(0, 50, 10):
        post(by("Ada", "PlaybackProgress", PlaybackPositionTicks=at * 10**7), at=10_000 + at)
    post(by("Ada", "PlaybackProgress", IsPaused=True), at=10_050)
    post(by("Ada", "PlaybackStop", PlayedToCompletion=False), at=20_000)
    choose(core, ada, connected, "Ada")
    assert titles(core, ada) == ["Bob's"], "too little of it was heard"
    assert told(core, ada, connected)[0][0] == EventOutcome.UNHEARD


def test_progress_that_just_goes_on_is_held_once(post, core, ada, connected):
    post(by("Bob", Name="Bob's"))
    post(by("Ada", "PlaybackStart"), at=10)
    for at in range(20, 400, 10):
        post(by("Ada", "PlaybackProgress"), at=at)
    held = [one for one in told(core, ada, connected) if one[0] == EventOutcome.HELD]
    assert len(held) == 1


def test_a_play_of_the_documented_call_is_held_too(post, core, ada, connected):
    post(by("Bob", Name="Bob's"))
    post(play(Username="Ada"), at=5000)
    assert titles(core, ada) == ["Bob's"]
    choose(core, ada, connected, "Ada")
    assert titles(core, ada) == ["Bob's", "Halleluhwah"]


def test_a_call_that_names_nobody_is_the_listeners(post, core, ada, connected):
    choose(core, ada, connected, "Ada")
    body = {key: value for key, value in play().items() if key not in {"Username", "NotificationUsername"}}
    post(body)
    assert titles(core, ada) == ["Halleluhwah"]


def test_what_is_left_over_is_told_with_the_next_event(post, core, ada, connected, monkeypatch):
    """The worker that was to tell it ended in the middle."""
    post(by("Bob", Name="Bob's"))
    post(by("Ada", Name="Ada's"), at=5000)
    without = make_core(core.settings, core.clock, [])  # a server whose plugin is not there to be told
    with core.database.engine.begin() as connection:
        connection.exec_driver_sql('UPDATE source_account SET settings = \'{"users": ["Ada"]}\'')
    without.database.close()
    sources.forget(core)
    post(by("Ada", Name="Later"), at=10_000)
    assert titles(core, ada) == ["Ada's", "Bob's", "Later"]


def test_held_names_are_compared_in_any_case(post, core, ada, connected):
    post(by("Bob", Name="Bob's"))
    post(by("ÄDA", Name="Ada's"), at=5000)
    choose(core, ada, connected, "äda")
    assert titles(core, ada) == ["Ada's", "Bob's"]


def test_two_first_names_at_once_are_two(app, core, ada, connected, clock):
    secret = connected.secret
    barrier, failed = threading.Barrier(2), []

    def send(name):
        barrier.wait()
        answer = app.test_client().post(f"/api/v1/ingress/jellyfin?key={secret}", json=by(name, Name=f"{name}'s"))
        if answer.status_code != 200:
            failed.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(name,)) for name in ("Ada", "Bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    choose(core, ada, connected, "Ada", "Bob")
    assert titles(core, ada) == ["Ada's", "Bob's"]


def test_a_film_is_ignored_with_a_reason_and_comes_in_no_history(post, core, ada, connected):
    post(by("Ada", "PlaybackStart", ItemType="Movie"))
    post(by("Ada", "PlaybackProgress", ItemType="Movie"), at=10)
    assert titles(core, ada) == []
    assert told(core, ada, connected) == [(EventOutcome.IGNORED, "This was of the type Movie; only Audio is kept.")]


def test_too_little_heard_is_told_with_the_numbers(post, core, ada, connected):
    post(by("Ada", "PlaybackStart"))
    post(by("Ada", "PlaybackStop", PlayedToCompletion=False), at=30)
    assert told(core, ada, connected) == [
        (
            EventOutcome.UNHEARD,
            f"30 s of {LENGTH} s were heard; 100 s are needed: half of the track, or four minutes.",
        ),
        (EventOutcome.PLAYING, ""),
    ]
