from __future__ import annotations

import pytest

from goscrobble.testing import make_account
from tests.pages.test_user import DAY, listen

HOSTILE = '"><img src=x onerror=alert(1)>'


def named(page):
    """The newest artists, each with plays and day."""
    return [" ".join(li.text.split()) for li in page.all("li", class_="play")]


def table(page):
    """The numbers of the chart, as a reader hears them."""
    return {th.text: td.text for th, td in zip(page.all("th", scope="row"), page.all("td"), strict=True)}


def test_artists_are_told_by_the_month_they_were_first_heard_in(browser, core, ada):
    listen(
        core,
        ada,
        (3600, {"artists": ("New",)}),
        (DAY, {"artists": ("Old",)}),
        (40 * DAY, {"artists": ("Old",)}),
        (41 * DAY, {"artists": ("Older",)}),
    )
    page = browser.get("/u/ada/discoveries")
    assert table(page) == {"Apr 2026": "2", "Jun 2026": "1"}
    assert page.one("caption").text == "New artists by month"
    assert "3 new artists. Most: 2, Apr 2026." in page.text
    assert named(page) == ["New 1 play 1 Jun 2026", "Old 2 plays 22 Apr 2026", "Older 1 play 21 Apr 2026"]
    artist = next(a for a in page.all("a") if a.text == "New")
    assert browser.get(artist.attributes["href"]).one("h1").text == "New"


def test_who_was_heard_before_a_range_is_not_new_in_it(browser, core, ada):
    listen(core, ada, (3600, {"artists": ("New",)}), (DAY, {"artists": ("Old",)}), (40 * DAY, {"artists": ("Old",)}))
    page = browser.get("/u/ada/discoveries?range=30d")
    assert named(page) == ["New 1 play 1 Jun 2026"]
    assert page.one("caption").text == "New artists by day"
    assert "of 2 heard" in page.text
    assert page.one("a", href="/u/ada/discoveries?range=30d").attributes["aria-current"] == "true"
    assert named(browser.get("/u/ada/discoveries?from=2026-04-01&to=2026-05-01")) == ["Old 2 plays 22 Apr 2026"]


def test_one_play_is_one_discovery(browser, core, ada):
    listen(core, ada, (3600, {"artists": ("Only",)}))
    page = browser.get("/u/ada/discoveries?range=all")
    assert named(page) == ["Only 1 play 1 Jun 2026"]
    assert table(page) == {"Jun 2026": "1"}


def test_an_empty_history_says_so(signed_in, core):
    page = signed_in.get("/u/ada/discoveries")
    assert page.status == 200
    assert page.one("a", class_="button", href="/settings#sources").text == "Connect a player"
    make_account(core, "eve")
    assert "eve has no plays here yet." in signed_in.get("/u/eve/discoveries").text


def test_a_time_without_anything_new_says_why(browser, core, ada):
    listen(core, ada, (3600, {}), (40 * DAY, {}))
    assert "No artist was heard for the first time then." in browser.get("/u/ada/discoveries?range=7d").text
    assert "Nothing was played in this time." in browser.get("/u/ada/discoveries?from=2020-01-01&to=2020-02-01").text


def test_more_than_are_named_are_counted(browser, core, ada):
    listen(core, ada, *((1200 * (i + 1), {"artists": (f"A{i}",)}) for i in range(50)))
    page = browser.get("/u/ada/discoveries")
    assert len(named(page)) == 48
    assert "48 of 50" in page.text


def test_a_strangers_name_is_text(browser, core, ada):
    listen(core, ada, (3600, {"artists": (HOSTILE,)}))
    page = browser.get("/u/ada/discoveries")
    assert named(page) == [f"{HOSTILE} 1 play 1 Jun 2026"]
    assert page.all("img", src="x") == []


@pytest.mark.parametrize("query", ["range=never", "from=x", "from=2026-05-01&to=2026-04-01"])
def test_what_cannot_be_asked_is_refused(browser, ada, query):
    assert browser.get(f"/u/ada/discoveries?{query}").status == 400


def test_somebody_hidden_is_as_nobody(browser, core):
    make_account(core, "eve", privacy="private")
    hidden, unknown = browser.get("/u/eve/discoveries"), browser.get("/u/nob/discoveries")
    assert hidden.status == unknown.status == 404
    assert hidden.html == unknown.html.replace("/u/nob", "/u/eve")


def test_the_tabs_of_a_person_lead_there(browser, ada):
    browser.get("/u/ada").one("a", href="/u/ada/discoveries")
    assert browser.get("/u/ada/discoveries").one("a", href="/u/ada/discoveries", **{"aria-current": "page"})
