"""Bodies as they are posted in multi-scrobbler's name, made up for these tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOW = 1_780_315_200.0  # 2026-06-01 12:00:00 UTC
AT = 1_780_311_600  # an hour before

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "multiscrobbler"


def play(**changes):
    """The documented body. None leaves a field out."""
    body = {"Track": "Roygbiv", "Album": "MHTRTC", "Artist": ["Boards of Canada"], "PlayedAt": AT, "Duration": 151}
    return {key: value for key, value in (body | changes).items() if value is not None}


def original(**changes):
    """The body as the original program read it. None leaves a field out."""
    body = {
        "track": "Roygbiv",
        "album": "MHTRTC",
        "artists": ["Boards of Canada"],
        "playDate": "2026-06-01T11:00:00Z",
        "duration": 151,
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def fixture(name):
    """A derived request; skips where the folder of fixtures is absent."""
    path = FIXTURES / f"{name}.json"
    if not path.exists():
        pytest.skip("the folder of recorded payloads is not beside this checkout")
    return json.loads(path.read_text())
