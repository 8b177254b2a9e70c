from __future__ import annotations

import pytest

from goscrobble.testing import make_account
from tests.pages.test_user import DAY, listen

HOSTILE = '"><img src=x onerror=alert(1)>'


def told(page):
    """The longest times without a pause; then the milestones, newest first."""
    return [" ".join(li.text.split()) for li in page.all("li")]


def milestones(page):
    return [it for it in told(page) if it.startswith(("new", "Play"))]


def test_numbers_of_plays_and_new_artists_are_told_the_newest_first(browser, core, ada):
    listen(core, ada, (3600, {"title": "Two", "artists": ("B",)}), (DAY, {"title": "One", "artists": ("A",)}))
    first = "Play number 1 One A 31 May 2026"
    new = ["new B Two 1 Jun 2026", "new A One 31 May 2026"]
    assert milestones(browser.get("/u/ada/milestones")) == [new[0], first, new[1]]
    assert milestones(browser.get("/u/ada/milestones?kind=plays")) == [first]
    page = browser.get("/u/ada/milestones?kind=artist")
    assert milestones(page) == new
    assert page.one("a", href="/u/ada/milestones?kind=artist").attributes["aria-current"] == "true"


def test_many_milestones_have_pages_that_keep_the_kind(browser, core, ada):
    listen(core, ada, *((1200 * (i + 1), {"artists": (f"A{i:02}",)}) for i in range(60)))
    page = browser.get("/u/ada/milestones?kind=artist")
    assert len(milestones(page)) == 50
    page = browser.get(page.one("a", rel="next").attributes["href"])
    assert len(milestones(page)) == 10
    assert page.one("a", rel="prev").attributes["href"] == "/u/ada/milestones?page=1&kind=artist"
    assert "The milestones end before this page." in browser.get("/u/ada/milestones?page=9").text


def test_days_in_a_row_and_times_without_a_pause_stand_beside(browser, core, ada):
    listen(core, ada, (3600, {"duration": 600}), (3000, {"duration": 600}), (DAY, {"duration": 600}))
    page = browser.get("/u/ada/milestones")
    figures = [" ".join(dd.text.split()) for dd in page.all("dd")]
    assert figures == ["2 days", "2 days"]  # now, and the longest
    assert told(page)[:2] == ["20 min 2 plays 1 Jun 2026", "10 min 1 play 31 May 2026"]


def test_an_empty_history_says_so(signed_in, core):
    assert signed_in.get("/u/ada/milestones").one("a", class_="button", href="/settings#sources")
    make_account(core, "eve")
    assert "eve has no plays here yet." in signed_in.get("/u/eve/milestones").text


def test_a_strangers_name_is_text(browser, core, ada):
    listen(core, ada, (3600, {"title": HOSTILE, "artists": (HOSTILE,)}))
    page = browser.get("/u/ada/milestones")
    assert HOSTILE in page.text
    assert page.all("img", src="x") == []


@pytest.mark.parametrize("query", ["kind=love", "kind=", "page=0", "page=x"])
def test_what_cannot_be_asked_is_refused(browser, ada, query):
    assert browser.get(f"/u/ada/milestones?{query}").status == 400


def test_somebody_hidden_is_as_nobody(browser, core):
    make_account(core, "eve", privacy="private")
    hidden, unknown = browser.get("/u/eve/milestones"), browser.get("/u/nob/milestones")
    assert hidden.status == unknown.status == 404
    assert hidden.html == unknown.html.replace("/u/nob", "/u/eve")


def test_the_overview_leads_there(browser, core, ada):
    listen(core, ada, (3600, {}))
    browser.get("/u/ada").one("a", href="/u/ada/milestones")
