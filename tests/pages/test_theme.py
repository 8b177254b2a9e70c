from __future__ import annotations

import pytest


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_theme_is_kept_by_the_browser_and_drawn_by_the_server(browser, theme):
    assert "data-theme" not in browser.get("/login").one("html").attributes
    answer = browser.post("/theme", theme=theme, back="/login?next=/settings")
    assert (answer.status, answer.location) == (303, "/login?next=/settings")
    page = browser.get("/login")
    assert page.one("html").attributes["data-theme"] == theme
    assert page.one("meta", name="color-scheme").attributes["content"] == theme
    browser.post("/theme", theme="system", back="/")
    assert "data-theme" not in browser.get("/login").one("html").attributes


def test_a_choice_leads_back_only_within_the_site(browser):
    assert browser.post("/theme", theme="dark", back="//evil.example").location == "/"


def test_a_theme_that_is_none_is_refused(browser):
    assert browser.post("/theme", theme="pink", back="/").status == 400


def test_a_cookie_that_somebody_made_up_is_not_believed(client, browser):
    client.set_cookie("theme", '"><script>')
    assert "data-theme" not in browser.get("/login").one("html").attributes
