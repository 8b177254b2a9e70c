"""Where players send plays: who may, in what shape a body may come, what an answer promises."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from goscrobble.services import accounts, history
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_settings
from goscrobble.testing.clock import START
from tests.api.payloads import AT, FIXTURES, fixture

SUCCESS = {"message": "success"}
JELLYFIN, MULTISCROBBLER = "/ingress/jellyfin", "/ingress/multiscrobbler"
BODIES = {
    JELLYFIN: {"Name": "Spoon", "Artist": "Can", "Album": "Ege Bamyasi", "ItemType": "Audio"},
    MULTISCROBBLER: {"Track": "Spoon", "Artist": ["Can"], "Album": "Ege Bamyasi", "PlayedAt": AT, "Duration": 183},
}
ROUTES = pytest.mark.parametrize("route", [JELLYFIN, MULTISCROBBLER])
NO_KEY = "Send an API token: as `Authorization: Bearer <token>`, or as the parameter `key`"


@pytest.fixture
def key(api_token_of, ada):
    return api_token_of(ada, "ingest")


# ---- who may ----


@ROUTES
def test_every_documented_way_to_show_a_credential_is_taken(call, jwt_of, ada, key, titles, route):
    body, jwt = BODIES[route], jwt_of(ada)
    ways = [
        {"headers": {"Authorization": f"Bearer {jwt}"}, "json": body},
        {"headers": {"Authorization": f"Token {jwt}"}, "json": body},
        {"headers": {"Authorization": f"bearer {key}"}, "json": body},
        {"headers": {"Authorization": f"TOKEN {key}"}, "json": body},
        {"query_string": {"key": key}, "json": body},
        {"json": body | {"key": key}},
        {"data": urlencode(body | {"Artist": "Can", "key": key}), "content_type": "application/x-www-form-urlencoded"},
    ]
    for way in ways:
        answer = call("POST", route, **way)
        assert (answer.status_code, answer.json) == (200, SUCCESS)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert titles() == ["Spoon"]  # said by two voices, once and again


@ROUTES
def test_what_is_no_credential_is_401_and_stores_nothing(call, jwt_of, core, ada, key, sign_in, titles, route):
    body, jwt = BODIES[route], jwt_of(ada)
    sign_in(ada)  # a cookie counts for nothing here
    ways = {
        NO_KEY: [{}, {"query_string": {"key": ""}}, {"json": body | {"key": 5}}, {"json": body | {"Key": key}}],
        "Only an API token can be sent as `key`": [{"query_string": {"key": jwt}}, {"json": body | {"key": jwt}}],
        "This API token is not valid": [
            {"query_string": {"key": "gs_wrong"}},
            {"json": body | {"key": "gs_" + "x" * 43}},
            {"headers": {"Authorization": f"Bearer {key[:-1]}"}},
            {"headers": {"Authorization": "Bearer gs_" + "x" * 5000}},
            {"headers": {"Authorization": "Bearer gs_wrong"}, "query_string": {"key": key}},
            {"query_string": {"key": "gs_wrong"}, "json": body | {"key": key}},
        ],
        "This access token is not valid": [{"headers": {"Authorization": "Bearer "}}],
    }
    for error, options in ways.items():
        for way in options:
            answer = call("POST", route, **({"json": body} | way))
            assert (answer.status_code, answer.json) == (401, {"error": error}), way
    assert titles() == []


@ROUTES
def test_a_token_without_the_scope_is_403_on_every_transport(call, api_token_of, ada, titles, route):
    token, body = api_token_of(ada, "read", "write"), BODIES[route]
    for way in (
        {"headers": {"Authorization": f"Bearer {token}"}, "json": body},
        {"query_string": {"key": token}, "json": body},
        {"json": body | {"key": token}},
    ):
        answer = call("POST", route, **way)
        assert (answer.status_code, answer.json) == (403, {"error": "This API token lacks the scope ingest"})
    assert titles() == []


@ROUTES
def test_credentials_of_a_disabled_account_are_refused(call, core, ada, jwt_of, key, route):
    jwt = jwt_of(ada)
    accounts.manage(core, ada, disabled=True)
    assert [call("POST", route, BODIES[route], token).status_code for token in (jwt, key)] == [401, 401]


@ROUTES
def test_plays_go_to_whose_credential_it_is_and_to_nobody_else(call, core, ada, bob, api_token_of, route):
    call("POST", route, BODIES[route] | {"Username": "ada", "username": "ada"}, api_token_of(bob, "ingest"))
    assert [len(history.recent(core, account)[0]) for account in (ada, bob)] == [0, 1]


# ---- bodies ----

BROKEN = {
    "nothing": b"",
    "a word": b"hello",
    "an array of nothing": b"[]",
    "null": b"null",
    "a number": b"1",
    "true": b"true",
    "text": b'"text"',
    "an object that never ends": b'{"Track": ',
    "invalid UTF-8": b'{"Track": "\xff"}',
    "UTF-16": '{"Track": "x"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"Duration": NaN}',
    "infinity": b'{"Duration": -Infinity}',
    "a key twice": b'{"Track": "x", "Track": "y"}',
    "200,000 levels": b"[" * 200_000,
    "200,000 objects": b'{"a":' * 200_000,
    "a form of 2,000 fields": b"&".join(b"f%d=1" % number for number in range(2000)),
    "a form that is no text": b"Track=\xff&Artist=\xfe",
}


@ROUTES
def test_what_no_reading_can_save_is_400_invalid_json_whatever_its_type(call, key, titles, route):
    for kind in ("application/json", "text/plain; charset=utf-8", "", "application/x-www-form-urlencoded"):
        answers = {
            name: call("POST", f"{route}?key={key}", data=raw, content_type=kind) for name, raw in BROKEN.items()
        }
        found = {name: (answer.status_code, answer.json["error"][:12]) for name, answer in answers.items()}
        assert found == dict.fromkeys(BROKEN, (400, "Invalid JSON"))
    assert titles() == []


@ROUTES
def test_a_strangers_broken_body_is_answered_with_what_is_wrong_first_the_missing_key(call, route):
    for raw in BROKEN.values():
        answer = call("POST", route, data=raw)
        assert (answer.status_code, answer.json) == (401, {"error": NO_KEY})


@ROUTES
@pytest.mark.parametrize("kind", ["application/json", "text/plain; charset=utf-8", "text/html", "nonsense", ""])
def test_json_is_read_whatever_its_type_says(call, key, titles, route, kind):
    raw = json.dumps(BODIES[route])
    answer = call("POST", f"{route}?key={key}", data=raw, content_type=kind)
    assert (answer.status_code, answer.json) == (200, SUCCESS)
    assert titles() == ["Spoon"]


WRONG = {
    JELLYFIN: [
        ({"Name": None}, "Name is missing"),
        ({"Artist": ""}, "Artist is missing"),
        ({"Name": "n" * 1_000_000}, "Track is longer than 5000 characters"),
        ({"Name": "a\0b"}, "Track contains a NUL character"),
        ({"UtcTimestamp": "1970-01-01T00:00:01Z"}, "The play is from before 2002"),
    ],
    MULTISCROBBLER: [
        ({"Track": None}, "Track is missing"),
        ({"Artist": []}, "Artist is missing"),
        ({"Track": "t" * 1_000_000}, "Track is longer than 5000 characters"),
        ({"Track": "a\0b"}, "Track contains a NUL character"),
        ({"PlayedAt": 1}, "The play is from before 2002"),
        ({"PlayedAt": int(START) + 3601}, "The play is more than an hour in the future"),
        ({"PlayedAt": True}, "PlayedAt must be Unix seconds or an RFC 3339 time"),
        ({"Duration": {}}, "Duration must be a number"),
    ],
}


@ROUTES
def test_a_field_that_is_missing_or_wrong_is_400_and_named(call, key, titles, route):
    for changes, error in WRONG[route]:
        answer = call("POST", route, BODIES[route] | changes, key)
        assert (answer.status_code, answer.json) == (400, {"error": error})
    assert titles() == []


@ROUTES
def test_half_a_surrogate_pair_is_400(call, key, titles, route):
    raw = json.dumps(BODIES[route]).replace("Spoon", "\\ud83d")
    answer = call("POST", route, raw, key)
    assert answer.status_code == 400
    assert "surrogate" in answer.json["error"]
    assert titles() == []


@pytest.mark.parametrize("name", ["not_json", "null", "number", "array", "deep", "dup_keys", "bom", "lone_surrogate"])
def test_a_recorded_hostile_body_is_400(call, key, titles, name):
    for route in (JELLYFIN, MULTISCROBBLER):
        answer = call("POST", route, fixture("unusual", f"body_{name}")["body_text"].encode(), key)
        assert (answer.status_code, list(answer.json)) == (400, ["error"])
    assert titles() == []


def test_no_recorded_hostile_body_is_left_out():
    fixture("unusual", "body_null")  # skips where there are none
    known = {"not_json", "null", "number", "array", "deep", "dup_keys", "bom", "lone_surrogate"}
    assert {path.stem.removeprefix("body_") for path in FIXTURES.glob("unusual/body_*.json")} == known


# ---- answers ----


@ROUTES
def test_a_repeat_is_a_success_and_one_play(call, key, titles, route):
    assert [call("POST", route, BODIES[route], key).json for _ in range(3)] == [SUCCESS] * 3
    assert titles() == ["Spoon"]


def test_what_is_answered_2xx_is_on_disk(call, key, database_url):
    from sqlalchemy import create_engine, text

    call("POST", MULTISCROBBLER, BODIES[MULTISCROBBLER], key)
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT played_at FROM scrobble")).scalars().all() == [AT]
    engine.dispose()


def test_partial_success_of_an_array_names_what_was_rejected(call, key, titles):
    body = [
        BODIES[MULTISCROBBLER],
        {"Track": "x"},
        BODIES[MULTISCROBBLER] | {"Track": "Vitamin C", "PlayedAt": AT - 900},
    ]
    answer = call("POST", MULTISCROBBLER, body, key)
    assert answer.status_code == 200
    assert answer.json == SUCCESS | {"rejected": [{"index": 1, "error": "Artist is missing"}]}
    assert titles() == ["Vitamin C", "Spoon"]


def test_another_sites_page_may_post_a_play_with_a_key(call, key):
    asked = call("OPTIONS", MULTISCROBBLER, headers={"Origin": "https://player.example"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    answer = call("POST", MULTISCROBBLER, BODIES[MULTISCROBBLER], key, headers={"Origin": "https://player.example"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/ingress", "/ingress/", "/ingress/tidal", "/ingress/jellyfin/x", "/ingress/jellyfi"])
def test_where_no_plugin_listens_it_is_404(call, key, path):
    answer = call("POST", path, {}, key)
    assert (answer.status_code, answer.json) == (404, {"error": "There is nothing at this address"})


@ROUTES
def test_other_methods_are_405(call, key, route):
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = call(method, route, token=key)
        assert (answer.status_code, answer.json) == (405, {"error": f"This address does not take {method} requests"})


@ROUTES
def test_a_plugin_that_is_switched_off_is_404_whatever_is_sent(call, core, key, titles, route):
    name = route.rpartition("/")[2]
    runtime_settings.change(core, {f"{name.upper()}_ENABLED": False})
    for method, body in (("POST", BODIES[route]), ("POST", b"["), ("GET", None), ("OPTIONS", None)):
        answer = call(method, route, body, key)
        assert (answer.status_code, answer.json) == (404, {"error": f"The plugin {name} is switched off"})
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    runtime_settings.change(core, {f"{name.upper()}_ENABLED": True})
    assert call("POST", route, BODIES[route], key).status_code == 200
    assert titles() == ["Spoon"]


class TestLimits:
    """With the limits as they are by default: one in four seconds, two at once."""

    @pytest.fixture
    def settings(self, instance_path, database_url):
        return make_settings(instance_path, database_url=database_url, rate_limit_light="1/4s burst 2")

    def test_the_third_call_at_once_is_429_on_whichever_route_and_says_how_long_to_wait(self, call, key):
        answers = [call("POST", route, BODIES[route], key) for route in (MULTISCROBBLER, JELLYFIN, MULTISCROBBLER)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        refused = answers[2]
        assert [refused.headers[name] for name in ("RateLimit-Limit", "RateLimit-Remaining")] == ["2", "0"]
        assert 1 <= int(refused.headers["Retry-After"]) <= 4
        assert refused.json["error"].startswith("Too many requests, please wait ")

    def test_a_refused_call_stores_nothing_and_costs_nothing_of_others(self, call, core, ada, bob, key, api_token_of):
        bodies = [BODIES[MULTISCROBBLER] | {"Track": f"t{n}", "PlayedAt": AT - 900 * n} for n in range(4)]
        for body in bodies:
            call("POST", MULTISCROBBLER, body, key)
        assert len(history.recent(core, ada)[0]) == 2
        assert call("POST", MULTISCROBBLER, bodies[0], api_token_of(bob, "ingest")).status_code == 200
