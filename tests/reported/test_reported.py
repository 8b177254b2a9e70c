"""Cases from public bug reports of people with real players, told to the server as these players would."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from goscrobble.domain.events import EventOutcome
from goscrobble.domain.periods import ALL_TIME
from goscrobble.services import history, playback, sources, statistics, tokens
from goscrobble.testing import make_account

CASES = Path(__file__).parents[3] / "shared" / "fixtures" / "reported"
DAY = 86_400

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the recorded cases are not beside this checkout")


@pytest.fixture
def ada(app, core):
    return make_account(core, "ada")


@pytest.fixture
def told(client, core, clock, ada):
    """Tell a case of Jellyfin's, each event at its time, and let the clock run out afterwards."""
    _, key = tokens.add_api_token(core, ada, "jellyfin", {"ingest"})

    def tell(name):
        for step in case(name)["sequence"]:
            body = step["json"]
            clock.at = datetime.fromisoformat(body["UtcTimestamp"][:26] + "+00:00").timestamp()
            playback.judge_due(core)
            client.post(f"/api/v1/ingress/jellyfin?key={key}", data=json.dumps(body), content_type="text/plain")
        clock.advance(2 * DAY)
        playback.judge_due(core)
        plays, _ = history.recent(core, ada)
        return [(play.track.name, play.listened) for play in reversed(plays)]

    return tell


def case(name):
    (file,) = CASES.glob(f"{name}-*.json")
    return json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "plays"),
    [
        ("01", [("Song One", 179), ("Song Two", 200)]),
        ("02", [("Song One", 179), ("Song Two", 200)]),
        ("03", [("Song One", 200)]),
        ("05", [("Song One", 140)]),
        ("07", [("Song One", 200)]),
        ("09", [("A", 120), ("B0", 200), ("B1", 200)]),
        ("10", [("Song One", 180)]),
        ("18", []),
        ("20", []),
    ],
)
def test_a_reported_evening_is_what_was_heard_of_it(told, name, plays):
    assert told(name) == [(title, pytest.approx(heard, abs=5)) for title, heard in plays]


def test_a_track_that_stops_at_half_and_goes_on_is_shown_until_it_is_over(client, core, clock, ada):
    _, key = tokens.add_api_token(core, ada, "jellyfin", {"ingest"})
    shown = []
    for step in case("01")["sequence"][:-1]:
        body = step["json"]
        clock.at = datetime.fromisoformat(body["UtcTimestamp"][:26] + "+00:00").timestamp()
        client.post(f"/api/v1/ingress/jellyfin?key={key}", data=json.dumps(body), content_type="text/plain")
        shown.append((body["NotificationType"], [one.title for one in playback.now_playing(core, ada.id)]))
    assert {tuple(titles) for kind, titles in shown if kind != "PlaybackStop"} == {("Song One",)}


def test_a_track_that_cannot_be_used_is_noted_once_with_its_title(told, core, ada):
    told("20")
    (connection,) = sources.list_all(core, ada)
    noted = [(event.what, event.outcome, event.reason) for event in sources.events(core, connection)]
    assert noted == [("No Tag", EventOutcome.REFUSED, "Artist is missing.")]


def test_a_compilation_is_one_album(told, core, ada):
    assert len(told("22")) == 5
    (album,) = statistics.top(core, ada, "albums", ALL_TIME)
    assert [artist.name for artist in album.artists] == ["Various Artists"]


def test_an_album_tagged_with_one_id_is_as_many_tracks_as_it_has(told, core, ada):
    assert len(told("23")) == 4
    assert len(statistics.top(core, ada, "tracks", ALL_TIME)) == 4


def test_who_first_tells_an_id_names_nobody_elses_track(client, core, clock):
    steps = case("40")["sequence"]
    clock.at = 1_796_010_000
    for step in steps:
        account = make_account(core, step["who"])
        _, token = tokens.add_api_token(core, account, "script", {"ingest", "write"})
        answer = client.post(step["request"]["path"], json=step["json"], headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
    assert [play.track.name for play in history.recent(core, account)[0]] == ["Creep"]


def test_a_correction_of_the_case_is_seen(client, core, clock, ada):
    first, second = case("41")["sequence"]
    clock.at = 1_796_010_000
    _, token = tokens.add_api_token(core, ada, "script", {"ingest", "read", "write"})
    headers = {"Authorization": f"Bearer {token}"}
    assert client.post("/api/v1/ingress/multiscrobbler", json=first["json"], headers=headers).status_code == 200
    (play,) = client.get("/api/v1/users/ada/scrobbles", headers=headers).json["scrobbles"]
    changed = client.patch(f"/api/v1/scrobbles/{play['id']}", json=second["json"], headers=headers)
    assert (changed.status_code, changed.json["track"]["title"]) == (200, "Prey & Obey")
    assert [one.track.name for one in history.recent(core, ada)[0]] == ["Prey & Obey"]
