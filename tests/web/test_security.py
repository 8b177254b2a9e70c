"""What browsers are told, whom proxies are believed, who may send forms."""

from __future__ import annotations

import pytest

from goscrobble.app import create_app
from goscrobble.errors import BadConfig, BadInput, NotAllowed
from goscrobble.testing import make_settings
from goscrobble.web.security import check_origin, saw_forwarding

PUBLIC = "https://music.example.org"


@pytest.fixture
def make_app(instance_path, database_url, clock):
    made = []

    def make(**overrides):
        app = create_app(make_settings(instance_path, database_url=database_url, **overrides), clock=clock)
        made.append(app)

        @app.get("/test/seen")
        def seen():
            from flask import request, url_for

            return {"address": request.remote_addr, "url": request.url, "link": url_for("static", filename="x.css")}

        return app

    yield make
    for app in made:
        app.extensions["goscrobble"].database.close()


@pytest.mark.parametrize("path", ["/", "/login", "/nothing", "/api/v1/serverinfo", "/api/v1/nothing", "/health/live"])
def test_every_answer_forbids_browsers_what_no_page_of_ours_does(client, path):
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_https_is_remembered_where_the_public_url_has_it(make_app):
    headers = make_app(public_url=PUBLIC).test_client().get("/health/live").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_answers_of_the_api_and_pages_of_those_who_are_signed_in_are_kept_nowhere(client):
    assert client.get("/api/v1/serverinfo").headers["Cache-Control"] == "no-store"
    assert client.get("/api/v1/nothing").headers["Cache-Control"] == "no-store"
    client.set_cookie("anything", "x")
    page = client.get("/")
    assert (page.headers["Cache-Control"], "Cookie" in page.vary) == ("no-store", True)


def test_without_a_configured_proxy_forwarded_headers_change_nothing_and_are_noticed(make_app):
    app = make_app()
    client = app.test_client()
    with app.app_context():
        assert not saw_forwarding()
    told = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    seen = client.get("/test/seen", headers=told).json
    assert (seen["address"], seen["url"]) == ("127.0.0.1", "http://localhost/test/seen")
    with app.app_context():
        assert saw_forwarding()


def test_with_a_configured_proxy_its_headers_count(make_app):
    told = {"X-Forwarded-For": "198.51.100.9, 192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "m.example"}
    seen = make_app(proxy_hops=1).test_client().get("/test/seen", headers=told).json
    assert (seen["address"], seen["url"]) == ("192.0.2.1", "https://m.example/test/seen")


def test_trusted_proxies_are_believed_and_nobody_else(make_app):
    told = {"X-Forwarded-For": "198.51.100.9, 192.0.2.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "m.example"}
    seen = make_app(trusted_proxies=["127.0.0.1"]).test_client().get("/test/seen", headers=told).json
    assert (seen["address"], seen["url"]) == ("192.0.2.1", "https://m.example/test/seen")
    seen = make_app(trusted_proxies=["10.0.0.1"]).test_client().get("/test/seen", headers=told).json
    assert (seen["address"], seen["url"]) == ("127.0.0.1", "http://localhost/test/seen")


def test_two_ways_to_say_whom_to_believe_are_one_too_many(make_app):
    with pytest.raises(BadConfig, match="Set trusted_proxies or proxy_hops, not both"):
        make_app(trusted_proxies=["127.0.0.1"], proxy_hops=1)


@pytest.mark.parametrize("path", ["/music/test/seen", "/test/seen"])
def test_below_a_path_of_the_public_url_links_carry_it_whether_the_proxy_cuts_it_off_or_not(make_app, path):
    seen = make_app(public_url=f"{PUBLIC}/music").test_client().get(path).json
    assert seen["link"] == "/music/static/x.css"
    assert seen["url"] == "http://localhost/music/test/seen"


ALLOWED = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": PUBLIC},
    {"Origin": "https://MUSIC.example.org:443"},
    {"Origin": "http://10.0.0.5:42069", "Host": "10.0.0.5:42069"},
    {"Origin": "https://10.0.0.5", "Host": "10.0.0.5"},  # TLS ended by a proxy nobody told us of
]
FOREIGN = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://music.example.org"},
    {"Origin": "https://music.example.org.evil.example"},
    {"Origin": "https://music.example.org:8443"},
    {"Origin": "https://[broken"},
    {"Referer": PUBLIC},
]


@pytest.mark.parametrize("headers", ALLOWED)
def test_our_own_pages_may_send_forms(make_app, headers):
    with make_app(public_url=PUBLIC).test_request_context("/", method="POST", headers=headers):
        check_origin()


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_other_site_may(make_app, headers):
    app = make_app(public_url=PUBLIC)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with app.test_request_context("/", method=method, headers=headers), pytest.raises(NotAllowed):
            check_origin()


def test_reading_needs_no_origin(make_app):
    with make_app().test_request_context("/", method="GET"):
        check_origin()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_with_a_cookie_the_api_takes_json_alone(make_app, content_type):
    headers = {"Sec-Fetch-Site": "same-origin"}
    app = make_app()
    with (
        app.test_request_context(
            "/api/v1/user", method="PATCH", data=b"{}", content_type=content_type, headers=headers
        ),
        pytest.raises(BadInput, match="application/json"),
    ):
        check_origin()
    with app.test_request_context("/api/v1/user", method="PATCH", json={}, headers=headers):
        check_origin()
    with app.test_request_context("/api/v1/user", method="DELETE", headers=headers):
        check_origin()


def test_pages_of_other_sites_may_call_an_ingress_and_nothing_else(client):
    asked = {"Origin": "https://player.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/api/v1/ingress/multiscrobbler", headers=asked)
    assert (preflight.status_code, preflight.data) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    refused = client.post("/api/v1/ingress/multiscrobbler", json={}, headers=asked)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "*")
    for answer in (preflight, refused):
        assert "Access-Control-Allow-Credentials" not in answer.headers
    for path in ("/api/v1/user", "/api/v1/login", "/"):
        assert "Access-Control-Allow-Origin" not in client.options(path, headers=asked).headers
