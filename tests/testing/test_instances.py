"""The server that plugin authors test on."""

import goscrobble_jellyfin
import goscrobble_multiscrobbler
import pytest

from goscrobble.errors import BadInput, NotFound
from goscrobble.testing import START

PLAY = {"Track": "Roygbiv", "Artist": ["Boards of Canada"], "PlayedAt": START - 3600}


def test_only_the_plugins_asked_for_are_there(goscrobble_server):
    server = goscrobble_server(goscrobble_multiscrobbler)
    assert [record.name for record in server.plugins] == ["multiscrobbler"]
    assert server.client.post("/api/v1/ingress/jellyfin").status_code == 404


def test_each_server_is_another(goscrobble_server):
    one, other = (goscrobble_server(goscrobble_multiscrobbler).listener() for _ in range(2))
    one.connect().post(PLAY)
    assert (len(one.plays()), len(other.plays())) == (1, 0)


def test_an_instance_that_the_environment_names_is_never_touched(goscrobble_server, tmp_path):
    goscrobble_server(goscrobble_multiscrobbler).listener().connect().post(PLAY)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path):
    """As on the machine of an author who uses GoScrobble too; before the server's own fixture."""
    monkeypatch.setenv("GOSCROBBLE_INSTANCE_PATH", str(tmp_path))
    monkeypatch.setenv("GOSCROBBLE_DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere.db")


def test_the_address_that_a_listener_copies_works(goscrobble_server):
    server = goscrobble_server(goscrobble_multiscrobbler)
    ada, bob = server.listener(), server.listener("bob")
    assert server.client.post(ada.connect().url, json=PLAY).json == {"message": "success"}
    assert ([play.track.name for play in ada.plays()], bob.plays()) == (["Roygbiv"], [])


def test_what_happened_on_a_connection_can_be_read(goscrobble_server):
    connection = goscrobble_server(goscrobble_multiscrobbler).listener().connect()
    connection.post(PLAY)
    connection.post(PLAY)
    connection.post("nonsense")
    assert [(event.outcome, event.reason) for event in connection.events()] == [
        ("stored", ""),
        ("duplicate", "This listen was counted already."),
        ("refused", "Invalid JSON."),
    ]


def test_time_moves_only_when_told(goscrobble_server):
    server = goscrobble_server(goscrobble_multiscrobbler)
    ada = server.listener()
    connection = ada.connect()
    for name in ("Roygbiv", "Olson"):
        connection.post({"Track": name, "Artist": "Boards of Canada", "Duration": 100})
        server.clock.advance(100)
    assert [play.played_at - START for play in ada.plays()] == [0, 100]


def test_what_plays_at_this_moment_can_be_read(goscrobble_server):
    ada = goscrobble_server(goscrobble_jellyfin).listener()
    ada.connect().post({"NotificationType": "PlaybackStart", "ItemType": "Audio", "Name": "Olson", "Artist": "BoC"})
    assert [playing.title for playing in ada.now_playing()] == ["Olson"]


def test_a_plugin_is_switched(goscrobble_server):
    server = goscrobble_server(goscrobble_multiscrobbler, goscrobble_jellyfin)
    connection = server.listener().connect("multiscrobbler")
    server.switch("multiscrobbler", on=False)
    assert connection.post(PLAY).status_code == 404
    assert server.setting("MULTISCROBBLER_ENABLED") is False
    server.switch("multiscrobbler", on=True)
    assert connection.post(PLAY).status_code == 200


def test_a_setting_that_does_not_exist_is_refused(goscrobble_server):
    server = goscrobble_server(goscrobble_multiscrobbler)
    with pytest.raises(BadInput, match="MULTISCROBBLER_MOST"):
        server.change(MULTISCROBBLER_MOST=3)


def test_a_source_that_does_not_exist_cannot_be_connected(goscrobble_server):
    with pytest.raises(NotFound):
        goscrobble_server(goscrobble_multiscrobbler).listener().connect(source=7)


def test_nothing_is_due_where_nothing_is_polled(goscrobble_server):
    server = goscrobble_server(goscrobble_multiscrobbler)
    connection = server.listener().connect()
    assert (server.poll(), connection.problem, connection.is_refused, connection.cursor) == (0, "", False, None)
