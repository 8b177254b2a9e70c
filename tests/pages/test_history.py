from __future__ import annotations

from goscrobble.testing import make_account
from tests.pages.test_user import listen


def test_plays_stand_below_the_days_of_the_owners_zone(browser, core):
    kim = make_account(core, "kim", time_zone="Asia/Kolkata")  # at 12:00 UTC it is 17:30 there
    listen(core, kim, (3600, {"title": "A"}), (12 * 3600, {"title": "B"}), (20 * 3600, {"title": "C"}))
    page = browser.get("/u/kim/history")
    assert [heading.text for heading in page.all("h2")] == ["Today", "Yesterday"]
    days = [time.attributes["datetime"] for time in page.all("time") if len(time.attributes["datetime"]) == 10]
    assert days == ["2026-05-31", "2026-06-01", "2026-05-31"]  # the first play, then the two days
    assert [time.text for time in page.all("time") if "T" in time.attributes["datetime"]] == ["16:30", "05:30", "21:30"]


def test_older_plays_are_a_page_away_and_none_is_lost(browser, core, ada):
    listen(core, ada, *((3600 * (i + 1), {"title": f"Song {i:03}", "duration": 200}) for i in range(120)))
    page, seen = browser.get("/u/ada/history"), []
    while True:
        seen += [name.text for name in page.all("p", class_="name clamp")]
        following = page.all("a", rel="next")
        if not following:
            break
        page = browser.get(following[0].attributes["href"])
        assert page.one("h1").text == "Older plays"
        assert page.one("a", href="/u/ada/history", class_="button quiet").text == "Newest"
    assert seen == [f"Song {i:03}" for i in range(120)]


def test_a_cursor_that_is_not_ours_is_refused(browser, ada):
    page = browser.get("/u/ada/history?before=nonsense")
    assert page.status == 400
    assert "not one this server gave" in page.text


def test_the_history_of_somebody_hidden_is_that_of_nobody(browser, core):
    make_account(core, "eve", privacy="private")
    assert browser.get("/u/eve/history").status == browser.get("/u/nobody/history").status == 404
