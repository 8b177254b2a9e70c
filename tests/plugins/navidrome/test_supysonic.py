"""Against a real server: supysonic, which knows no tokens, lists for three minutes, and stamps to the second."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
import wave
from pathlib import Path
from urllib.parse import urlencode

import pytest
from mutagen.id3 import TALB, TIT2, TPE1
from mutagen.wave import WAVE

from goscrobble.errors import BadInput
from goscrobble.services import connecting, history, playback, polling, sources
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import make_account
from goscrobble.testing.clock import START
from tests.plugins.navidrome.conftest import PASSWORD

LENGTH = 12  # seconds of each track: its half must be more than the few seconds within which two positions are one
SECOND = 2.0  # seconds by which a start may be off: supysonic cuts to whole ones, and so do we
TRACKS = {"One": "Björk", "Two": "Can"}

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("supysonic")]  # they share the server


def _write_silence(file, title, artist):
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8000)
        out.writeframes(b"\x80" * 8000 * LENGTH)
    tagged = WAVE(file)
    tagged.add_tags()
    for tag in (TIT2(3, [title]), TPE1(3, [artist]), TALB(3, ["Silence"])):
        tagged.tags.add(tag)
    tagged.save()


class Supysonic:
    """A real server with a little music, and a player for it."""

    def __init__(self, folder):
        self._folder = folder
        (folder / "music").mkdir()
        for title, artist in TRACKS.items():
            _write_silence(folder / "music" / f"{title}.wav", title, artist)
        (folder / "supysonic.conf").write_text(
            f"[base]\ndatabase_uri = sqlite:///{folder}/supysonic.db\n"
            f"[webapp]\ncache_dir = {folder}/cache\nmount_webui = off\n[daemon]\nsocket = {folder}/none\n"
        )
        self._run("cli", "user", "add", "ada", "-p", PASSWORD)
        self._run("cli", "folder", "add", "music", str(folder / "music"))
        self._run("cli", "folder", "scan", "--foreground", "music")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = self._command("server", "--server", "gevent", "--host", "127.0.0.1", "--port", str(port))
        with (folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        self.ids = self._wait_for_ids()

    def play(self, title):
        """Play a track as an app does: read its sound from `stream`."""
        with self._get("stream", id=self.ids[title]) as answer:
            assert answer.headers["Content-Type"].startswith("audio/")
            assert len(answer.read()) > 8000 * LENGTH

    def close(self):
        self._process.terminate()
        self._process.wait(10)

    def _command(self, program, *arguments):
        return [Path(sys.executable).with_name(f"supysonic-{program}"), *arguments]

    def _run(self, program, *arguments):
        subprocess.run(
            self._command(program, *arguments), cwd=self._folder, check=True, capture_output=True, timeout=60
        )

    def _get(self, method, **parameters):
        parameters |= {"u": "ada", "p": PASSWORD, "c": "player", "v": "1.8.0", "f": "json"}
        return urllib.request.urlopen(f"{self.url}/rest/{method}.view?{urlencode(parameters)}", timeout=10)

    def _wait_for_ids(self):
        for _ in range(200):
            try:
                with self._get("getRandomSongs") as answer:
                    found = json.load(answer)["subsonic-response"]["randomSongs"]["song"]
                    return {song["title"]: song["id"] for song in found}
            except OSError:
                assert self._process.poll() is None, (self._folder / "server.log").read_text()
                time.sleep(0.05)
        raise AssertionError((self._folder / "server.log").read_text())


@pytest.fixture(scope="module")
def supysonic(tmp_path_factory):
    server = Supysonic(tmp_path_factory.mktemp("supysonic"))
    yield server
    server.close()


@pytest.fixture
def clock():
    """Time goes on as it does there, from where every test starts."""
    began = time.time()
    return lambda: START + time.time() - began


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


def connect(core, ada, supysonic, **settings):
    values = {"url": supysonic.url, "username": "Ada", "password": PASSWORD} | settings
    return connecting.connect(core, ada, "navidrome", settings=values).row


def test_a_wrong_password_does_not_connect(core, ada, supysonic):
    with pytest.raises(BadInput, match=r"^Wrong user name or password$"):
        connect(core, ada, supysonic, username="ada", password="wrong")


def test_what_is_played_is_shown_and_counts_each_time_with_its_start(core, ada, supysonic, clock):
    row = connect(core, ada, supysonic, username="ada")
    assert json.loads(Connected(core, row).secret("credentials"))["use"].keys() == {"p", "v"}, "it knows no tokens"

    def poll():
        connecting.change(core, ada, row.uuid, poll_now=True)
        assert polling.run_due(core) == 1
        assert sources.find(core, ada, row.uuid).problem is None
        return [one.title for one in playback.now_playing(core, ada.id)]

    assert poll() == []
    started, spent = [], 0.0
    for title, seconds in (("One", LENGTH), ("One", LENGTH * 0.8), ("Two", 2)):
        started.append(clock())
        supysonic.play(title)
        assert poll() == [title]
        spent += clock() - started[-1]
        time.sleep(seconds / 2)
        assert poll() == [title]
        time.sleep(max(started[-1] + seconds - clock(), 0))
        spent += clock() - (started[-1] + seconds)
    found, _ = history.recent(core, ada)
    assert [(play.track.name, play.artists[0].name, play.album.name) for play in found] == [
        ("One", "Björk", "Silence"),
        ("One", "Björk", "Silence"),
    ]
    tolerance = SECOND + spent  # a start is somewhere between two polls
    assert [play.played_at for play in reversed(found)] == [pytest.approx(at, abs=tolerance) for at in started[:2]]
    assert [play.listened for play in reversed(found)] == [
        pytest.approx(LENGTH, abs=tolerance),
        pytest.approx(LENGTH * 0.8, abs=tolerance),
    ]
