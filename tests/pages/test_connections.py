from __future__ import annotations

import sys
import textwrap
from importlib.metadata import EntryPoint

import pytest

from goscrobble.app import create_app
from goscrobble.plugins.host import GROUP
from goscrobble.services import accounts, connecting, history, polling, sources, tokens
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import make_account
from tests.pages.conftest import Browser
from tests.plugins.jellyfin.payloads import play


@pytest.fixture
def connected(core, ada):
    return connecting.connect(core, ada, "jellyfin", name="Living room")


@pytest.fixture
def address(connected):
    return f"/settings/connections/{connected.row.uuid}"


@pytest.fixture
def send(client, connected):
    return lambda **changes: client.post(f"/api/v1/ingress/jellyfin?key={connected.secret}", json=play(**changes))


def test_a_connection_tells_what_happened_and_why(signed_in, address, send, clock):
    assert "Nothing yet." in signed_in.get(address).text
    assert send().status_code == 200
    assert send(Artist=None).status_code == 400
    page = signed_in.get(address)
    shown = [" ".join(one.text.split()) for one in page.all("p", class_="outcome")]
    assert shown == ["Refused", "Counted"]
    assert "Artist is missing." in page.text
    assert "Can – Halleluhwah" in page.text
    assert "Last heard from: just now." in page.text


def test_the_settings_page_leads_to_it(signed_in, connected, address):
    link = signed_in.get("/settings").one("a", href=address)
    assert link.text == "Living room"


def test_somebody_elses_connection_does_not_exist(browser, core, connected, address):
    make_account(core, "bob")
    browser.sign_in("bob")
    assert browser.get(address).status == 404
    for what in ("pause", "resume", "poll", "disconnect", "answer", "name", "settings"):
        assert browser.post(f"{address}/{what}", name="x", choice="x").status == 404
    assert [row.name for row in sources.list_all(core, accounts.named(core, "ada"))] == ["Living room"]


def test_who_is_not_signed_in_is_sent_to_sign_in(browser, address):
    page = browser.get(address)
    assert (page.status, page.location) == (303, f"/login?next={address}")


def test_a_family_is_asked_and_answers(signed_in, core, ada, address, send, clock):
    send(NotificationUsername="Ada")
    clock.advance(5000)
    send(NotificationUsername="Bob", Name="Bob's", Album="Other")
    for where in (address, "/settings", "/u/ada"):
        page = signed_in.get(where)
        assert [one.attributes["value"] for one in page.all("input", name="choice")] == ["Ada", "Bob"], where
    refused = signed_in.post(f"{address}/answer")
    assert (refused.status, refused.problem) == (400, "Choose at least one")
    answered = signed_in.post(f"{address}/answer", choice=["Bob", "Eve"])
    assert (answered.status, answered.location) == (303, f"{address}?done=answered#top")
    assert signed_in.get(address).all("input", name="choice") == []
    assert sources.settings_of(core, sources.find(core, ada, address.rpartition("/")[2])).users == ("Bob",)
    assert [play.track.name for play in history.recent(core, ada)[0]] == ["Bob's", "Halleluhwah"]


def test_its_settings_are_a_form(signed_in, core, ada, address, connected):
    page = signed_in.get(address)
    assert page.one("textarea", name="set-users").text.strip() == ""
    saved = signed_in.post(f"{address}/settings", **{"set-users": "Ada\n Bob \n\n"})
    assert (saved.status, saved.location) == (303, f"{address}?done=settings#settings")
    assert signed_in.get(address).one("textarea", name="set-users").text.split() == ["Ada", "Bob"]


def test_a_paused_connection_takes_nothing_and_goes_on_when_resumed(signed_in, address, send):
    assert signed_in.post(f"{address}/pause").status == 303
    refused = send()
    assert (refused.status_code, refused.json) == (
        403,
        {"error": "This connection is paused; its owner can resume it in the settings"},
    )
    page = signed_in.get(address)
    assert "Paused" in page.text
    assert "This connection is paused; its owner can resume it in the settings." in page.text
    signed_in.post(f"{address}/resume")
    assert send().status_code == 200


def test_it_is_renamed(signed_in, address):
    refused = signed_in.post(f"{address}/name", name=" ")
    assert (refused.status, refused.problem) == (400, "A connection's name has 1 to 100 characters that can be printed")
    assert signed_in.post(f"{address}/name", name="Kitchen").status == 303
    assert signed_in.get(address).one("h1").text == "Kitchen"


def test_disconnecting_revokes_its_key_and_leaves_the_plays(signed_in, core, ada, address, send):
    send()
    gone = signed_in.post(f"{address}/disconnect")
    assert (gone.status, gone.location) == (303, "/settings?done=disconnected#sources")
    assert signed_in.get(address).status == 404
    assert send().status_code == 401
    assert tokens.list_api_tokens(core, ada) == []
    assert [play.track.name for play in history.recent(core, ada)[0]] == ["Halleluhwah"]


def test_a_connection_whose_plugin_is_switched_off_is_listed_apart(signed_in, core, connected, address):
    runtime_settings.change(core, {"JELLYFIN_ENABLED": False})
    page = signed_in.get("/settings")
    assert "Not available now" in page.text
    assert page.one("a", href=address).text == "Living room"
    assert "Switched off by the administrator" in signed_in.get(address).text


HOSTILE = "<script>alert(1)</script>"


def test_what_players_write_stays_text(signed_in, address, send):
    send(Name=HOSTILE, Artist=HOSTILE, NotificationUsername=HOSTILE)
    page = signed_in.get(address)
    assert HOSTILE in page.text
    assert "<script>alert" not in page.html


POLLED = """
    from goscrobble.plugins import Polled, Poller, RetryLater, Source, SourceSettings, hookimpl
    from pydantic import Field, SecretStr

    class Connection(SourceSettings):
        url: str = Field(title="Address", description="Where it is.")
        password: SecretStr = Field(description="Its password.")

    @hookimpl
    def register_sources():
        return [Source("Shelf", "A shelf of tapes.", settings=Connection)]

    @hookimpl
    def register_pollers():
        return [Poller(poll)]

    def poll(account):
        raise RetryLater(f"{account.settings.url} is closed")
"""


@pytest.fixture
def shelf(settings, clock, tmp_path, monkeypatch):
    """A browser of ada's at a server with a source that is polled."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "plugin_shelf_under_test.py").write_text(textwrap.dedent(POLLED))
    app = create_app(settings, clock=clock, found_plugins=[EntryPoint("shelf", "plugin_shelf_under_test", GROUP)])
    core = app.extensions["goscrobble"]
    make_account(core, "ada")
    browser = Browser(app.test_client())
    browser.sign_in()
    yield browser, core
    core.database.close()
    sys.modules.pop("plugin_shelf_under_test", None)


def test_a_source_that_is_polled_is_connected_by_a_form(shelf):
    browser, core = shelf
    page = browser.get("/settings")
    assert page.one("input", name="set-password").attributes["type"] == "password"
    refused = browser.post("/settings/sources/shelf", **{"set-url": "http://tapes.example"})
    assert refused.status == 400
    assert refused.problem == "password is missing"
    assert refused.one("input", name="set-url").attributes["value"] == "http://tapes.example"
    made = browser.post("/settings/sources/shelf", **{"set-url": "http://tapes.example", "set-password": "hunter2"})
    assert made.status == 303
    address = made.location.partition("?")[0]
    polling.run_due(core)
    page = browser.get(address)
    assert "Has trouble, and tries again" in page.text
    assert "http://tapes.example is closed." in page.text
    assert "hunter2" not in page.html
    assert browser.post(f"{address}/poll").status == 303
    assert polling.run_due(core) == 1
    saved = browser.post(f"{address}/settings", **{"set-url": "http://other.example", "set-password": ""})
    assert saved.status == 303
    (row,) = sources.list_all(core, accounts.named(core, "ada"))
    assert sources.settings_of(core, row).password.get_secret_value() == "hunter2", "an empty field keeps it"
