from __future__ import annotations

import pytest

from goscrobble.services import accounts, settings
from goscrobble.testing import PASSWORD

ADA = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}


def test_an_account_is_made_and_signed_in(browser, core):
    page = browser.post("/register", **ADA, time_zone="Asia/Tokyo")
    assert (page.status, page.location) == (303, "/u/ada")
    account = accounts.find(core, "ada")
    assert (account.email, account.time_zone, account.is_admin) == ("ada@example.org", "Asia/Tokyo", True)
    assert browser.get("/settings").status == 200


def test_the_first_visitor_is_told_about_the_administrator(browser, core):
    assert "The first account becomes the administrator" in browser.get("/register").text
    accounts.register(core, **ADA)
    assert "administrator" not in browser.get("/register").text


@pytest.mark.parametrize("time_zone", ["", "Mars/Olympus", "../etc/passwd", "Etc"])
def test_a_browser_without_a_zone_we_know_gets_the_servers(browser, core, time_zone):
    settings.change(core, {"DEFAULT_TIMEZONE": "Europe/Oslo"})
    assert browser.post("/register", **ADA, time_zone=time_zone).status == 303
    assert accounts.find(core, "ada").time_zone == "Europe/Oslo"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"username": "not a name"}, 400, "A username has"),
        ({"username": ""}, 400, "A username has"),
        ({"email": "nowhere"}, 400, "not an e-mail address"),
        ({"password": "short"}, 400, "The password must have"),
        ({"password": "password123"}, 400, "most common"),
        ({"username": "Taken"}, 409, ""),
    ],
)
def test_what_cannot_be_taken_is_told_beside_what_was_typed(browser, core, change, status, words):
    accounts.register(core, username="taken", email="taken@example.org", password=PASSWORD)
    sent = ADA | change
    page = browser.post("/register", **sent, time_zone="Asia/Tokyo")
    assert page.status == status
    assert words in page.problem
    assert page.problem != ""
    assert page.one("input", id="username").attributes["value"] == sent["username"]
    assert page.one("input", id="email").attributes["value"] == sent["email"]
    assert page.one("input", name="time_zone").attributes["value"] == "Asia/Tokyo"
    assert "value" not in page.one("input", id="password").attributes
    assert accounts.find(core, "ada") is None


def test_closed_registration_says_so(browser, core, ada):
    settings.change(core, {"REGISTRATION_ENABLED": False})
    page = browser.get("/register")
    assert page.one("h1").text == "Registration is closed"
    assert page.all("form", class_="form") == []
    refused = browser.post("/register", **(ADA | {"username": "eve", "email": "eve@example.org"}))
    assert refused.status == 403
    assert refused.one("h1").text == "Registration is closed"
    assert accounts.find(core, "eve") is None


def test_who_is_signed_in_goes_on_to_the_own_page(signed_in):
    assert signed_in.get("/register").location == "/u/ada"


def test_the_script_that_fills_in_the_time_zone_is_our_own(browser):
    assert browser.get("/register").all("script")[-1].attributes["src"].startswith("/static/js/time-zone.js?v=")
