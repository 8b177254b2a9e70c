"""One handler: the right status and one sentence, never a trace."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import abort

from goscrobble import errors
from goscrobble.logs import configure

SECRET = "the database password is swordfish"


@pytest.fixture
def app(app):
    @app.get("/api/v1/test/<kind>")
    @app.get("/test/<kind>")
    def fail(kind):
        if kind.isdigit():
            abort(int(kind))
        if kind == "bug":
            raise ZeroDivisionError(SECRET)
        if kind == "limited":
            raise errors.TooManyRequests("Wait", retry_after=7)
        raise getattr(errors, kind)("A sentence")

    return app


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("BadInput", 400),
        ("NotAuthenticated", 401),
        ("NotAllowed", 403),
        ("NotFound", 404),
        ("Conflict", 409),
        ("Unavailable", 503),
    ],
)
def test_each_of_our_errors_has_its_status_for_programs_and_people(client, kind, status):
    program, person = client.get(f"/api/v1/test/{kind}"), client.get(f"/test/{kind}")
    assert (program.status_code, program.json) == (status, {"error": "A sentence"})
    assert program.content_type == "application/json; charset=utf-8"
    assert (person.status_code, person.mimetype, "A sentence" in person.text) == (status, "text/html", True)


def test_when_to_try_again_is_said_where_it_is_known(client):
    assert client.get("/api/v1/test/limited").headers["Retry-After"] == "7"
    assert client.get("/api/v1/test/Unavailable").headers["Retry-After"] == "5"
    assert "Retry-After" not in client.get("/api/v1/test/BadInput").headers


@pytest.mark.parametrize("status", [400, 403, 404, 405, 408, 409, 410, 413, 414, 415, 416, 429, 431, 501, 503])
def test_errors_of_http_are_json_below_the_api(client, status):
    answer = client.get(f"/api/v1/test/{status}")
    assert (answer.status_code, list(answer.json)) == (status, ["error"])
    assert "<" not in answer.json["error"]


def test_an_unknown_address_and_a_wrong_method_are_told_apart(client):
    assert client.get("/api/v1/nothing").json == {"error": "There is nothing at this address"}
    wrong = client.delete("/api/v1/serverinfo")
    assert (wrong.status_code, wrong.json) == (405, {"error": "This address does not take DELETE requests"})
    assert wrong.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_missing_credential_says_what_kind_is_wanted(client):
    assert client.get("/api/v1/test/NotAuthenticated").headers["WWW-Authenticate"].startswith("Bearer")
    assert "WWW-Authenticate" not in client.get("/test/NotAuthenticated").headers


def test_a_bug_is_logged_with_its_trace_and_shown_as_an_id_alone(client, settings, capfd):
    configure(settings)
    program, person = client.get("/api/v1/test/bug"), client.get("/test/bug")
    logged = capfd.readouterr().err
    assert (program.status_code, person.status_code) == (500, 500)
    request_id = program.headers["X-Request-ID"]
    assert program.json == {"error": "Something went wrong on our side", "request_id": request_id}
    assert person.headers["X-Request-ID"] in person.text
    assert SECRET not in program.text + person.text
    assert "Traceback" not in program.text + person.text
    assert (request_id in logged, "ZeroDivisionError" in logged) == (True, True)


def test_a_request_id_is_kept_if_it_is_well_formed(client):
    def known(told):
        return client.get("/health/live", headers={"X-Request-ID": told}).headers["X-Request-ID"]

    assert known("4bf92f3577b34da6-a3ce") == "4bf92f3577b34da6-a3ce"
    for odd in ("short", "x" * 65, "a b c d e f g h", "<script>alert(1)</script>"):
        assert known(odd) != odd
    assert client.get("/health/live").headers["X-Request-ID"] != client.get("/health/live").headers["X-Request-ID"]


def test_errors_of_health_and_metrics_are_json(client):
    for path in ("/health/nothing", "/metrics"):
        answer = client.get(path)
        assert (answer.status_code, list(answer.json)) == (404, ["error"])
