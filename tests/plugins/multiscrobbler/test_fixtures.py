"""Every derived request for this route gives a play."""

from __future__ import annotations

import pytest
from goscrobble_multiscrobbler.normalise import normalise

from goscrobble.plugins import ScrobbleDraft, Stamp
from tests.plugins.multiscrobbler.payloads import FIXTURES, NOW, fixture

PREFIX = "goscrobble_ingress_"
DERIVED = {  # name: title, artists, album, played_at, duration
    "artist_string": ("Fricassee", ("Kaidi Tatham",), "X", 1767601200, 305),
    "documented": ("Hummingbird", ("Metro Boomin", "James Blake"), "Spider-Verse", 1767600000, 213),
    "float_duration": ("Emergency Contact", ("Pierce the Veil",), "The Jaws of Life", 1767600300, 240),
    "missing_album": ("Fricassee", ("Kaidi Tatham",), None, 1767600600, 305),
    "null_fields": ("Fricassee", ("Kaidi Tatham",), None, 1767600900, None),
}


@pytest.mark.parametrize("name", DERIVED)
def test_a_derived_request_is_the_play_it_should_be(name):
    title, artists, album, played_at, duration = DERIVED[name]
    assert normalise(fixture(PREFIX + name)["json"], NOW) == ScrobbleDraft(
        title=title,
        artists=artists,
        album=album,
        played_at=played_at,
        stamp=Stamp.EITHER_START,
        duration=duration,
    )


def test_no_derived_request_is_left_out():
    fixture(f"{PREFIX}documented")  # skips where there are none
    assert {path.stem.removeprefix(PREFIX) for path in FIXTURES.glob(f"{PREFIX}*.json")} == set(DERIVED)
