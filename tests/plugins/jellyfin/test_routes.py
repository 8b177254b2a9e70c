"""The plugin's one route, with a toolkit that records."""

from __future__ import annotations

import goscrobble_jellyfin as jellyfin
import pytest

from goscrobble.plugins import Duplicate, Rejected
from goscrobble.testing.clock import Clock
from goscrobble.testing.toolkit import RecordingToolkit, make_plugin_app
from tests.plugins.jellyfin.payloads import NOW, event, play

URL = "/api/v1/ingress/jellyfin"
SUCCESS = (200, {"message": "success"})


@pytest.fixture
def toolkit():
    return RecordingToolkit(Clock(NOW))


@pytest.fixture
def post(toolkit):
    client = make_plugin_app(jellyfin, toolkit, URL).test_client()

    def send(body, url=URL, **options):
        answer = client.post(url, **({"json": body} | options))
        return answer.status_code, answer.json

    return send


def test_a_play_is_submitted(post, toolkit):
    assert post(play()) == SUCCESS
    assert [draft.title for draft in toolkit.drafts] == ["Halleluhwah"]


def test_a_repeated_play_is_a_success(post, toolkit):
    assert post(play()) == SUCCESS
    assert post(play()) == SUCCESS
    assert len(toolkit.drafts) == 1
    assert isinstance(toolkit.submit(toolkit.drafts)[0], Duplicate)


def test_an_event_is_observed_and_not_submitted(post, toolkit):
    assert [post(event(kind)) for kind in ("PlaybackStart", "PlaybackProgress", "PlaybackStop")] == [SUCCESS] * 3
    assert [found.state for found in toolkit.events] == ["playing", "playing", "stopped"]
    assert toolkit.batches == []


@pytest.mark.parametrize("body", [event("UserDataSaved"), event(ItemType="Movie"), play(ItemType="Episode")])
def test_what_is_ignored_is_a_success(post, toolkit, body):
    assert post(body) == SUCCESS
    assert (toolkit.events, toolkit.batches) == ([], [])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (play(Name=None), "Name is missing"),
        (event(Artist=None), "Artist is missing"),
        (event(ItemType=None), "ItemType is missing"),
        (play(Name=["X"]), "Name must be text"),
        ([play()], "Invalid JSON"),
        (play(UtcTimestamp="1999-12-31T23:59:59Z"), "The play is from before 2002"),
        (play(Name="n" * 6000), "Track is longer than 5000 characters"),
        (play(RunTimeTicks=10**14), "The duration is longer than a week"),
    ],
)
def test_what_cannot_be_kept_is_400_with_the_reason(post, toolkit, body, error):
    assert post(body) == (400, {"error": error})
    assert (toolkit.events, toolkit.drafts) == ([], [])


class RefusingToolkit(RecordingToolkit):
    """Refuses every play that events decide."""

    def observe(self, event):
        super().observe(event)
        return [Rejected("The duration is longer than a week")]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("PlaybackStop", (400, {"error": "The duration is longer than a week"})),
        ("PlaybackStart", SUCCESS),  # the refused play is an earlier one; this event was noted
        ("PlaybackProgress", SUCCESS),
    ],
)
def test_a_stop_whose_play_is_refused_is_400_with_the_reason(kind, answer):
    client = make_plugin_app(jellyfin, RefusingToolkit(Clock(NOW)), URL).test_client()
    response = client.post(URL, json=event(kind))
    assert answer == (response.status_code, response.json)


def test_a_slash_at_the_end_changes_nothing(post, toolkit):
    assert post(play(), url=f"{URL}/") == SUCCESS
    assert len(toolkit.drafts) == 1


def test_a_form_is_as_good(post, toolkit):
    assert post(None, json=None, data={**play(), "key": "gs_secret"}) == SUCCESS
    assert [draft.title for draft in toolkit.drafts] == ["Halleluhwah"]


def test_the_source_tells_where_to_paste_the_address():
    (source,) = jellyfin.register_sources()
    assert source.title == "Jellyfin"
    assert [step for step in source.steps if "{url}" in step.format(url="{url}")] == [source.steps[1]]


def test_the_ingress_knows_events_and_mends_templates(toolkit):
    (ingress,) = jellyfin.register_blueprints(toolkit)
    assert (ingress.is_event(event()), ingress.is_event(play())) == (True, False)
    assert ingress.repair('{"IsPaused": False}') == '{"IsPaused": false}'
