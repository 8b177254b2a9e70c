from __future__ import annotations

from goscrobble.services import settings


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


def test_who_is_signed_in_goes_on_to_the_own_page(signed_in):
    page = signed_in.get("/")
    assert (page.status, page.location) == (303, "/u/ada")
