"""Every recorded or derived request gives what its envelope expects."""

from __future__ import annotations

import pytest
from goscrobble_jellyfin.normalise import normalise

from tests.plugins.jellyfin.payloads import FIXTURES, NOW, body_text, fixture, parsed

RECORDED = {  # name: state, duration, position, completed; or None where nothing is to be noted
    "episode_start_real": None,
    "genericform_strings": ("stopped", 93, 64.0, True),
    "itemadded_musicalbum_real": None,
    "missing_album": ("stopped", 93, 64.0, True),
    "multi_artist_only_first": ("stopped", 93, 64.0, True),
    "progress_audio_real_10_8": ("playing", 93, 64.0, False),
    "progress_automated_1s_later": ("playing", 93, 65.0, False),
    "progress_paused": ("paused", 93, 64.0, False),
    "runtime_over_24h": ("stopped", 90_000, 90_000.0, True),
    "stop_audio_completed": ("stopped", 93, 92.6533312, True),
    "stop_audio_half_not_completed": ("stopped", 93, 50.0, False),
    "stop_audio_skipped_at_5s": ("stopped", 93, 5.0, False),
    "stop_position_zero_completed": ("stopped", 93, None, True),
    "template_backslash_entity_invalid_json": ("stopped", None, None, False),
    "template_capital_bool_invalid_json": ("playing", None, None, False),
    "template_html_entities": ("stopped", 256, 254.0, True),
    "template_newline_invalid_json": ("stopped", None, None, False),
    "userdatasaved_progress": None,
    "zero_runtime": ("stopped", None, 64.0, True),
}
NAMES = {
    "missing_album": ("Brother Madonna", "Kitsune²", None),
    "multi_artist_only_first": (
        "Annihilate (feat. Offset)",
        "Metro Boomin",
        "I Kind of Really Want to Make Love to You",
    ),
    "progress_audio_real_10_8": ("Brother Madonna", "Kitsune²", "I Kind of Really Want to Make Love to You"),
    "template_backslash_entity_invalid_json": ('The "Real" One', "Y", "Z"),
    "template_html_entities": ("Rock & Roll Ain't Noise Pollution", "AC/DC & Friends", 'Back in "Black"'),
}


def noted(name):
    envelope = fixture(name)
    payload = parsed(body_text(envelope), envelope["request"]["headers"]["Content-Type"])
    return normalise(payload, NOW)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_request_means_what_it_should(name):
    found = noted(name)
    assert RECORDED[name] == (found and (found.state, found.draft.duration, found.position, found.completed))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_request_names_its_track(name):
    draft = noted(name).draft
    assert NAMES[name] == (draft.title, *draft.artists, draft.album)


def test_a_recorded_track_of_two_artists_keeps_both_ids():
    assert len(noted("multi_artist_only_first").draft.ids.artist_mbids) == 2


def test_all_recorded_requests_of_one_device_and_track_are_one_session():
    events = [noted(name) for name in ("progress_audio_real_10_8", "progress_paused", "stop_audio_completed")]
    assert len({(found.player, found.item) for found in events}) == 1


def test_no_recorded_request_is_left_out():
    fixture("empty_body")  # skips where there are none; the server itself refuses an empty body
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*RECORDED, "empty_body"}
