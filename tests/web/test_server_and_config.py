"""`/serverinfo` and `/config`, to the letter."""

from __future__ import annotations

import pytest

from goscrobble import __version__
from goscrobble.app import create_app
from goscrobble.testing import PASSWORD, make_account, make_settings


@pytest.fixture
def admin(core, client):
    make_account(core, "ada", admin=True)
    return _sign_in(client, "ada")


@pytest.mark.parametrize("path", ["/api/v1/serverinfo", "/api/v1/serverstatus"])
def test_server_information_is_two_strings(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json) == (200, {"version": __version__, "registration_enabled": "1"})
    assert answer.content_type == "application/json; charset=utf-8"
    assert not any(name.startswith("RateLimit") for name, _ in answer.headers)


def test_closing_registration_shows_in_server_information(admin, client):
    answer = client.post("/api/v1/config", json={"REGISTRATION_ENABLED": False}, headers=admin)
    assert (answer.status_code, answer.json) == (200, {"message": "Config updated successfully"})
    assert client.get("/api/v1/serverinfo").json["registration_enabled"] == "0"


def test_the_settings_are_one_flat_object_that_is_kept_nowhere(admin, client):
    answer = client.get("/api/v1/config", headers=admin)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json["REGISTRATION_ENABLED"] is True
    assert answer.json["DEFAULT_TIMEZONE"] == "UTC"
    assert answer.json["JELLYFIN_ENABLED"] is True
    assert not any(isinstance(value, dict) for value in answer.json.values())


def test_no_key_database_or_mail_credential_is_among_the_settings(admin, client):
    words = ("DATABASE", "MAIL", "JWT", "REDIS")
    assert not [key for key in client.get("/api/v1/config", headers=admin).json if any(word in key for word in words)]


def test_what_was_read_can_be_sent_back(admin, client):
    settings = client.get("/api/v1/config", headers=admin).json
    assert client.post("/api/v1/config", json=settings, headers=admin).status_code == 200


@pytest.mark.parametrize(("value", "shown"), [(False, "0"), ("0", "0"), ("1", "1"), (True, "1")])
def test_booleans_may_be_strings_of_one_digit(admin, client, value, shown):
    assert client.post("/api/v1/config", json={"REGISTRATION_ENABLED": value}, headers=admin).status_code == 200
    assert client.get("/api/v1/serverinfo").json["registration_enabled"] == shown


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"REGISTRATION_ENABLED": False, "NO_SUCH_KEY": 1}, "NO_SUCH_KEY"),
        ({"REGISTRATION_ENABLED": False, "DEFAULT_TIMEZONE": 7}, "DEFAULT_TIMEZONE"),
        ({"REGISTRATION_ENABLED": False, "DEFAULT_TIMEZONE": "Mars/Olympus"}, "DEFAULT_TIMEZONE"),
        ({"DEFAULT_TIMEZONE": "Europe/Berlin", "REGISTRATION_ENABLED": "perhaps"}, "REGISTRATION_ENABLED"),
        ({"REGISTRATION_ENABLED": False, "jellyfin_enabled": True}, "jellyfin_enabled"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_changes(admin, client, change, named):
    before = client.get("/api/v1/config", headers=admin).json
    answer = client.post("/api/v1/config", json=change, headers=admin)
    assert (answer.status_code, named in answer.json["error"]) == (400, True)
    assert client.get("/api/v1/config", headers=admin).json == before


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"null", b'"x"', b'{"a": 1'])
def test_what_is_no_object_is_refused(admin, client, body):
    answer = client.post("/api/v1/config", data=body, headers=admin)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


def test_a_setting_that_a_file_or_variable_fixes_stays_as_it_is(instance_path, database_url, clock):
    settings = make_settings(instance_path, database_url=database_url, registration_enabled=False)
    app = create_app(settings, clock=clock)
    core, client = app.extensions["goscrobble"], app.test_client()
    make_account(core, "ada", admin=True)
    admin = _sign_in(client, "ada")
    refused = client.post("/api/v1/config", json={"REGISTRATION_ENABLED": True}, headers=admin)
    assert (refused.status_code, "REGISTRATION_ENABLED" in refused.json["error"]) == (409, True)
    assert client.post("/api/v1/config", json={"REGISTRATION_ENABLED": False}, headers=admin).status_code == 200
    core.database.close()


def test_only_an_administrator_reads_or_changes_settings(core, client):
    make_account(core, "grace")
    listener = _sign_in(client, "grace")
    for headers, status in (({}, 401), (listener, 403), ({"Authorization": "Bearer nonsense"}, 401)):
        assert client.get("/api/v1/config", headers=headers).status_code == status
        assert client.post("/api/v1/config", json={}, headers=headers).status_code == status


def _sign_in(client, name):
    answer = client.post("/api/v1/login", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 200
    return {"Authorization": f"Bearer {answer.json['token']}"}
