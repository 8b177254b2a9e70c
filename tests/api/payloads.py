"""Requests: made up here, or recorded ones that lie beside this checkout and are only ever read there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from goscrobble.testing.clock import START

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures"
AT = int(START) - 3600  # 2026-06-01 11:00:00 UTC


def fixture(folder, name):
    """Return one request as it was recorded; skips where the folder is absent."""
    path = FIXTURES / folder / f"{name}.json"
    if not path.exists():
        pytest.skip("the folder of recorded payloads is not beside this checkout")
    return json.loads(path.read_text("utf-8"))


def listen(**changes):
    """A listen as a script sends it. None leaves a field out."""
    body = {
        "track": "Jóga",
        "artists": ["Björk", "Icelandic String Octet"],
        "album": "Homogenic",
        "played_at": AT,
        "duration": 305,
        "listened": 300,
    }
    return {key: value for key, value in (body | changes).items() if value is not None}
