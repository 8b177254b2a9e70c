"""Every recorded or derived exchange gives what its envelope expects."""

from __future__ import annotations

import pytest
from goscrobble_spotify.normalise import LOCAL, Memory, listed, new
from goscrobble_spotify.payloads import Grant

from tests.plugins.spotify.payloads import FIXTURES, NOW, fixture

AT = 1_635_138_794  # 2021-10-25 05:13:13.658 UTC, rounded
HEAT_WAVES = ("Heat Waves", ("Glass Animals",), "Dreamland (+ Bonus Levels)", AT, 239)
LISTED = {  # name: what is new in it
    "recently_played_empty": [],
    "recently_played_local_file": [],
    "recently_played_multi_artist": [
        (
            "Hummingbird (Metro Boomin & James Blake)",
            ("Metro Boomin", "James Blake"),
            "Dreamland (+ Bonus Levels)",
            AT,
            239,
        )
    ],
    "recently_played_null_track": [HEAT_WAVES],
    "recently_played_overlap_duplicate": [HEAT_WAVES],
    "recently_played_real": [HEAT_WAVES],
}
GRANTS = {"token_exchange_ok": True, "token_refresh_rotated": True}
REFUSALS = {  # tried over HTTP in test_faults.py
    "error_403_not_registered_plaintext",
    "error_403_scope",
    "error_429",
    "token_refresh_invalid_grant",
}


def entries(name):
    return new(listed(fixture(name)["response"]["json"], NOW), Memory())


@pytest.mark.parametrize("name", LISTED)
def test_a_recorded_list_means_what_it_should(name):
    drafts = [entry.draft for entry in entries(name) if entry.draft]
    assert LISTED[name] == [(one.title, one.artists, one.album, one.played_at, one.duration) for one in drafts]


def test_a_recorded_play_keeps_its_ids():
    (entry,) = entries("recently_played_real")
    assert (entry.draft.ids.spotify, entry.draft.ids.isrc) == ("02MWAaffLxlfxAUY7c5dvx", "GBUM72000433")


def test_a_recorded_local_file_is_left_out_with_a_reason():
    (entry,) = entries("recently_played_local_file")
    assert (entry.why_not, entry.what) == (LOCAL, "Local Title")


@pytest.mark.parametrize("name", GRANTS)
def test_a_recorded_grant_is_read(name):
    told = fixture(name)["response"]["json"]
    grant = Grant.model_validate(told)
    assert (grant.access_token, grant.refresh_token, grant.expires_in) == (
        told["access_token"],
        told["refresh_token"],
        3600,
    )


def test_no_recorded_exchange_is_left_out():
    fixture("recently_played_empty")  # skips where there are none
    assert {path.stem for path in FIXTURES.glob("*.json")} == {*LISTED, *GRANTS, *REFUSALS}
