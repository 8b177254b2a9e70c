"""The plugin's one route, with a toolkit that records."""

from __future__ import annotations

import goscrobble_multiscrobbler as multiscrobbler
import pytest

from goscrobble.testing.clock import Clock
from goscrobble.testing.toolkit import RecordingToolkit, make_plugin_app
from tests.plugins.multiscrobbler.payloads import AT, NOW, original, play

URL = "/api/v1/ingress/multiscrobbler"
SUCCESS = (200, {"message": "success"})


@pytest.fixture
def toolkit():
    return RecordingToolkit(Clock(NOW))


@pytest.fixture
def post(toolkit):
    client = make_plugin_app(multiscrobbler, toolkit, URL).test_client()

    def send(body, url=URL, **options):
        answer = client.post(url, **({"json": body} | options))
        return answer.status_code, answer.json

    return send


def plays(count):
    return [play(PlayedAt=AT - 300 * number) for number in range(count)]


def test_a_play_is_submitted(post, toolkit):
    assert post(play()) == SUCCESS
    assert [(draft.title, draft.played_at) for draft in toolkit.drafts] == [("Roygbiv", AT)]


def test_a_repeated_play_is_a_success(post, toolkit):
    assert (post(play()), post(original())) == (SUCCESS, SUCCESS)
    assert len(toolkit.drafts) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (play(Track=None), "Track is missing"),
        (play(Artist=[None]), "Artist is missing"),
        (play(Duration="long"), "Duration must be a number"),
        (play(PlayedAt=NOW + 3601), "The play is more than an hour in the future"),
        (play(PlayedAt=10**18), "The play is more than an hour in the future"),
        (play(PlayedAt=1_009_843_199), "The play is from before 2002"),
        (play(PlayedAt=-1), "The play is from before 2002"),
        (original(playDate="0001-01-01T00:00:00Z"), "The play is from before 2002"),
        (play(Track="t" * 6000), "Track is longer than 5000 characters"),
        (play(Duration=10**12), "The duration is longer than a week"),
        (play(Duration=10**300), "The duration is longer than a week"),
        (play(Artist=[f"a{number}" for number in range(51)]), "More than 50 artists were given"),
    ],
)
def test_a_play_that_cannot_be_kept_is_400_with_the_reason(post, toolkit, body, error):
    assert post(body) == (400, {"error": error})
    assert toolkit.drafts == []


@pytest.mark.parametrize("at", [NOW + 3600, 1_009_843_200])
def test_an_hour_ahead_and_the_first_day_of_2002_are_kept(post, at):
    assert post(play(PlayedAt=at)) == SUCCESS


def test_an_array_is_many_plays_in_one_batch(post, toolkit):
    assert post(plays(3)) == (200, {"message": "success", "rejected": []})
    assert (len(toolkit.drafts), toolkit.batches) == (3, [3])


def test_a_thousand_plays_are_taken(post, toolkit):
    assert post(plays(1000))[0] == 200
    assert len(toolkit.drafts) == 1000


def test_more_than_a_thousand_plays_are_refused(post, toolkit):
    assert post(plays(1001)) == (400, {"error": "At most 1000 plays may be sent at once"})
    assert toolkit.batches == []


def test_the_bad_plays_of_an_array_are_told_and_the_good_ones_kept(post, toolkit):
    good, other = plays(2)
    body = [play(Track=""), good, play(PlayedAt=5), None, other, play(Duration=[])]
    assert post(body) == (
        200,
        {
            "message": "success",
            "rejected": [
                {"index": 0, "error": "Track is missing"},
                {"index": 2, "error": "The play is from before 2002"},
                {"index": 3, "error": "A play must be a JSON object"},
                {"index": 5, "error": "Duration must be a number"},
            ],
        },
    )
    assert [draft.played_at for draft in toolkit.drafts] == [AT, AT - 300]


def test_a_repeat_within_an_array_is_a_success(post, toolkit):
    assert post([play(), play()]) == (200, {"message": "success", "rejected": []})
    assert len(toolkit.drafts) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([play(Track=None)], "Track is missing"),
        ([play(PlayedAt=5), play(Track=None)], "The play is from before 2002"),
        ([[play()]], "A play must be a JSON object"),
    ],
)
def test_an_array_without_a_good_play_is_400_with_the_first_reason(post, toolkit, body, reason):
    assert post(body) == (400, {"error": f"None of these plays can be kept; the first: {reason}"})
    assert toolkit.drafts == []


def test_a_slash_at_the_end_changes_nothing(post, toolkit):
    assert post(play(), url=f"{URL}/") == SUCCESS
    assert len(toolkit.drafts) == 1


def test_a_form_is_as_good(post, toolkit):
    form = {"Track": "Roygbiv", "Artist": "Boards of Canada", "PlayedAt": str(AT), "Duration": "151", "key": "gs_x"}
    assert post(None, json=None, data=form) == SUCCESS
    assert [(draft.artists, draft.played_at) for draft in toolkit.drafts] == [(("Boards of Canada",), AT)]


def test_the_source_tells_where_to_post():
    (source,) = multiscrobbler.register_sources()
    assert source.title == "multi-scrobbler"
    assert "{url}" in source.steps[0]


def test_no_body_is_an_event_and_none_is_repaired(toolkit):
    (ingress,) = multiscrobbler.register_blueprints(toolkit)
    assert (ingress.is_event(play()), ingress.repair) == (False, None)
