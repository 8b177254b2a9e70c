import pytest
from sqlalchemy import text

from goscrobble.app import create_app
from goscrobble.services import accounts, resets, sessions
from goscrobble.testing import PASSWORD, make_settings
from goscrobble.web import sessions as cookies
from tests.accounts.conftest import SAME_ORIGIN

DAY = 86_400


@pytest.fixture
def browser(core, client, bob):
    """A client that bob is signed in with."""
    client.set_cookie(cookies.COOKIE, sessions.open_web(core, bob))
    return client


def is_signed_in(browser):
    return browser.get("/api/v1/user").status_code == 200


def issue(app, account, cookie=None):
    """Return the Set-Cookie header of a sign-in."""
    headers = {"Cookie": f"{cookies.COOKIE}={cookie}"} if cookie else {}
    with app.test_request_context("/login", method="POST", headers=headers):
        response = app.response_class()
        cookies.open(response, account)
    return response.headers["Set-Cookie"]


def test_a_session_lets_its_owner_in(browser):
    assert browser.get("/api/v1/user").json["username"] == "bob"


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app, bob):
    header = issue(app, bob)
    parts = {part.partition("=")[0] for part in header.split("; ")}
    assert {"goscrobble_session", "HttpOnly", "SameSite", "Path", "Max-Age", "Expires"} == parts
    assert "SameSite=Lax" in header
    assert f"Max-Age={30 * DAY}" in header


def test_the_cookie_is_secure_where_the_site_is(instance_path, database_url, clock, bob):
    settings = make_settings(instance_path, database_url=database_url, public_url="https://music.example.org")
    app = create_app(settings, clock=clock)
    assert "Secure" in issue(app, bob).split("; ")
    app.extensions["goscrobble"].database.close()


def test_signing_in_gives_a_new_name_and_ends_the_session_of_before(app, core, bob):
    old = sessions.open_web(core, bob)
    new = issue(app, bob, cookie=old).partition(";")[0].partition("=")[2]
    assert old != new
    assert (None, bob) == (sessions.find_web(core, old), sessions.find_web(core, new)[0])


def test_signing_out_ends_the_session_and_takes_the_cookie(app, core, bob):
    secret = sessions.open_web(core, bob)
    with app.test_request_context("/logout", method="POST", headers={"Cookie": f"{cookies.COOKIE}={secret}"}):
        response = app.response_class()
        cookies.close(response)
        assert cookies.current() is None
    assert "Max-Age=0" in response.headers["Set-Cookie"]
    assert sessions.find_web(core, secret) is None


def test_only_a_digest_is_stored(core, bob):
    secret = sessions.open_web(core, bob)
    with core.database.read() as connection:
        assert secret not in repr(connection.execute(text("SELECT * FROM web_session")).fetchall())


def test_a_session_ends_after_thirty_days_without_a_visit(browser, clock):
    clock.advance(30 * DAY)
    assert is_signed_in(browser) is False


def test_a_session_that_is_visited_goes_on_and_its_cookie_with_it(browser, clock):
    for _ in range(3):
        clock.advance(20 * DAY)
        answer = browser.get("/api/v1/user")
        assert answer.status_code == 200
        assert f"Max-Age={30 * DAY}" in answer.headers["Set-Cookie"]


def test_a_session_is_not_written_with_every_visit(browser, clock):
    clock.advance(3599)
    assert "Set-Cookie" not in browser.get("/api/v1/user").headers
    clock.advance(1)
    assert "Set-Cookie" in browser.get("/api/v1/user").headers


@pytest.mark.parametrize("secret", ["x", "", "a" * 4000, "ü"])
def test_a_cookie_that_we_never_made_is_nobodys(client, secret):
    client.set_cookie(cookies.COOKIE, secret)
    assert client.get("/api/v1/user").status_code == 401


def disable(core, account):
    accounts.set_disabled(core, account, True)


def change_password(core, account):
    accounts.set_password(core, account, "a brand new password")


@pytest.mark.parametrize("event", [disable, change_password, accounts.sign_out_everywhere, accounts.delete])
def test_what_signs_out_ends_the_session_at_once(core, browser, bob, event):
    assert is_signed_in(browser) is True
    event(core, bob)
    assert is_signed_in(browser) is False


def test_a_header_goes_before_a_cookie(browser, ada, login):
    answer = browser.get("/api/v1/user", headers={"Authorization": f"Bearer {login('ada')}"})
    assert answer.json["username"] == "ada"


def test_a_wrong_header_is_not_saved_by_a_cookie(browser):
    assert browser.get("/api/v1/user", headers={"Authorization": "Bearer x"}).status_code == 401


def test_another_site_can_change_nothing_with_the_cookie(browser):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        answer = browser.patch("/api/v1/user", json={"privacy": "private"}, headers=headers)
        assert (answer.status_code, list(answer.json)) == (403, ["error"])
    assert browser.get("/api/v1/user").json["privacy"] == "public"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_with_a_cookie_only_json_is_read(browser, kind):
    answer = browser.patch("/api/v1/user", data='{"privacy":"private"}', content_type=kind, headers=SAME_ORIGIN)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


def test_a_token_in_the_header_needs_neither(call, bob, login):
    answer = call("PATCH", "/user", token=login("bob"), data='{"privacy":"private"}', content_type="text/plain")
    assert (answer.status_code, answer.json["privacy"]) == (200, "private")


def test_ones_own_page_changes_the_password_and_stays_signed_in_alone(core, browser, bob):
    elsewhere = sessions.open_web(core, bob)
    body = {"password": "a brand new password", "current_password": PASSWORD}
    assert browser.patch("/api/v1/user", json=body, headers=SAME_ORIGIN).status_code == 200
    assert is_signed_in(browser) is True
    assert sessions.find_web(core, elsewhere) is None


def test_a_reset_link_that_was_mailed_before_signing_out_everywhere_is_dead_too(core, bob):
    resets.send(core, "bob@example.org")
    accounts.sign_out_everywhere(core, bob)
    with core.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM reset_token")).scalar() == 0
