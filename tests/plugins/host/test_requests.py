"""What a stranger's routes need not see to: whose form it is, what the body is, and that an answer comes."""

import pytest

from goscrobble.services import failures, sessions
from goscrobble.testing import make_account
from goscrobble.web.sessions import COOKIE
from tests.plugins.host.strangers import GOOD, core_of, key_for

PAGES = """
    import sys
    from flask import Blueprint
    from goscrobble.plugins import Routes, hookimpl

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint(__name__, __name__)

        @blueprint.route("/form", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        def form():
            return {"visitor": None if toolkit.visitor() is None else toolkit.visitor().username}

        @blueprint.get("/exit")
        def leave():
            sys.exit("out of tapes")

        @blueprint.get("/interrupt")
        def interrupt():
            raise KeyboardInterrupt

        return [Routes(blueprint, at="/rooms")]
"""


@pytest.fixture
def browser(serve, found):
    """A browser in which ada is signed in, and the server."""
    app = serve(found(("rooms", PAGES)))
    core = core_of(app)
    client = app.test_client()
    client.set_cookie(COOKIE, sessions.open_web(core, make_account(core, "ada")))
    return client


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}],
)
def test_a_form_of_another_site_does_not_reach_a_plugin_with_somebodys_cookie(browser, method, headers):
    assert browser.open("/rooms/form", method=method, headers=headers).status_code == 403


def test_a_form_of_our_own_site_reaches_the_plugin_and_so_does_a_link_of_another(browser):
    own, foreign = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/rooms/form", headers=own).json == {"visitor": "ada"}
    assert browser.get("/rooms/form", headers=foreign).json == {"visitor": "ada"}


def test_a_program_without_a_cookie_needs_no_origin(browser):
    browser.delete_cookie(COOKIE)
    assert browser.post("/rooms/form").json == {"visitor": None}


@pytest.mark.parametrize(("path", "told"), [("exit", "SystemExit: out of tapes"), ("interrupt", "KeyboardInterrupt: ")])
def test_a_route_that_would_end_the_process_is_an_error_that_the_administrator_reads(browser, path, told):
    assert browser.get(f"/rooms/{path}").status_code == 500
    assert browser.get("/rooms/form").status_code == 200
    [failure] = failures.list_all(core_of(browser.application))
    assert (failure.plugin, failure.hook) == ("rooms", "routes")
    assert told in failure.error


def test_a_hook_that_interrupts_the_process_fails_alone(serve, found):
    raising = """
        from goscrobble.plugins import hookimpl

        @hookimpl
        def prepare_draft(draft):
            raise KeyboardInterrupt
    """
    app = serve(found(("good", GOOD), ("raising", raising)))
    core = core_of(app)
    answer = app.test_client().post(f"/api/v1/ingress/good?key={key_for(core)}", json={"title": "T"})
    assert answer.status_code == 200
    assert [(one.plugin, one.hook) for one in failures.list_all(core)] == [("raising", "prepare_draft")]


def test_a_multipart_body_is_read_as_the_form_it_is(serve, found):
    app = serve(found(("good", GOOD)))
    url = f"/api/v1/ingress/good?key={key_for(core_of(app))}"
    answer = app.test_client().post(url, data={"title": "T = 1"}, content_type="multipart/form-data")
    assert answer.json == {"message": "hello", "outcome": "Stored"}


def test_the_key_of_a_multipart_form_is_the_credential(serve, found):
    app = serve(found(("good", GOOD)))
    body = {"title": "T", "key": key_for(core_of(app))}
    answer = app.test_client().post("/api/v1/ingress/good", data=body, content_type="multipart/form-data")
    assert answer.status_code == 200


@pytest.mark.parametrize("plugin", ["jellyfin", "multiscrobbler"])
@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_multipart_body_that_cannot_be_read_is_refused(client, core, plugin, kind):
    url = f"/api/v1/ingress/{plugin}?key={key_for(core)}"
    answer = client.post(url, data=b"--y\r\nContent-Disposition: form-data; name=a\r\n\r\nb=c", content_type=kind)
    assert (answer.status_code, answer.json) == (400, {"error": "The multipart form holds no field that can be read"})
