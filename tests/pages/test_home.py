from __future__ import annotations

import pytest

from goscrobble.services import settings
from goscrobble.testing import make_account
from tests.pages.test_user import listen, play_now


def test_the_first_visitor_is_told_to_become_the_administrator(browser):
    page = browser.get("/")
    assert "The first account becomes the administrator" in page.text
    assert page.one("a", href="/register", class_="button").text == "Create the first account"


def test_a_stranger_is_told_what_this_is(browser, ada):
    page = browser.get("/")
    assert page.one("h1").text == "Every listen, counted once"
    assert "administrator" not in page.text
    assert page.one("a", href="/login", class_="button").text == "Sign in"
    assert len(page.all("a", href="/register", class_="button quiet")) == 1


def test_sources_that_are_switched_on_are_named(browser, core):
    assert "Jellyfin, multi-scrobbler, Navidrome and Spotify: you copy an address once" in browser.get("/").text
    settings.change(core, {f"{name}_ENABLED": False for name in ("JELLYFIN", "NAVIDROME", "SPOTIFY")})
    assert "multi-scrobbler: you copy an address once" in browser.get("/").text
    settings.change(core, {"MULTISCROBBLER_ENABLED": False})
    assert "Players: you copy an address once" in browser.get("/").text


def test_closed_registration_is_told_instead_of_offered(browser, core, ada):
    settings.change(core, {"REGISTRATION_ENABLED": False})
    page = browser.get("/")
    assert "takes no new accounts" in page.text
    assert page.all("a", href="/register", class_="button quiet") == []


def test_who_is_signed_in_finds_the_own_page_a_step_away(signed_in):
    page = signed_in.get("/")
    assert page.one("h1").text == "What is heard here"
    assert page.one("a", href="/u/ada", class_="button quiet").text == "Your page"


def test_the_public_listening_is_shown_and_whose_it_is(browser, core, ada):
    listen(core, ada, (3600, {"title": "Nude", "artists": ("Radiohead",)}), (7200, {"title": "Nude"}))
    listen(core, make_account(core, "eve", privacy="private"), (1800, {"title": "Secret"}))
    page = browser.get("/")
    plays = [" ".join(play.text.split()) for play in page.all("li", class_="play")]
    assert plays[0] == "Nude Radiohead ·, from For Lack of a Better Name 11:00 heard by ada"
    assert {dt.text: dd.text for dt, dd in zip(page.all("dt"), page.all("dd"), strict=True)}["plays"] == "2"
    assert "Secret" not in page.text
    assert page.all("a", href="/u/eve") == []


@pytest.mark.parametrize(
    ("privacy", "for_strangers", "for_members"),
    [("public", True, True), ("members", False, True), ("private", False, False)],
)
def test_what_plays_now_is_seen_by_those_who_may(browser, core, ada, privacy, for_strangers, for_members):
    play_now(core, make_account(core, "eve", privacy=privacy), title="Says")
    assert ("Says" in browser.get("/").text) is for_strangers
    browser.sign_in("ada")
    assert ("Says" in browser.get("/").text) is for_members
