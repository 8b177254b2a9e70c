"""Who changed something reads it back at once, whichever worker answers: two applications over one database."""

import pytest

from goscrobble.app import create_app
from goscrobble.testing import PASSWORD, make_account

CHANGES = [  # what is changed, and where it is read: method, path, body, path, what is read there
    ("POST", "/config", {"DEFAULT_TIMEZONE": "Europe/Vienna"}, "/config", ("DEFAULT_TIMEZONE", "Europe/Vienna")),
    ("POST", "/config", {"REGISTRATION_ENABLED": False}, "/serverinfo", ("registration_enabled", "0")),
    ("POST", "/config", {"JELLYFIN_ENABLED": False}, "/admin/plugins/jellyfin", ("status", "disabled")),
    ("PATCH", "/admin/plugins/jellyfin", {"enabled": False}, "/config", ("JELLYFIN_ENABLED", False)),
    ("PATCH", "/admin/plugins/jellyfin", {"enabled": False}, "/admin/plugins/jellyfin", ("enabled", False)),
    ("PATCH", "/user", {"time_zone": "Europe/Vienna"}, "/user", ("time_zone", "Europe/Vienna")),
    ("PATCH", "/user", {"privacy": "private"}, "/user", ("privacy", "private")),
    ("PATCH", "/admin/users/bob", {"disabled": True}, "/admin/users/bob", ("disabled", True)),
]

CONNECTION_CHANGES = (
    ({"name": "Kitchen"}, "name", "Kitchen"),
    ({"paused": True}, "state", "paused"),
    ({"paused": False}, "state", "active"),
)


@pytest.fixture
def workers(settings, clock, installed_plugins):
    """Clients of two workers, with the head of an administrator's requests; the second has just read everything."""
    apps = [create_app(settings, found_plugins=installed_plugins, clock=clock) for _ in range(2)]
    core = apps[0].extensions["goscrobble"]
    make_account(core, "ada", admin=True)
    make_account(core, "bob")
    first, second = (app.test_client() for app in apps)
    told = first.post("/api/v1/login", json={"username": "ada", "password": PASSWORD}).json
    head = {"Authorization": f"Bearer {told['token']}"}
    yield first, second, head
    for app in apps:
        app.extensions["goscrobble"].database.close()


@pytest.mark.parametrize(("method", "path", "body", "reads", "expected"), CHANGES)
def test_what_one_worker_changed_the_other_tells_at_once(workers, method, path, body, reads, expected):
    first, second, head = workers
    key, value = expected
    assert second.get(f"/api/v1{reads}", headers=head).json[key] != value
    assert first.open(f"/api/v1{path}", method=method, json=body, headers=head).status_code == 200
    assert second.get(f"/api/v1{reads}", headers=head).json[key] == value


def test_a_token_that_one_worker_revoked_is_dead_on_the_other(workers):
    first, second, head = workers
    made = first.post("/api/v1/user/tokens", json={"name": "script", "scopes": ["read"]}, headers=head).json
    own = {"Authorization": f"Bearer {made['token']}"}
    assert second.get("/api/v1/users/ada", headers=own).status_code == 200
    assert first.delete(f"/api/v1/user/tokens/{made['id']}", headers=head).status_code in {200, 204}
    assert second.get("/api/v1/users/ada", headers=own).status_code == 401


def test_a_connection_that_one_worker_changed_is_so_on_the_other(workers, clock):
    first, second, head = workers
    token = first.post("/api/v1/user/tokens", json={"name": "player", "scopes": ["ingest"]}, headers=head).json
    player = {"Authorization": f"Bearer {token['token']}"}
    play = {"Track": "Jóga", "Artist": ["Björk"], "PlayedAt": int(clock()) - 600, "Duration": 305}
    told = second.post("/api/v1/ingress/multiscrobbler", json=play, headers=player)
    assert told.status_code == 200
    (row,) = second.get("/api/v1/user/sources", headers=head).json["sources"]
    for change, key, value in CONNECTION_CHANGES:
        assert first.patch(f"/api/v1/user/sources/{row['id']}", json=change, headers=head).status_code == 200
        (again,) = second.get("/api/v1/user/sources", headers=head).json["sources"]
        assert again[key] == value
    assert first.delete(f"/api/v1/user/sources/{row['id']}", headers=head).status_code in {200, 204}
    assert second.get("/api/v1/user/sources", headers=head).json["sources"] == []


def test_a_plugin_that_one_worker_switched_on_answers_on_the_other(workers):
    first, second, head = workers
    first.patch("/api/v1/admin/plugins/jellyfin", json={"enabled": False}, headers=head)
    assert second.post("/api/v1/ingress/jellyfin").status_code == 404
    first.patch("/api/v1/admin/plugins/jellyfin", json={"enabled": True}, headers=head)
    assert second.post("/api/v1/ingress/jellyfin").status_code == 401
