"""Limits as callers meet them: tiers, keys, headers."""

from __future__ import annotations

import pytest
from flask import Flask

from goscrobble.app import create_app
from goscrobble.errors import BadConfig
from goscrobble.services import tokens
from goscrobble.testing import Clock, make_account, make_core, make_settings
from goscrobble.web import limits
from goscrobble.web.limits import spend, tier
from goscrobble.web.tokenbucket import Tier, parse_tier

DOCUMENTED = {
    "rate_limit_light": "1/4s burst 2",
    "rate_limit_standard": "5/s burst 5",
    "rate_limit_heavy": "10/s burst 10",
}


@pytest.fixture
def app(instance_path, database_url, clock):
    app = create_app(make_settings(instance_path, database_url=database_url, **DOCUMENTED), clock=clock)

    @app.get("/api/v1/test/light")
    @tier("light")
    def light():
        return {}

    @app.get("/api/v1/test/light-too")
    @tier("light")
    def light_too():
        return {}

    @app.get("/api/v1/test/explicit")
    @tier(None)
    def explicit():
        spend("events")
        return {}

    @app.get("/api/v1/test/standard")
    def standard():
        return {}

    yield app
    app.extensions["goscrobble"].database.close()


def test_a_tier_reads_as_it_is_documented():
    assert parse_tier("light", "1/4s burst 2") == Tier("light", 4.0, 2)
    assert parse_tier("standard", " 5/s burst 5 ") == Tier("standard", 0.2, 5)
    assert parse_tier("x", "30/m burst 7") == Tier("x", 2.0, 7)
    assert parse_tier("x", "0.5 / h burst 1") == Tier("x", 7200.0, 1)


@pytest.mark.parametrize(
    "text",
    ["", "5", "5/s", "five/s burst 5", "5/d burst 5", "0/s burst 5", "5/0s burst 5", "5/s burst 0", "-1/s burst 5"],
)
def test_nonsense_in_a_tier_is_refused_and_named(text):
    with pytest.raises(BadConfig, match="rate_limit_heavy"):
        parse_tier("heavy", text)


def test_a_tier_that_cannot_be_read_stops_the_start(instance_path):
    app = Flask("x")
    core = make_core(make_settings(instance_path, rate_limit_light="often"), Clock())
    with pytest.raises(BadConfig, match="rate_limit_light"):
        limits.register(app, core)


def test_a_refusal_says_how_long_to_wait_and_keeps_its_word(on_sqlite, client, clock):
    answers = [client.get("/api/v1/test/light") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refusal = answers[-1]
    assert refusal.json == {"error": "Too many requests, please wait 4 seconds"}
    assert _limits(refusal) == ("2", "0", "8", "4")
    clock.advance(int(refusal.headers["Retry-After"]))
    again = client.get("/api/v1/test/light")
    assert (again.status_code, _limits(again)) == (200, ("2", "0", "8", None))


def test_retry_after_is_never_less_than_a_second(client):
    refusal = [client.get("/api/v1/test/standard") for _ in range(6)][-1]
    assert (refusal.status_code, refusal.headers["Retry-After"]) == (429, "1")
    assert refusal.json == {"error": "Too many requests, please wait 1 second"}


def test_the_endpoints_of_a_tier_share_a_bucket(client):
    paths = ("/api/v1/test/light", "/api/v1/test/light-too", "/api/v1/test/light")
    assert [client.get(path).status_code for path in paths] == [200, 200, 429]
    assert client.get("/api/v1/test/standard").status_code == 200


def test_addresses_that_do_not_exist_wrong_methods_head_and_options_are_limited_too(client):
    assert [client.get("/api/v1/nothing").status_code for _ in range(6)] == [404] * 5 + [429]
    assert client.head("/api/v1/test/standard").status_code == 429
    assert client.options("/api/v1/test/standard").status_code == 429
    assert client.put("/api/v1/test/standard").status_code == 429


def test_server_information_and_health_are_not_limited(client):
    paths = ("/api/v1/serverinfo", "/api/v1/serverstatus", "/health/live")
    assert {client.get(path).status_code for path in paths for _ in range(30)} == {200}


def test_each_person_has_a_bucket_of_their_own_whatever_the_address(app, core, client):
    headers = [_bearer(core, name) for name in ("ada", "grace")]
    for header in headers:
        answers = [client.get("/api/v1/test/light", headers=header).status_code for _ in range(3)]
        assert answers == [200, 200, 429]
    second = _bearer(core, "ada", account=core_account(core, "ada"))
    assert client.get("/api/v1/test/light", headers=second).status_code == 429


def test_a_credential_that_fails_is_charged_to_its_address(app, core, client):
    bad = [{"Authorization": f"Bearer gs_{number:043}"} for number in range(3)]
    assert [client.get("/api/v1/test/light", headers=header).status_code for header in bad] == [200, 200, 429]
    assert client.get("/api/v1/test/light").status_code == 429
    assert client.get("/api/v1/test/light", headers=_bearer(core, "ada")).status_code == 200


def test_guessing_credentials_at_an_ingress_is_limited_by_address(core, client):
    answers = [client.post(f"/api/v1/ingress/multiscrobbler?key=gs_{n:043}", json={"Track": "T"}) for n in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert answers[-1].headers["Retry-After"] == "4"
    own = client.post("/api/v1/ingress/multiscrobbler", json={"Track": "T"}, headers=_bearer(core, "ada"))
    assert own.status_code != 429


def test_the_addresses_of_one_ipv6_subscriber_are_one_caller(client):
    answers = [_get(client, f"2001:db8:1:2::{number:x}") for number in (1, 2, 0xFFFF)]
    assert answers == [200, 200, 429]
    assert _get(client, "2001:db8:1:3::1") == 200


def test_a_mapped_address_is_the_ipv4_address_it_maps(client):
    assert [_get(client, address) for address in ("192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7")] == [200, 200, 429]


def test_forwarded_addresses_are_not_believed_without_a_configured_proxy(client):
    answers = [client.get("/api/v1/test/light", headers={"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_behind_a_configured_proxy_the_last_address_it_added_counts(instance_path, database_url, clock):
    settings = make_settings(instance_path, database_url=database_url, proxy_hops=1, **DOCUMENTED)
    app = create_app(settings, clock=clock)
    client = app.test_client()
    forged = [client.get("/api/v1/none", headers={"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.1"}) for n in range(6)]
    assert [answer.status_code for answer in forged] == [404] * 5 + [429]
    assert client.get("/api/v1/none", headers={"X-Forwarded-For": "198.51.100.2"}).status_code == 404
    app.extensions["goscrobble"].database.close()


def test_a_view_may_spend_for_itself_and_shows_what_is_left(client):
    assert _limits(client.get("/api/v1/test/explicit"))[:2] == ("60", "59")


def test_pages_have_a_large_bucket_and_answer_a_page_when_it_is_empty(on_sqlite, client):
    answers = [client.get("/no-such-page") for _ in range(201)]
    assert [answer.status_code for answer in answers] == [404] * 200 + [429]
    assert answers[-1].mimetype == "text/html"
    assert "Too many requests" in answers[-1].text


def test_two_apps_on_one_instance_share_the_buckets(app, client, instance_path, database_url, clock):
    other = create_app(make_settings(instance_path, database_url=database_url, **DOCUMENTED), clock=clock)
    answers = [one.get("/api/v1/nothing").status_code for _ in range(3) for one in (client, other.test_client())]
    assert answers == [404] * 5 + [429]
    other.extensions["goscrobble"].database.close()


def test_flask_limiters_own_decorator_works_with_the_strategy(app, client):
    (limiter,) = app.extensions["limiter"]

    @app.get("/api/v1/test/decorated")
    @tier(None)
    @limiter.limit("2 per 8 second")
    def decorated():
        return {}

    assert [client.get("/api/v1/test/decorated").status_code for _ in range(3)] == [200, 200, 429]


def core_account(core, name):
    from goscrobble.services import accounts

    return accounts.find(core, name)


def _bearer(core, name, account=None):
    account = account or make_account(core, name)
    _, secret = tokens.add_api_token(core, account, "player", {"ingest", "read"})
    return {"Authorization": f"Bearer {secret}"}


def _get(client, address):
    return client.get("/api/v1/test/light", environ_overrides={"REMOTE_ADDR": address}).status_code


def _limits(answer):
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After")
    return tuple(answer.headers.get(name) for name in names)
