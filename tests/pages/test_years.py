from __future__ import annotations

import pytest

from goscrobble.testing import make_account
from tests.pages.test_user import DAY, listen


def test_a_year_is_told_with_what_was_heard_most(browser, core, ada):
    listen(core, ada, (3600, {"artists": ("A",)}), (DAY, {"artists": ("A",)}), (2 * DAY, {"artists": ("B",)}))
    page = browser.get("/u/ada/years/2026")
    assert page.one("h1").text == "2026"
    assert page.one("meta", property="og:title").attributes["content"] == "2026 in music, ada"
    assert {dt.text: dd.text.strip() for dt, dd in zip(page.all("dt"), page.all("dd"), strict=True)} == {
        "plays": "3",
        "listened": "31 min",
        "artists": "2",
        "of them new": "2",
        "days with music": "3",
        "days in a row": "3",
    }
    assert "The year is not over yet." in page.text


def test_a_year_without_plays_says_so(browser, core, ada):
    listen(core, ada, (3600, {}))
    assert "Nothing was played in 2020." in browser.get("/u/ada/years/2020").text


@pytest.mark.parametrize(("year", "status"), [("1969", 400), ("9999", 400), ("x", 404), ("20266", 404), ("٢٠٢٦", 404)])
def test_a_year_that_is_none_is_refused(browser, ada, year, status):
    assert browser.get(f"/u/ada/years/{year}").status == status


def test_the_year_of_somebody_hidden_is_that_of_nobody(browser, core):
    make_account(core, "eve", privacy="private")
    assert browser.get("/u/eve/years/2026").status == browser.get("/u/nobody/years/2026").status == 404
