from __future__ import annotations

import pytest

from goscrobble.testing import make_account
from tests.pages.test_user import listen


@pytest.mark.parametrize("path", ["/search", "/search/suggestions"])
def test_what_is_found_leads_to_its_page(browser, core, ada, path):
    listen(core, ada, (3600, {"title": "Nude", "artists": ("Radiohead",), "album": "In Rainbows"}))
    for q, kind, name in (
        ("radio", "artist", "Radiohead"),
        ("rainb", "album", "In Rainbows"),
        ("nud", "track", "Nude"),
    ):
        page = browser.get(path, query_string={"q": q})
        found = next(a for a in page.all("a") if a.attributes["href"].startswith(f"/{kind}/"))
        assert browser.get(found.attributes["href"]).one("h1").text == name
    people = browser.get(path, query_string={"q": "ada"})
    assert [a for a in people.all("a", href="/u/ada") if a.text.endswith("ada")]


def test_what_was_asked_stays_in_the_field(browser, ada):
    page = browser.get("/search", query_string={"q": '"><b>'})
    assert page.one("input", name="q").attributes["value"] == '"><b>'
    assert 'Nothing is found for “"><b>”.' in page.text


def test_nobody_learns_what_somebody_hidden_hears(browser, core):
    listen(core, make_account(core, "eve", privacy="private"), (3600, {"artists": ("Secret",)}))
    assert "Nothing is found" in browser.get("/search?q=secret").text
    assert "Nothing is found" in browser.get("/search?q=eve").text


def test_an_empty_search_asks_for_a_name(browser):
    assert "Write a name above" in browser.get("/search").text
    assert browser.get("/search/suggestions").text == ""


def test_an_endless_search_is_refused(browser):
    assert browser.get("/search", query_string={"q": "x" * 201}).status == 400


def test_options_can_be_told_apart_by_a_screen_reader(browser, core, ada):
    listen(core, ada, (3600, {"title": "Ada", "artists": ("Ada",), "album": "Ada"}))
    options = browser.get("/search/suggestions?q=ada").all("a", role="option")
    assert len(options) == len({option.attributes["id"] for option in options}) == 4
