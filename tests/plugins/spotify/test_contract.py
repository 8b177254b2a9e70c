"""What every source that is polled keeps to."""

from __future__ import annotations

import json

import goscrobble_spotify
import pytest

from goscrobble.testing import Connection, Listener, PluginServer, PollerContract
from tests.plugins.spotify.payloads import track
from tests.plugins.spotify.stand_in import CLIENT_ID, CLIENT_SECRET, StandIn


class TestContract(PollerContract):
    plugin = goscrobble_spotify

    @pytest.fixture
    def spotify(self, server: PluginServer):
        stand_in = StandIn(server.clock, "")
        began = server.clock.at
        for i in range(5):
            began = stand_in.person.listen(track(f"T{i % 3}"), began - 900)
        yield stand_in
        stand_in.stop()

    @pytest.fixture
    def connection(self, server: PluginServer, listener: Listener, spotify: StandIn) -> Connection:
        server.change(
            SPOTIFY_API_ID=CLIENT_ID,
            SPOTIFY_API_SECRET=CLIENT_SECRET,
            SPOTIFY_API_URL=spotify.url,
            SPOTIFY_ACCOUNTS_URL=spotify.url,
        )
        made = listener.connect()
        grant = spotify.new_tokens(spotify.person)
        tokens = {"access": grant["access_token"], "refresh": grant["refresh_token"]}
        times = {"expires_at": server.clock.at + 3600, "consented_at": server.clock.at}
        made.account().keep_secret("tokens", json.dumps(tokens | times))
        made.account().accept()
        return made
