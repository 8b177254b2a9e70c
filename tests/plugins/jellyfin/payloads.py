"""Bodies as Jellyfin's webhook plugin writes them, made up for these tests."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from goscrobble_jellyfin.payloads import repair

NOW = 1_780_315_200.0  # 2026-06-01 12:00:00 UTC
AT = "2026-06-01T11:30:00.1234567Z"
AT_SECONDS = 1_780_313_400.123456
TRACK_MBID = "0b6e2a3c-6f2a-4f0e-9f5e-0a1b2c3d4e5f"
RELEASE_MBID = "1c7f3b4d-7a3b-4a1f-8a6f-1b2c3d4e5f60"
GROUP_MBID = "2d804c5e-8b4c-4b20-9b70-2c3d4e5f6071"
ARTIST_MBID = "3e915d6f-9c5d-4c31-8c81-3d4e5f607182"
GUEST_MBID = "4fa26e70-ad6e-4d42-9d92-4e5f60718293"

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "jellyfin"


def play(**changes):
    """The documented call: one play, without a NotificationType. None leaves a field out."""
    body = {
        "Album": "Tago Mago",
        "Artist": "Can",
        "Name": "Halleluhwah",
        "ItemType": "Audio",
        "RunTime": "00:18:28",
        "Username": "ada",
    } | changes
    return {key: value for key, value in body.items() if value is not None}


def event(kind="PlaybackProgress", **changes):
    """An event with Send All Properties: of a track of 200 seconds. None leaves a field out."""
    body = {
        "ServerId": "a0" * 16,
        "ServerName": "attic",
        "ServerVersion": "10.11.2",
        "ServerUrl": "",
        "NotificationType": kind,
        "Timestamp": "2026-06-01T13:30:00.1234567+02:00",
        "UtcTimestamp": AT,
        "Name": "Vitamin C",
        "Overview": "",
        "ItemId": "b1" * 16,
        "ItemType": "Audio",
        "RunTimeTicks": 2_000_000_000,
        "RunTime": "00:03:20",
        "Year": 1972,
        "Album": "Ege Bamyasi",
        "Artist": "Can",
        "Provider_musicbrainztrack": TRACK_MBID,
        "Provider_musicbrainzalbum": RELEASE_MBID,
        "Provider_musicbrainzreleasegroup": GROUP_MBID,
        "Provider_musicbrainzartist": ARTIST_MBID,
        "Audio_0_Channels": 2,
        "PlaybackPositionTicks": 640_000_000,
        "PlaybackPosition": "00:01:04",
        "MediaSourceId": "b1" * 16,
        "IsPaused": False,
        "IsAutomated": True,
        "DeviceId": "c2" * 16,
        "DeviceName": "kitchen",
        "ClientName": "Finamp",
        "NotificationUsername": "ada",
        "UserId": "d3" * 16,
    } | changes
    if kind == "PlaybackStop":
        body.setdefault("PlayedToCompletion", True)
    return {key: value for key, value in body.items() if value is not None}


def as_template(body):
    """The same body as a form or a careful template has it: every value a string, null empty."""
    return {key: "" if value is None else str(value) for key, value in body.items()}


def fixture(name):
    """A recorded or derived request; skips where the folder of fixtures is absent."""
    path = FIXTURES / f"{name}.json"
    if not path.exists():
        pytest.skip("the folder of recorded payloads is not beside this checkout")
    return json.loads(path.read_text())


def body_text(envelope):
    """What goes over the wire."""
    return envelope["body_text"] if "body_text" in envelope else json.dumps(envelope["json"])


def parsed(text, content_type=""):
    """A body as the core hands it over: JSON, JSON once repaired, or a form."""
    if "urlencoded" in content_type:
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return json.loads(repair(text), strict=False)
