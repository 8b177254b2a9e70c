"""Answers as Spotify's Web API writes them, made up for these tests."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

NOW = 1_780_315_200.0  # 2026-06-01 12:00:00 UTC
FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "spotify"


def track_id(title):
    """An id of 22 letters and digits, the same for the same title."""
    return f"{title.encode().hex():0<22}"[:22]


def isrc(title):
    """An ISRC, the same for the same title."""
    return f"DEA4{zlib.crc32(title.encode()) % 10**8:08d}"


def track(title="Vitamin C", length=200, **changes):
    """A track of Can's, of so many seconds. None leaves a field null."""
    return {
        "album": {
            "album_type": "album",
            "artists": [{"id": "1" * 22, "name": "Can", "type": "artist"}],
            "id": "2" * 22,
            "name": "Ege Bamyasi",
            "release_date": "1972-11-29",
            "total_tracks": 7,
            "type": "album",
        },
        "artists": [{"id": "1" * 22, "name": "Can", "type": "artist"}],
        "disc_number": 1,
        "duration_ms": length * 1000,
        "explicit": False,
        "external_ids": {"isrc": isrc(title)},
        "external_urls": {"spotify": f"https://open.spotify.com/track/{track_id(title)}"},
        "id": track_id(title),
        "is_local": False,
        "name": title,
        "track_number": 4,
        "type": "track",
        "uri": f"spotify:track:{track_id(title)}",
    } | changes


def local(title="Demo tape"):
    """A file of the listener's own."""
    nobody = {"id": None, "name": "Ada", "type": "artist"}
    return track(title, 0, id=None, is_local=True, artists=[nobody], album={"name": "", "artists": []}, external_ids={})


def moment(seconds):
    """A time as Spotify writes it."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def item(seconds_ago, what=None, **changes):
    """An item of recently-played, so many seconds before NOW."""
    return {
        "track": track() if what is None else what,
        "played_at": moment(NOW - seconds_ago),
        "context": None,
    } | changes


def answer(*items):
    """An answer of recently-played."""
    return {"items": list(items), "next": None, "cursors": None, "limit": 50}


def player(what=None, **changes):
    """An answer of currently-playing: 64 seconds into a track."""
    return {
        "timestamp": int(NOW * 1000),
        "context": None,
        "progress_ms": 64_000,
        "item": track() if what is None else what,
        "currently_playing_type": "track",
        "is_playing": True,
    } | changes


def fixture(name):
    """A recorded or derived exchange; skips where the folder of fixtures is absent."""
    path = FIXTURES / f"{name}.json"
    if not path.exists():
        pytest.skip("the folder of recorded payloads is not beside this checkout")
    return json.loads(path.read_text())
