"""Connections over the API: connecting, looking at them, steering them, leaving."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from goscrobble.services import accounts, settings, sources, tokens
from goscrobble.testing import make_account

NEVER = "00000000-0000-4000-8000-000000000000"
PLAY = {"Track": "Nude", "Artist": "Radiohead", "Duration": 255}


@pytest.fixture
def made(call, jwt):
    answer = call("POST", "/user/sources/multiscrobbler", {"name": "Script"}, jwt)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.fixture
def post(client, made):
    parts = urlsplit(made["address"])
    return lambda body: client.post(f"{parts.path}?{parts.query}", json=body)


def test_a_connection_is_made_with_a_ready_address_shown_once(call, jwt, made, core, ada):
    assert made["address"] == f"http://127.0.0.1:42069/api/v1/ingress/multiscrobbler?key={made['token']}"
    assert made | {"address": 0, "token": 0} == {
        "id": made["id"],
        "plugin": "multiscrobbler",
        "source": 0,
        "name": "Script",
        "state": "waiting",
        "problem": None,
        "question": None,
        "settings": {},
        "secrets_set": [],
        "last_heard_at": None,
        "next_poll_at": None,
        "created_at": "2026-06-01T12:00:00Z",
        "address": 0,
        "token": 0,
        "redirect": None,
    }
    (listed,) = call("GET", "/user/sources", token=jwt).json["sources"]
    assert listed == {key: value for key, value in made.items() if key not in {"address", "token", "redirect"}}
    assert [(one.name, one.scopes) for one in tokens.list_api_tokens(core, ada)] == [("Script", frozenset({"ingest"}))]


def test_without_a_name_it_has_the_sources_own(call, jwt):
    assert call("POST", "/user/sources/jellyfin", {}, jwt).json["name"] == "Jellyfin"


def test_its_events_say_what_became_of_each_play(call, jwt, made, post, clock):
    assert post(PLAY).status_code == 200
    assert post(PLAY).status_code == 200
    assert post([PLAY | {"PlayedAt": 5, "Track": "Old"}, PLAY | {"Track": "New", "PlayedAt": clock.at - 3600}]).json[
        "rejected"
    ] == [{"index": 0, "error": "The play is from before 2002"}]
    assert post({"Track": "x"}).status_code == 400
    answer = call("GET", f"/user/sources/{made['id']}/events", token=jwt)
    assert [(one["outcome"], one["what"], one["reason"]) for one in answer.json["events"]] == [
        ("refused", "", "Artist is missing."),
        ("rejected", "Radiohead – Old", "The play is from before 2002."),
        ("stored", "Radiohead – New", ""),
        ("duplicate", "Radiohead – Nude", "This listen was counted already."),
        ("stored", "Radiohead – Nude", ""),
    ]
    assert answer.json["events"][0]["at"] == "2026-06-01T12:00:00Z"
    assert call("GET", "/user/sources", token=jwt).json["sources"][0]["state"] == "active"


def test_the_last_fifty_events_are_kept(call, jwt, made, post, clock):
    for number in range(0, 120, 40):
        batch = [
            PLAY | {"Track": f"T{number + i}", "PlayedAt": clock.at - 90_000 + 300 * (number + i)} for i in range(40)
        ]
        assert post(batch).status_code == 200
    events = call("GET", f"/user/sources/{made['id']}/events", token=jwt).json["events"]
    assert [one["what"].rpartition(" ")[2] for one in events] == [f"T{i}" for i in range(119, 69, -1)]


def test_a_refusal_that_repeats_is_noted_once_in_ten_seconds(call, jwt, made, post, clock):
    for _ in range(5):
        assert post({"Track": "x"}).status_code == 400
    clock.advance(11)
    post({"Track": "x"})
    assert len(call("GET", f"/user/sources/{made['id']}/events", token=jwt).json["events"]) == 2


def test_a_token_that_was_made_elsewhere_gets_a_connection_when_it_is_first_heard(call, jwt, api_token_of, ada):
    token = api_token_of(ada, "ingest")
    for _ in range(2):
        assert call("POST", "/ingress/multiscrobbler", PLAY, token).status_code == 200
    assert call("POST", "/ingress/multiscrobbler", PLAY | {"Track": "Other"}, jwt).status_code == 200
    listed = call("GET", "/user/sources", token=jwt).json["sources"]
    assert [(one["name"], one["plugin"], one["state"]) for one in listed] == [
        ("test", "multiscrobbler", "active"),
        ("Signed in without an API token", "multiscrobbler", "active"),
    ]


def test_it_is_renamed_paused_and_given_settings(call, jwt, client):
    made = call("POST", "/user/sources/jellyfin", {"settings": {"users": ["Ada"]}}, jwt).json
    path = f"/user/sources/{made['id']}"
    changed = call("PATCH", path, {"name": "Kitchen", "paused": True, "settings": {"users": ["Bob"]}}, jwt).json
    assert (changed["name"], changed["state"], changed["settings"]) == ("Kitchen", "paused", {"users": ["Bob"]})
    assert call("PATCH", path, {"paused": False}, jwt).json["state"] == "waiting"
    assert call("PATCH", path, {}, jwt).json["name"] == "Kitchen"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": " "}, "A connection's name has 1 to 100 characters that can be printed"),
        ({"settings": {"user": ["Ada"]}}, 'There is no setting called user, did you mean "users"?'),
        ({"settings": {"users": 7}}, "users must be a list"),
        ({"settings": 7}, "settings must be an object"),
        ({"paused": "yes"}, "paused must be true or false"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_a_sentence(call, jwt, change, error):
    made = call("POST", "/user/sources/jellyfin", {}, jwt).json
    answer = call("PATCH", f"/user/sources/{made['id']}", change, jwt)
    assert (answer.status_code, answer.json["error"]) == (400, error)


def test_disconnecting_ends_it(call, jwt, made, post, core, ada):
    assert call("DELETE", f"/user/sources/{made['id']}", token=jwt).json == {"message": "Disconnected"}
    assert post(PLAY).status_code == 401
    assert sources.list_all(core, ada) == []
    assert call("DELETE", f"/user/sources/{made['id']}", token=jwt).status_code == 404


def test_others_can_neither_see_nor_touch_it(call, jwt_of, bob, made):
    theirs = jwt_of(bob)
    path = f"/user/sources/{made['id']}"
    assert call("GET", "/user/sources", token=theirs).json == {"sources": [], "next": None}
    answers = [call("GET", f"{path}/events", token=theirs), call("PATCH", path, {"paused": True}, theirs)]
    answers.append(call("DELETE", path, token=theirs))
    assert {(answer.status_code, answer.json["error"]) for answer in answers} == {(404, "There is no such connection")}


def test_an_api_token_may_not_make_connections(call, api_token_of, ada):
    token = api_token_of(ada, "ingest", "read", "write")
    assert call("GET", "/user/sources", token=token).status_code == 403
    assert call("POST", "/user/sources/jellyfin", {}, token).status_code == 403


@pytest.mark.parametrize("plugin", ["nonsense", "tidy", "metrics"])
def test_what_is_no_source_is_not_found(call, jwt, plugin):
    answer = call("POST", f"/user/sources/{plugin}", {}, jwt)
    assert (answer.status_code, answer.json["error"]) == (404, "There is no such source")


def test_a_source_that_is_switched_off_is_not_found(call, jwt, core):
    settings.change(core, {"JELLYFIN_ENABLED": False})
    assert call("POST", "/user/sources/jellyfin", {}, jwt).status_code == 404


def test_an_account_has_so_many_connections_at_most(call, jwt, core, ada):
    for number in range(sources.MOST):
        sources.heard_from(core, ada.id, "jellyfin", f"voice {number}", "x")
    assert call("POST", "/user/sources/jellyfin", {}, jwt).status_code == 409


def test_connections_go_with_their_account(core, ada, made):
    make_account(core, "root", admin=True)
    accounts.delete(core, ada)
    with core.database.read() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM source_account").scalar()
    assert left == 0
