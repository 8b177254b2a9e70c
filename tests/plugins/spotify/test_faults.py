"""Whatever Spotify does, no play is lost or doubled, nobody else waits, and it is left alone as long as it asks."""

from __future__ import annotations

import json
import random
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from goscrobble_spotify.refusals import (
    APP_REFUSED,
    NO_PREMIUM,
    REFUSED,
    UNKNOWN_USER,
    WITHDRAWN,
    WRONG_CLIENT,
)

from goscrobble.jobs.runner import Runner
from goscrobble.services import failures, polling, sources
from goscrobble.testing import make_account
from tests.pages.conftest import Browser
from tests.plugins.spotify.payloads import fixture, track
from tests.plugins.spotify.stand_in import CURRENT, HTML, RECENT, TOKEN, Trouble

TROUBLE = "Spotify has trouble at the moment"
UNREACHABLE = "The server at this address cannot be reached, or its answer cannot be used"
WAIT = "The service asked us to wait"
ANSWERS = {  # what goes wrong, and what its owner reads
    "500": (Trouble(500), TROUBLE),
    "502 with a page": (Trouble(502, HTML, {"Content-Type": "text/html"}), TROUBLE),
    "404": (Trouble(404, "{}"), TROUBLE),
    "400": (Trouble(400, '{"error": {"status": 400}}'), TROUBLE),
    "no JSON": (Trouble(200, HTML), UNREACHABLE),
    "half a JSON": (Trouble(200, '{"items": [{"track": {"na'), UNREACHABLE),
    "a connection cut": (Trouble(200, '{"items": [', claims=5000), UNREACHABLE),
    "nothing": (Trouble(200, ""), UNREACHABLE),
    "no list": (Trouble(200, '{"items": null}'), TROUBLE),
    "an array": (Trouble(200, "[]"), TROUBLE),
    "no content": (Trouble(204, ""), TROUBLE),
    "a redirect to the inside": (Trouble(302, "", {"Location": "http://169.254.169.254/latest"}), UNREACHABLE),
    "something packed": (Trouble(200, "x", {"Content-Encoding": "gzip"}), UNREACHABLE),
    "too much": (Trouble(200, " " * 2_100_000), UNREACHABLE),
}
ANSWERS_TO_WHAT_PLAYS = {"no content", "no list", "an array"}  # there these mean that nothing plays


def at_http_date(clock, seconds):
    return format_datetime(datetime.fromtimestamp(clock.at, UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_poll_that_fails_is_repeated_and_nothing_is_lost(connected, spotify, clock, core, again, plays, name):
    trouble, sentence = ANSWERS[name]
    spotify.person.played(track(), clock.at - 300)
    spotify.fail(RECENT, trouble)
    assert polling.run_due(core) == 1
    row = again()
    assert (row.problem, row.is_refused, row.poll_at - clock.at, plays()) == (sentence, False, 5, [])
    clock.advance(6)
    assert polling.run_due(core) == 1
    assert (again().problem, len(plays())) == (None, 1)


@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in ANSWERS_TO_WHAT_PLAYS])
def test_what_plays_now_may_fail_without_holding_up_what_was_played(
    connected, spotify, clock, core, again, plays, name
):
    spotify.person.played(track(), clock.at - 300)
    spotify.fail(CURRENT, ANSWERS[name][0])
    assert polling.run_due(core) == 1
    assert (again().problem, len(plays())) == (None, 1)


OWNER = (
    "Active premium subscription required for the owner of the app. When the subscription status changes, it can ..."
)
STRANGER = "The user is not registered for this application, please check your settings on developer.spotify.com"


@pytest.mark.parametrize(
    ("path", "status", "body", "sentence", "who_acts"),
    [
        (RECENT, 403, "Insufficient client scope", REFUSED, "listener"),
        (RECENT, 403, OWNER, NO_PREMIUM, "administrator"),
        (RECENT, 403, STRANGER, UNKNOWN_USER, "administrator"),
        (RECENT, 403, "User not registered in the Developer Dashboard", UNKNOWN_USER, "administrator"),
        (RECENT, 403, "Forbidden", APP_REFUSED, "administrator"),
        (RECENT, 403, "", APP_REFUSED, "administrator"),
        (RECENT, 404, "Service not found", TROUBLE, "nobody"),
        (RECENT, 500, "premium scope", TROUBLE, "nobody"),
        (TOKEN, 400, '{"error":"invalid_grant"}', WITHDRAWN, "listener"),
        (TOKEN, 400, '{"error":"invalid_client"}', WRONG_CLIENT, "administrator"),
        (TOKEN, 401, '{"error":"invalid_client"}', WRONG_CLIENT, "administrator"),
        (TOKEN, 400, '{"error":"unauthorized_client"}', APP_REFUSED, "administrator"),
        (TOKEN, 403, "Forbidden", APP_REFUSED, "administrator"),
        (TOKEN, 502, "invalid_grant", TROUBLE, "nobody"),
    ],
)
def test_whose_fault_it_is_says_who_must_act(
    connected, spotify, clock, core, again, path, status, body, sentence, who_acts
):
    def waiting():
        return [row.error for row in failures.list_all(core) if row.hook == failures.WAITS]

    if path == TOKEN:
        clock.advance(4000)
    spotify.fail(path, *[Trouble(status, body)] * 3)
    polling.run_due(core)
    assert (again().problem, again().is_refused) == (sentence, who_acts == "listener")
    assert waiting() == ([sentence] if who_acts == "administrator" else [])
    for _ in range(6):
        clock.advance(300)
        polling.run_due(core)
    assert (again().problem, waiting()) == (sentence if who_acts == "listener" else None, [])


@pytest.mark.usefixtures("connected")
def test_what_the_administrator_must_see_to_stands_on_their_page(spotify, core, app):
    spotify.fail(RECENT, Trouble(403, OWNER))
    polling.run_due(core)
    make_account(core, "root", admin=True)
    root = Browser(app.test_client())
    root.sign_in("root")
    assert "The plugin spotify waits for you. Spotify wants whoever owns this server" in root.get("/admin").text


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize(
    ("path", "status", "told", "waits"),
    [
        (RECENT, 429, "1", 1),
        (RECENT, 429, "7", 7),
        (RECENT, 429, "86400", 3600),  # of all, for an hour at most
        (RECENT, 429, None, 30),
        (RECENT, 429, "soon", 30),
        (RECENT, 429, "date", 600),
        (RECENT, 503, "60", 60),
        (TOKEN, 429, "90", 90),
    ],
)
def test_it_is_left_alone_as_long_as_it_asks_up_to_an_hour(
    spotify, clock, press_button, again, plays, path, status, told, waits
):
    spotify.person.played(track(), clock.at - 300)
    if path == TOKEN:
        clock.advance(4000)
    header = at_http_date(clock, 600) if told == "date" else told
    spotify.fail(path, Trouble(status, "Too many requests", {"Retry-After": header} if header else {}))
    press_button()
    assert (again().problem, again().poll_at - clock.at) == (WAIT, waits)
    asked = len(spotify.asked)
    if waits > 1:
        clock.advance(waits - 1)
        press_button()
        assert len(spotify.asked) == asked, "not even when its owner presses the button"
    clock.advance(2)
    press_button()
    assert (again().problem, len(plays())) == (None, 1)


def test_the_recorded_429_is_obeyed(connected, spotify, clock, core, again):
    told = fixture("error_429")["response"]
    spotify.fail(RECENT, Trouble(told["status"], told["body"], told["headers"]))
    polling.run_due(core)
    assert again().poll_at - clock.at == 7


def test_a_limit_met_by_what_plays_now_is_obeyed_too(connected, spotify, clock, core, again, plays):
    spotify.person.played(track(), clock.at - 300)
    spotify.fail(CURRENT, Trouble(429, "Too many", {"Retry-After": "600"}))
    polling.run_due(core)
    assert (again().problem, len(plays())) == (None, 1)
    asked = len(spotify.asked)
    clock.advance(140)
    polling.run_due(core)
    assert len(spotify.asked) == asked
    assert 459 <= again().poll_at - clock.at <= 461


@pytest.mark.parametrize("path", [RECENT, CURRENT, TOKEN])
def test_the_recorded_refusal_of_a_token_is_final_only_where_tokens_are_given(
    connected, spotify, clock, core, again, path
):
    told = fixture("token_refresh_invalid_grant")["response"]
    clock.advance(4000)
    spotify.fail(path, Trouble(told["status"], json.dumps(told["json"])))
    polling.run_due(core)
    assert again().is_refused == (path == TOKEN)


@pytest.mark.parametrize("name", ["500", "502 with a page", "no JSON", "a connection cut", "an array"])
def test_a_token_that_cannot_be_renewed_now_is_renewed_later(connected, spotify, clock, core, again, plays, name):
    spotify.person.played(track(), clock.at - 300)
    clock.advance(4000)
    spotify.fail(TOKEN, ANSWERS[name][0])
    polling.run_due(core)
    assert (again().is_refused, plays()) == (False, [])
    clock.advance(10)
    polling.run_due(core)
    assert (again().problem, len(plays())) == (None, 1)


@pytest.mark.slow
def test_who_hangs_delays_nobody_and_loses_nothing(connected, spotify, clock, core, again, plays, connect):
    """Ada's poll hangs; bob, who asks another address, is polled meanwhile by the same worker."""
    spotify.person.played(track(), clock.at - 300)
    spotify.fail(RECENT, Trouble(hangs=True))
    bob = make_account(core, "bob")
    other = connect(bob)
    row = sources.find(core, bob, other.uuid)
    runner, arrived = Runner(core, handlers={}, idle=0.01), threading.Event()
    runner.start()
    try:
        for _ in range(300):
            row = sources.find(core, bob, other.uuid)
            done = [row.cursor, again().cursor]
            if any(done):
                break
            arrived.wait(0.01)
        assert any(done), "one of the two was polled while the other hung"
        for _ in range(1200):
            if again().problem or row.problem:
                break
            row = sources.find(core, bob, other.uuid)
            arrived.wait(0.01)
        assert [again().problem, row.problem].count(UNREACHABLE) == 1
    finally:
        spotify.released.set()
        runner.stop()
    clock.advance(300)
    polling.run_due(core)
    assert (len(plays()), len(plays(bob))) == (1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_an_evening_of_trouble_loses_and_doubles_nothing(connected, spotify, clock, core, run, plays, seed):
    rng, at, expected = random.Random(seed), clock.at, []
    troubles = [
        *(trouble for trouble, _ in ANSWERS.values()),
        Trouble(429, "", {"Retry-After": "90"}),
        Trouble(401, "{}"),
    ]
    spotify.rotates = True
    for i in range(40):
        at = spotify.person.listen(track(f"T{i % 9}", 150 + i), at, late=rng.choice([0, 0, 900]))
        expected.append(f"T{i % 9}")
    while clock.at < at + 7200:
        for path in (RECENT, CURRENT, TOKEN):
            spotify.fail(path, *rng.sample(troubles, rng.choice([0, 0, 1, 2])))
        run(600)
    assert sorted(title for title, _ in plays()) == sorted(expected)
