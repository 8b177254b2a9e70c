"""Fifty people listen with Spotify and Navidrome at once, and both services fail now and then: each listen counts once.

The clock is ours: fifteen minutes pass in steps of five seconds, and whatever is due in each is polled. What is checked
is all of everybody's history against what they really heard.
"""

import json
import random
from collections import Counter

import pytest

from goscrobble.services import connecting, history, playback, polling, rollups
from goscrobble.services import settings as runtime_settings
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import START, make_account, make_core, make_settings
from tests.plugins.navidrome.stand_in import Library, SubsonicServer, send, song
from tests.plugins.spotify.payloads import track
from tests.plugins.spotify.stand_in import CLIENT_ID, CLIENT_SECRET, CURRENT, RECENT, TOKEN, Person, StandIn, Trouble

LISTENERS, MINUTES, STEP = 50, 15, 5
DRAIN = 240  # seconds after which everything that was heard has been told
LATE = 300  # seconds by which Spotify may list a play late


class Evening:
    """What everybody does, decided beforehand by chance: (when, what to do) and who really heard what."""

    def __init__(self, chance, library):
        self.deeds, self.heard = [], []
        self._chance, self._library = chance, library

    def on_navidrome(self, name):
        at, end, number = self._chance.uniform(0, 60), MINUTES * 60, 0
        while at < end - 220:
            title, length = f"{name} N{number}", self._chance.randint(120, 200)
            on = song(title, length, artist=f"Band {number}", album=None)
            self._do(at, lambda on=on: self._library.play(on, user=name))
            if self._chance.random() < 0.2:  # skipped
                at += self._chance.uniform(5, 25)
            else:
                at += self._paused(at, name) + length
                self.heard.append((name, title))
            self._do(at, lambda: self._library.stop(user=name))
            at, number = at + self._chance.uniform(1, 8), number + 1

    def _paused(self, at, name):
        if self._chance.random() > 0.2:
            return 0
        pause = self._chance.uniform(20, 60)
        self._do(at + 40, lambda: self._library.set("paused", user=name))
        self._do(at + 40 + pause, lambda: self._library.set("playing", user=name))
        return pause

    def on_spotify(self, name, person):
        at, end, number = START + self._chance.uniform(0, 60), START + MINUTES * 60, 0
        while at < end - 220:
            title, length = f"{name} S{number}", self._chance.randint(120, 200)
            heard = self._chance.uniform(5, 25) if self._chance.random() < 0.2 else None
            late = self._chance.uniform(60, LATE) if self._chance.random() < 0.1 else 0.0
            stamp = self._chance.choice(["start", "end"])
            group = {"id": f"{number}" * 22, "name": f"Group {number}", "type": "artist"}
            on = track(title, length, artists=[group], external_ids={}, id=f"{title.replace(' ', ''):0<22}")
            at = person.listen(on, at, heard, late=late, stamp=stamp) + self._chance.uniform(1, 8)
            if heard is None:
                self.heard.append((name, title))
            number += 1

    def _do(self, at, deed):
        self.deeds.append((START + at, deed))


@pytest.fixture
def settings(instance_path, database_url):
    return make_settings(instance_path, database_url=database_url, outgoing_allowed_networks=["127.0.0.0/8"])


@pytest.fixture
def core(settings, clock):
    core = make_core(settings, clock)
    yield core
    core.database.close()


@pytest.fixture
def spotify(core, clock, settings):
    stand_in = StandIn(clock, f"{settings.public_url}/api/v1/link/spotify")
    keys = {"ID": CLIENT_ID, "SECRET": CLIENT_SECRET}
    values = {f"SPOTIFY_API_{key}": value for key, value in keys.items()}
    runtime_settings.change(core, values | {"SPOTIFY_API_URL": stand_in.url, "SPOTIFY_ACCOUNTS_URL": stand_in.url})
    yield stand_in
    stand_in.stop()


@pytest.fixture
def navidrome(clock):
    server = SubsonicServer(Library(clock))
    yield server
    server.close()


def connect_spotify(core, account, stand_in, person):
    connection = Connected(core, connecting.connect(core, account, "spotify").row)
    grant = stand_in.new_tokens(person)
    tokens = {"access": grant["access_token"], "refresh": grant["refresh_token"]}
    tokens |= {"expires_at": core.now() + grant["expires_in"], "consented_at": int(core.now())}
    connection.keep_secret("tokens", json.dumps(tokens))
    connection.keep_secret("pending", None)
    connection.accept()


def misbehave(chance, spotify, navidrome):
    """Let a service fail, or be well again."""
    troubles = [
        Trouble(502),
        Trouble(200, '{"items": [{"track"'),
        Trouble(429, "Too many requests", {"Retry-After": str(chance.randint(1, 20))}),
        Trouble(200, '{"items": []}', claims=5000),
        Trouble(401, "{}"),
    ]
    if chance.random() < 0.3:
        spotify.fail(chance.choice([RECENT, CURRENT, TOKEN]), chance.choice(troubles))
    if chance.random() < 0.05:
        spotify.forget_access()
    navidrome.trouble = None
    if chance.random() < 0.1:
        body = chance.choice([b"<html>Bad gateway</html>", b'{"subsonic-response": {"sta', b""])
        navidrome.trouble = lambda handler: send(handler, chance.choice([200, 502]), body)


@pytest.mark.timeout(900)
def test_fifty_people_listen_on_both_at_once_while_services_fail(core, clock, spotify, navidrome):
    chance = random.Random(7)
    evening, accounts = Evening(chance, navidrome.library), {}
    for number in range(LISTENERS):
        name, person = f"listener{number}", Person(clock)
        account = accounts[name] = make_account(core, name)
        navidrome.passwords[name] = name
        values = {"url": navidrome.url, "username": name, "password": name}
        connecting.connect(core, account, "navidrome", settings=values)
        connect_spotify(core, account, spotify, person)
        evening.on_navidrome(name)
        evening.on_spotify(name, person)

    deeds = sorted(evening.deeds, key=lambda deed: deed[0])
    while clock.at < START + MINUTES * 60 + LATE + DRAIN:
        clock.advance(STEP)
        while deeds and deeds[0][0] <= clock.at:
            now, (clock.at, deed) = clock.at, deeds.pop(0)
            deed()
            clock.at = now
        misbehave(chance, spotify, navidrome)
        polling.run_due(core)
        playback.judge_due(core)

    told = Counter(
        (name, play.track.name)
        for name, account in accounts.items()
        for play in history.recent(core, account, limit=history.MOST)[0]
    )
    heard = Counter(evening.heard)
    assert sum(heard.values()) > LISTENERS * 5
    assert {what: told[what] for what in (told | heard) if told[what] != heard[what]} == {}
    assert [wrong for _, wrong in rollups.check(core) if wrong] == []
    assert len(spotify.asked) + len(navidrome.asked) > LISTENERS * 50
