"""To Spotify and back, over HTTP: who may, once, in time, in their own browser; whatever else comes is a sentence."""

from __future__ import annotations

import base64
import hashlib
import threading
from http.client import HTTPConnection
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from goscrobble_spotify import connect as way

from goscrobble.errors import BadInput
from goscrobble.services import polling, sources
from goscrobble.services import settings as runtime_settings
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import PASSWORD, make_account
from tests.pages.conftest import Browser
from tests.plugins.spotify.payloads import track
from tests.plugins.spotify.stand_in import CLIENT_ID, RECENT, TOKEN, Trouble


def begin(browser, address="/settings/sources/spotify"):
    """Press Connect; returns where the page leads."""
    return browser.post(address).one("a", rel="noreferrer").attributes["href"]


def agree(address):
    """Go to Spotify; returns where it leads back to."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    assert answer.status == 302, answer.read()
    connection.close()
    return answer.headers["Location"]


def come_back(browser, location):
    """Follow where Spotify leads, and then our own redirect."""
    parts = urlsplit(location)
    first = browser.get(f"{parts.path}?{parts.query}")
    assert first.status == 302
    parts = urlsplit(first.location)
    assert parts.path == "/link/spotify"
    return browser.get(f"{parts.path}?{parts.query}")


def said(page):
    """The sentence of an error page."""
    return " ".join(page.one("p", class_="lead").text.split()).removesuffix(".")


def query_of(address):
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


def with_query(location, **changes):
    """The same address with other parameters; None leaves one out."""
    parts = urlsplit(location)
    query = dict(parse_qsl(parts.query)) | changes
    return f"{parts.path}?{urlencode({key: value for key, value in query.items() if value is not None})}"


@pytest.fixture
def other_browser(app, core):
    """The browser of bob, signed in."""
    make_account(core, "bob")
    browser = Browser(app.test_client())
    browser.sign_in("bob")
    return browser


def test_a_listener_agrees_at_spotify_and_is_connected(browser, spotify, core, clock, again, plays):
    spotify.person.played(track(), clock.at - 500)
    address = begin(browser)
    assert "Needs you" in browser.get(f"/settings/connections/{again().uuid}").text
    page = come_back(browser, agree(address))
    assert (page.status, page.location) == (302, f"{sources.page_url(core, again())}?done=connected")
    assert [one.path for one in spotify.asked] == ["/authorize", TOKEN], "nothing else is asked before the first poll"
    assert polling.run_due(core) == 1
    assert [title for title, _ in plays()] == ["Vitamin C"]
    shown = browser.get(f"/settings/connections/{again().uuid}").text
    assert "Connected" in shown
    assert "Needs you" not in shown


def test_what_spotify_is_asked_for_is_as_little_as_possible_and_proves_that_it_was_us(browser, spotify, core):
    asked = query_of(begin(browser))
    assert asked | {"state": "", "code_challenge": ""} == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{core.settings.public_url}/api/v1/link/spotify",
        "scope": "user-read-recently-played user-read-currently-playing",
        "state": "",
        "code_challenge_method": "S256",
        "code_challenge": "",
    }
    assert len(base64.urlsafe_b64decode(asked["state"] + "=")) == 32
    assert len(base64.urlsafe_b64decode(asked["code_challenge"] + "=")) == 32


def test_the_code_is_only_good_with_what_was_kept_here(browser, spotify, again):
    location = agree(begin(browser))
    come_back(browser, location)
    (asked,) = spotify.asked_for(TOKEN)
    digest = hashlib.sha256(asked.form["code_verifier"].encode()).digest()
    assert 43 <= len(asked.form["code_verifier"]) <= 128
    sent = query_of(f"?{urlencode(dict(spotify.asked_for('/authorize')[0].query))}")
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]


def test_two_begun_at_once_have_states_of_their_own(browser):
    one, two = query_of(begin(browser)), query_of(begin(browser))
    assert one["state"] != two["state"]
    assert one["code_challenge"] != two["code_challenge"]


def test_a_code_for_another_verifier_connects_nothing(browser, spotify, again):
    """A stolen code, brought back with a state of one's own."""
    stolen = query_of(agree(begin(browser)))["code"]
    mine = agree(begin(browser))
    page = come_back(browser, with_query(mine, code=stolen))
    assert (page.status, said(page)) == (400, f"{way.FAILED}")


def test_a_way_back_is_good_once(browser, spotify, again):
    location = agree(begin(browser))
    assert come_back(browser, location).status == 302
    page = come_back(browser, location)
    assert (page.status, said(page)) == (400, way.UNKNOWN)
    assert len(spotify.asked_for(TOKEN)) == 1


def test_of_two_who_bring_the_same_state_at_once_one_has_it(browser, spotify, core, ada, again):
    state = query_of(agree(begin(browser)))["state"]
    barrier, outcomes = threading.Barrier(4), []

    def take():
        account = Connected(core, again(), "ada")
        barrier.wait()
        try:
            way._take(account, state)
            outcomes.append("taken")
        except BadInput:
            outcomes.append("refused")

    threads = [threading.Thread(target=take) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "taken"]


def test_another_persons_way_back_connects_nothing(browser, other_browser, spotify, again):
    location = agree(begin(browser))
    page = come_back(other_browser, location)
    assert (page.status, said(page)) == (400, way.UNKNOWN)
    assert again().is_refused
    assert spotify.asked_for(TOKEN) == []
    assert come_back(browser, location).status == 302, "its owner can still use it"


def test_a_victim_who_is_led_to_agree_connects_nothing_for_another(browser, other_browser, spotify, core):
    """Bob sends ada his link: she agrees at Spotify, and comes back to her own account here."""
    begin_of_bob = begin(other_browser)
    page = come_back(browser, agree(begin_of_bob))
    assert (page.status, said(page)) == (400, way.UNKNOWN)


def test_the_same_person_in_another_browser_must_begin_there(browser, app, spotify, again):
    location = agree(begin(browser))
    second = Browser(app.test_client())
    second.sign_in("ada")
    page = come_back(second, location)
    assert (page.status, said(page)) == (400, way.ELSEWHERE)
    assert spotify.asked_for(TOKEN) == []
    assert come_back(browser, location).status == 400, "it was good once"


def test_who_is_not_signed_in_is_told_to(browser, app, spotify, again):
    location = agree(begin(browser))
    page = come_back(Browser(app.test_client()), location)
    assert (page.status, said(page)) == (400, way.SIGN_IN)
    assert come_back(browser, location).status == 302


@pytest.mark.parametrize(("seconds", "status"), [(599, 302), (600, 400)])
def test_a_way_back_is_good_for_ten_minutes(browser, clock, spotify, seconds, status):
    location = agree(begin(browser))
    clock.advance(seconds)
    page = come_back(browser, location)
    assert page.status == status
    assert status == 302 or said(page) == way.LATE


def test_who_does_not_agree_is_not_connected_and_may_try_again(browser, spotify, core, again):
    spotify.person.agrees = False
    page = come_back(browser, agree(begin(browser)))
    assert (page.status, said(page)) == (400, way.DENIED)
    assert polling.run_due(core) == 0
    spotify.person.agrees = True
    address = f"/settings/connections/{again().uuid}/reconnect"
    assert come_back(browser, agree(begin(browser, address))).status == 302
    assert polling.run_due(core) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"state": None},
        {"state": ""},
        {"state": "x" * 43},
        {"state": "ä\0"},
        {"state": "null"},
        {"code": None},
        {"code": ""},
        {"code": "unknown"},
        {"code": "\0"},
        {"error": "server_error"},
    ],
)
def test_whatever_else_comes_back_is_refused_with_a_sentence(browser, spotify, again, changes):
    location = agree(begin(browser))
    page = come_back(browser, with_query(location, **changes))
    assert (page.status, said(page)) == (400, way.UNKNOWN if "state" in changes else way.FAILED)
    assert again().is_refused


@pytest.mark.parametrize("query", ["", "?", "?state=&code=", "?code=x&state=y&state=z", "?%ff=%ff", "?state=%ff"])
def test_an_empty_way_back_is_refused_with_a_sentence(browser, query):
    page = browser.get(f"/link/spotify{query}")
    assert (page.status, said(page)) == (400, way.UNKNOWN)
    assert browser.get(f"/api/v1/link/spotify{query}").status == 302


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (Trouble(500), "Spotify has trouble at the moment: try again from your settings in a while"),
        (
            Trouble(429, "Too many", {"Retry-After": "7"}),
            "The service asked us to wait: try again from your settings in a while",
        ),
        (Trouble(200, "{"), None),
        (Trouble(200, "[]"), None),
        (Trouble(200, '{"access_token": "a", "expires_in": 3600}'), None),
        (Trouble(200, '{"access_token": 7}'), None),
        (Trouble(400, '{"error": "invalid_grant"}'), way.FAILED),
        (Trouble(400, '{"error": {"message": "?"}}'), None),
        (Trouble(302, "", {"Location": "http://169.254.169.254/"}), None),
    ],
)
def test_a_spotify_in_trouble_is_a_sentence(browser, spotify, again, trouble, sentence):
    location = agree(begin(browser))
    spotify.fail(TOKEN, trouble)
    page = come_back(browser, location)
    assert page.status == 400
    assert said(page).endswith("from your settings" if sentence == way.FAILED else "in a while")
    assert sentence in {None, said(page)}
    assert again().is_refused


def test_credentials_of_the_server_that_spotify_does_not_know_are_the_administrators_business(browser, spotify, core):
    location = agree(begin(browser))
    runtime_settings.change(core, {"SPOTIFY_API_SECRET": "wrong"})
    assert "the administrator can help" in said(come_back(browser, location))


@pytest.mark.parametrize("missing", ["SPOTIFY_API_ID", "SPOTIFY_API_SECRET"])
def test_without_the_administrators_credentials_nothing_is_begun(browser, core, ada, missing):
    runtime_settings.change(core, {missing: ""})
    page = browser.post("/settings/sources/spotify")
    assert (page.status, page.problem) == (
        400,
        "The administrator has not set SPOTIFY_API_ID and SPOTIFY_API_SECRET yet",
    )
    assert sources.list_all(core, ada) == []


def test_a_program_may_begin_and_the_owners_browser_finish(browser, client, core, ada, spotify, again):
    token = client.post("/api/v1/login", json={"username": "ada", "password": PASSWORD}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    made = client.post("/api/v1/user/sources/spotify", json={}, headers=headers)
    assert made.status_code == 200, made.text
    assert come_back(browser, agree(made.json["redirect"])).status == 302
    assert polling.run_due(core) == 1


def test_renewing_goes_on_with_the_old_consent_until_the_new_one_is_there(browser, spotify, core, clock, again):
    come_back(browser, agree(begin(browser)))
    polling.run_due(core)
    clock.at = again().poll_at
    address = f"/settings/connections/{again().uuid}/reconnect"
    location = agree(begin(browser, address))
    assert polling.run_due(core) == 1
    old = spotify.asked_for(RECENT)[-1].headers["authorization"]
    assert come_back(browser, location).status == 302
    polling.run_due(core)
    assert spotify.asked_for(RECENT)[-1].headers["authorization"] != old
    assert again().problem is None


def test_the_client_id_is_told_and_the_secret_is_not(client):
    answer = client.get("/api/v1/user/spotify")
    assert (answer.status_code, answer.json) == (200, {"id": CLIENT_ID})


def test_the_old_page_leads_to_the_settings(client, core):
    answer = client.get("/user/spotify")
    assert (answer.status_code, answer.location) == (302, f"{core.settings.public_url}/settings#sources")


def test_switched_off_there_is_no_way_back(browser, core, clock):
    runtime_settings.change(core, {"SPOTIFY_ENABLED": False})
    clock.advance(3)
    for path in ("/link/spotify", "/api/v1/link/spotify", "/user/spotify", "/api/v1/user/spotify"):
        assert browser.get(path).status == 404


def test_what_is_kept_of_it_is_encrypted(browser, spotify, core):
    address = begin(browser)
    come_back(browser, agree(address))
    with core.database.read() as connection:
        stored = " ".join(connection.exec_driver_sql("SELECT value FROM source_value").scalars())
    assert query_of(address)["state"] not in stored
    assert [one for one in spotify.secrets if one in stored] == []


def test_no_credential_is_logged_or_told(browser, spotify, core, clock, again, capfd, caplog):
    with caplog.at_level("DEBUG"):
        address = begin(browser)
        location = agree(address)
        come_back(browser, location)
        come_back(browser, location)
        for trouble in (Trouble(500), Trouble(401, "{}"), Trouble(200, "{")):
            spotify.fail(RECENT, trouble)
            clock.advance(4000)
            polling.run_due(core)
    written = caplog.text + "".join(capfd.readouterr())
    written += " ".join(event.reason + event.what for event in sources.events(core, again())) + (again().problem or "")
    written += browser.get(f"/settings/connections/{again().uuid}").html
    secrets = [*spotify.secrets, query_of(address)["state"], "s3cr3t"]
    secrets += [one.headers.get("authorization", "nothing") for one in spotify.asked]
    assert len(spotify.secrets) >= 4
    assert [one for one in secrets if one in written] == []
