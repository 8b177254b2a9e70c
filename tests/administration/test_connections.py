"""Everybody's connections, as administrators see them: how they are, and nothing that is set or was played."""

import pytest

from goscrobble.services import connecting
from goscrobble.storage import sources as stored
from tests.pages.conftest import Browser

SECRET = "hunter2-of-bob"


@pytest.fixture
def connections(core, ada, bob):
    """Bob has two connections, one of which has trouble."""
    kitchen = connecting.connect(core, bob, "jellyfin", name="Kitchen", settings={"users": [SECRET]}).row
    script = connecting.connect(core, bob, "multiscrobbler", name="Script").row
    core.database.write(lambda c: stored.change(c, script.id, problem="The service is closed"))
    return kitchen, script


def test_they_are_listed_with_their_owners_and_states(call, connections):
    answer = call("GET", "/admin/sources").json
    assert [(one["username"], one["name"], one["state"], one["problem"]) for one in answer["sources"]] == [
        ("bob", "Kitchen", "waiting", None),
        ("bob", "Script", "failing", "The service is closed"),
    ]
    assert answer["next"] is None
    assert SECRET not in call("GET", "/admin/sources").text


def test_those_with_trouble_can_be_asked_for(call, connections):
    found = call("GET", "/admin/sources?troubled=true").json["sources"]
    assert [one["name"] for one in found] == ["Script"]


def test_they_are_listed_in_pages(call, connections):
    first = call("GET", "/admin/sources?limit=1").json
    second = call("GET", f"/admin/sources?limit=1&cursor={first['next']}").json
    assert [one["name"] for page in (first, second) for one in page["sources"]] == ["Kitchen", "Script"]
    assert second["next"] is None
    assert call("GET", "/admin/sources?cursor=x").json == {"error": "cursor is not one this server gave"}


def test_only_administrators_see_them(call, bob, connections):
    assert [call("GET", "/admin/sources", by=who).status_code for who in (None, bob)] == [401, 403]


def test_the_page_shows_them_without_what_is_set(client, core, ada, connections):
    browser = Browser(client)
    browser.sign_in("ada")
    page = browser.get("/admin/connections")
    assert "Kitchen" in page.text
    assert "Has trouble, and tries again" in page.text
    assert "The service is closed" in page.text
    assert SECRET not in page.html
    troubled = browser.get("/admin/connections?show=trouble")
    assert "Kitchen" not in troubled.text
    assert "Script" in troubled.text
    core.database.write(lambda c: stored.change(c, connections[1].id, problem=None))
    assert "No connection has trouble." in browser.get("/admin/connections?show=trouble").text
