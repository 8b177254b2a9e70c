"""Signing in at a Subsonic server, and what is said when that does not work."""

from __future__ import annotations

import hashlib
import json

import pytest
from goscrobble_navidrome.client import tidy_url

from goscrobble.errors import BadInput, Unavailable
from goscrobble.services import connecting, polling, sources
from goscrobble.services.source_accounts import Connected
from goscrobble.storage import sources as stored
from tests.plugins.navidrome.conftest import PASSWORD
from tests.plugins.navidrome.stand_in import send, song

UNREACHABLE = "The server at this address cannot be reached, or its answer cannot be used"


def kept(core, row):
    return json.loads(Connected(core, row).secret("credentials"))["use"]


def everything(core):
    """All that the database holds of connections, as text."""
    with core.database.read() as connection:
        rows = [
            tuple(row)
            for table in ("source_account", "source_value")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        ]
    return repr(rows)


def again(core, account, row):
    return sources.find(core, account, row.uuid)


# ---- signing in ----


def test_where_tokens_work_a_token_is_kept_and_no_password(core, ada, connect, service):
    row = connect()
    token = kept(core, row)
    assert token["t"] == hashlib.md5((PASSWORD + token["s"]).encode()).hexdigest()
    assert json.loads(row.settings) == {"url": service.url, "username": "ada"}
    assert PASSWORD not in everything(core)
    assert PASSWORD.encode().hex() not in everything(core)
    assert [set(parameters) for _, parameters in service.asked] == [{"u", "t", "s", "v", "c", "f"}]


@pytest.mark.parametrize("code", [10, 30, 41, 42])
def test_where_they_do_not_the_password_is_kept_encrypted(core, ada, connect, service, code):
    service.tokens, service.without_tokens = False, code
    row = connect()
    assert kept(core, row)["p"] == f"enc:{PASSWORD.encode().hex()}"
    assert json.loads(row.settings) == {"url": service.url, "username": "ada"}
    assert PASSWORD not in everything(core)
    assert PASSWORD.encode().hex() not in everything(core)
    assert polling.run_due(core) == 1
    assert again(core, ada, row).problem is None


def test_each_connection_has_a_salt_of_its_own(core, connect):
    assert kept(core, connect())["s"] != kept(core, connect())["s"]


@pytest.mark.parametrize("tokens", [True, False])
def test_a_wrong_password_is_said_and_nothing_is_made(core, ada, connect, service, tokens):
    service.tokens = tokens
    with pytest.raises(BadInput, match=r"^Wrong user name or password$"):
        connect(password="wrong")
    assert sources.list_all(core, ada) == []


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"url": ""}, "The address of the server is missing"),
        ({"username": " "}, "The user name is missing"),
        (
            {"password": ""},
            "The password is needed: it is not kept, and what is kept belongs to another address or name",
        ),
    ],
)
def test_what_is_missing_is_said(connect, missing, sentence):
    with pytest.raises(BadInput) as raised:
        connect(**missing)
    assert str(raised.value) == sentence


def test_any_other_refusal_is_told_in_the_servers_words(connect, service):
    service.tokens, service.without_tokens = False, 60
    with pytest.raises(BadInput, match=r"^The server refuses: Something$"):
        connect()


# ---- addresses ----


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://music.example.org", "https://music.example.org"),
        (" https://music.example.org/ ", "https://music.example.org"),
        ("https://example.org/music/", "https://example.org/music"),
        ("https://example.org/music/rest", "https://example.org/music"),
        ("https://example.org/music/rest/ping.view?u=x", "https://example.org/music"),
        ("https://music.example.org/app/#/login", "https://music.example.org"),
        ("HTTP://192.168.1.2:4533//", "http://192.168.1.2:4533"),
        ("http://[::1]:4533", "http://[::1]:4533"),
        ("music.example.org", "https://music.example.org"),
        ("https://example.org/myapp", "https://example.org/myapp"),
        ("https://example.org/restful", "https://example.org/restful"),
        ("", ""),
    ],
)
def test_the_address_is_that_below_which_rest_is(typed, address):
    assert tidy_url(typed) == address
    assert tidy_url(address) == address


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("ftp://example.org", "url is not the address of a server"),
        ("file:///etc/passwd", "url is not the address of a server"),
        ("https://", "url is not the address of a server"),
        ("https://example.org:http", "url is not the address of a server"),
        ("https://[::1", "url is not the address of a server"),
        ("https://ada:secret@example.org", "url holds a user name or a password: give those in their own fields"),
    ],
)
def test_what_is_no_address_is_refused(connect, service, typed, sentence):
    with pytest.raises(BadInput) as raised:
        connect(url=typed)
    assert str(raised.value) == sentence
    assert service.asked == []


@pytest.mark.parametrize("ending", ["", "/", "/rest", "/app/#/album/all"])
def test_however_the_address_ends_it_connects(core, ada, connect, service, ending):
    assert json.loads(connect(url=service.url + ending).settings)["url"] == service.url


# ---- what is no Subsonic server ----

ANSWERS = {
    "html": (200, b"<!doctype html><title>Welcome</title>", "text/html"),
    "xml": (200, b'<subsonic-response status="ok" version="1.1.0"/>', "text/xml"),
    "other json": (200, b'{"status": "ok"}', "application/json"),
    "truncated": (200, b'{"subsonic-response": {"sta', "application/json"),
    "not found": (404, b"Not found", "text/plain"),
    "empty": (200, b"", "text/plain"),
    "deep": (200, b"[" * 100_000, "application/json"),
    "binary": (200, bytes(range(256)), "application/octet-stream"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_subsonic_server_is_said_to_be_none(connect, service, name):
    service.trouble = lambda handler: send(handler, *ANSWERS[name])
    with pytest.raises(BadInput, match=r"^This address answers, but not as a Subsonic server does"):
        connect()


@pytest.mark.parametrize("name", ANSWERS)
def test_one_that_is_none_any_more_is_asked_later(core, ada, connect, service, clock, name):
    row = connect()
    service.trouble = lambda handler: send(handler, *ANSWERS[name])
    polling.run_due(core)
    row = again(core, ada, row)
    gone = "There is no Subsonic server at this address any more"
    expected = gone if name == "not found" else "The server does not answer as a Subsonic server does"
    assert (row.problem, row.is_refused) == (expected, False)
    service.trouble = None
    clock.advance(6)
    polling.run_due(core)
    assert again(core, ada, row).problem is None


REFUSED_BEFORE = {
    401: "Something before the server asks for a password of its own; whoever runs it can help",
    403: "Something before the server does not let us through; whoever runs it can help",
    404: "There is no Subsonic server at this address any more",
    407: "Something before the server asks for a password of its own; whoever runs it can help",
    418: "The server does not answer as a Subsonic server does",
    429: "The service asked us to wait",  # says the core, whatever the service
    500: "The server has trouble at the moment",
    502: "The server has trouble at the moment",
    503: "The service asked us to wait",
}


@pytest.mark.parametrize("status", REFUSED_BEFORE)
def test_whatever_stands_before_the_server_nobody_has_to_sign_in_again(core, ada, connect, service, clock, status):
    row = connect()
    service.trouble = lambda handler: send(handler, status, b"<h1>No</h1>", "text/html")
    polling.run_due(core)
    row = again(core, ada, row)
    assert (row.problem, row.is_refused) == (REFUSED_BEFORE[status], False)
    service.trouble = None
    clock.advance(3600)
    polling.run_due(core)
    assert again(core, ada, row).problem is None


def _redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", "http://169.254.169.254/latest/meta-data/")
    handler.end_headers()


FAULTS = {
    "closes": lambda handler: handler.connection.close(),
    "redirects": _redirect,
    "answers garbage": lambda handler: handler.wfile.write(b"\x00" * 100),
    "is too large": lambda handler: send(handler, 200, b" " * 2_000_001),
    "fails": lambda handler: send(handler, 500, b"<h1>Internal Server Error</h1>", "text/html"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_server_that_cannot_be_used_is_said_so_in_one_sentence_and_nothing_is_made(core, ada, connect, service, name):
    service.trouble = FAULTS[name]
    with pytest.raises(Unavailable) as raised:
        connect()
    assert (str(raised.value), raised.value.status) == (UNREACHABLE, 503)
    assert sources.list_all(core, ada) == []


def test_an_address_in_a_closed_network_is_no_different(connect):
    with pytest.raises(Unavailable) as raised:
        connect(url="http://10.0.0.1:4533")
    assert str(raised.value) == UNREACHABLE


def test_no_credential_is_logged(core, ada, connect, service, clock, capfd, caplog):
    row = connect()
    token = kept(core, row)
    service.trouble = FAULTS["closes"]
    polling.run_due(core)
    clock.advance(10)
    service.trouble = FAULTS["redirects"]
    polling.run_due(core)
    written = "".join(capfd.readouterr()) + caplog.text
    assert not [secret for secret in (PASSWORD, token["t"], token["s"]) if secret in written]


# ---- later ----


@pytest.mark.parametrize("code", [10, 30, 40, 41, 42, 44])
def test_who_is_not_let_in_any_more_is_asked_to_sign_in_again(core, ada, connect, service, clock, code):
    problem = "The server does not accept this user name and password any more; sign in again"
    row = connect()
    service.failure = code
    polling.run_due(core)
    assert (again(core, ada, row).problem, again(core, ada, row).is_refused) == (problem, True)
    clock.advance(100_000)
    assert polling.run_due(core) == 0
    service.failure = None
    connecting.change(core, ada, row.uuid, settings={"password": PASSWORD})
    assert polling.run_due(core) == 1
    assert again(core, ada, row).problem is None


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        *((code, "The server refuses: Something") for code in (0, 20, 43, 70, 999)),
        (50, "The server does not allow this user to see what is playing; whoever runs it can"),
        (60, "The server's trial period is over; whoever runs it can help"),
    ],
)
def test_what_whoever_runs_the_server_must_see_to_is_tried_again(core, ada, connect, service, clock, code, problem):
    row = connect()
    service.failure = code
    polling.run_due(core)
    assert (again(core, ada, row).problem, again(core, ada, row).is_refused) == (problem, False)
    service.failure = None
    clock.advance(300)
    assert polling.run_due(core) == 1
    assert again(core, ada, row).problem is None


def test_changed_without_a_password_the_token_goes_on(core, ada, connect, service, library):
    row = connect()
    before = kept(core, row)
    connecting.change(core, ada, row.uuid, settings={"url": f"{service.url}/", "password": ""})
    assert kept(core, row) == before
    library.play(song())
    assert polling.run_due(core) == 1
    assert again(core, ada, row).problem is None


def test_changed_without_a_password_a_token_that_works_no_more_is_said_to(core, ada, connect, service):
    row = connect()
    service.passwords["ada"] = "changed"
    with pytest.raises(BadInput, match=r"^Wrong user name or password$"):
        connecting.change(core, ada, row.uuid, settings={"password": ""})


@pytest.mark.parametrize("changed", [{"username": "bob"}, {"url": "/other"}])
def test_another_address_or_name_needs_the_password_again(core, ada, connect, service, changed):
    row = connect()
    if "url" in changed:
        changed = {"url": service.url + changed["url"]}
    with pytest.raises(BadInput, match=r"^The password is needed"):
        connecting.change(core, ada, row.uuid, settings=changed)
    assert json.loads(again(core, ada, row).settings) == {"url": service.url, "username": "ada"}
    assert [path for path, _ in service.asked] == ["/music/rest/ping.view"], "nothing of the old one was sent elsewhere"


def test_a_server_that_learns_tokens_has_no_password_kept_any_more(core, ada, connect, service):
    service.tokens = False
    row = connect()
    service.tokens = True
    connecting.change(core, ada, row.uuid, settings={"password": PASSWORD})
    assert set(kept(core, row)) == {"t", "s", "v"}


def test_a_connection_whose_secret_is_lost_asks_to_sign_in_again(core, ada, connect):
    row = connect()
    core.database.write(lambda connection: stored.remove_values(connection, row.id, ["secret:credentials"]))
    polling.run_due(core)
    row = again(core, ada, row)
    assert (row.problem, row.is_refused) == ("Sign in again: the password is needed once more", True)
