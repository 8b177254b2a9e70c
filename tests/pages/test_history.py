from __future__ import annotations

from urllib.parse import quote

import pytest

from goscrobble.services import history
from goscrobble.storage import matching
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


# ---- filters ----

SONGS = (
    (3600, {"title": "Jóga", "artists": ("Björk",), "album": "Homogenic"}),
    (26 * 3600, {"title": "Hunter", "artists": ("Björk", "Mark Bell"), "album": "Homogenic"}),
    (50 * 3600, {"title": "Halleluhwah", "artists": ("Can",), "album": "Tago Mago"}),
)


def titles(page):
    return [name.text for name in page.all("p", class_="name clamp")]


@pytest.mark.parametrize(
    ("kind", "expected"), [("artist", ["Jóga", "Hunter"]), ("album", ["Jóga", "Hunter"]), ("track", ["Jóga"])]
)
def test_plays_of_an_artist_an_album_or_a_track(browser, core, ada, kind, expected):
    listen(core, ada, *SONGS)
    play = history.recent(core, ada)[0][0]
    entity = {"artist": play.artists[0], "album": play.album, "track": play.track}[kind]
    page = browser.get(f"/u/ada/history?{kind}={entity.id}")
    assert titles(page) == expected
    assert f"{kind.title()}: {entity.name}" in page.text
    assert page.one("input", name=kind).attributes["value"] == entity.id  # other filters leave it


def test_days_are_the_owners_and_both_are_included(browser, core):
    kim = make_account(core, "kim", time_zone="Asia/Kolkata")
    listen(core, kim, (3600, {"title": "A"}), (12 * 3600, {"title": "B"}), (20 * 3600, {"title": "C"}))
    assert titles(browser.get("/u/kim/history?from=2026-06-01&to=2026-06-01")) == ["A", "B"]
    assert titles(browser.get("/u/kim/history?from=&to=2026-05-31")) == ["C"]
    page = browser.get("/u/kim/history?from=2026-06-01&to=&source=")
    assert titles(page) == ["A", "B"]
    assert page.one("input", name="from").attributes["value"] == "2026-06-01"
    assert page.one("input", name="to").attributes["value"] == ""


def test_plays_of_a_source(browser, core, ada):
    listen(core, ada, SONGS[0])
    listen(core, ada, SONGS[1], source="self")
    page = browser.get("/u/ada/history?source=self")
    assert titles(page) == ["Hunter"]
    assert page.one("option", value="self").attributes.get("selected", "no") is None


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("joga", ["Jóga"]),
        ("JÓG", ["Jóga"]),
        ("bjork hunt", ["Hunter"]),
        ("BJÖRK", ["Jóga", "Hunter"]),
        ("mark bell", ["Hunter"]),
        ("homo", ["Jóga", "Hunter"]),
        ("mago can", ["Halleluhwah"]),
        ("oga", []),
        ("homogenic mago", []),
        ("…", []),
        (" ", ["Jóga", "Hunter", "Halleluhwah"]),
    ],
)
def test_plays_with_words_in_the_title_the_artists_or_the_album(browser, core, ada, q, expected):
    listen(core, ada, *SONGS)
    page = browser.get(f"/u/ada/history?q={quote(q)}")
    assert titles(page) == expected
    assert page.one("input", id="words").attributes["value"] == q


def test_words_of_an_album_find_only_the_plays_from_it(browser, core, ada):
    listen(core, ada, (70 * 3600, {"title": "Jóga", "artists": ("Björk",), "album": "Live Box"}), *SONGS)
    assert len(titles(browser.get("/u/ada/history?q=joga"))) == 2
    assert len(titles(browser.get("/u/ada/history?q=box"))) == 1
    assert titles(browser.get("/u/ada/history?q=box&to=2020-01-01")) == []


def test_words_that_very_many_names_have_are_refused(browser, core, ada, monkeypatch):
    listen(core, ada, *SONGS)
    monkeypatch.setattr(matching, "READ", 1)
    page = browser.get("/u/ada/history?q=h")
    assert (page.status, "very many names" in page.text) == (400, True)
    assert titles(browser.get("/u/ada/history?q=hunter")) == ["Hunter"]


def test_filters_stay_on_the_way_to_older_plays_and_back(browser, core, ada):
    listen(core, ada, *((3600 * (i + 1), {"title": f"Song {i:03}", "duration": 200}) for i in range(60)))
    page = browser.get("/u/ada/history?source=jellyfin&from=2026-05-01&to=2026-06-01")
    older = browser.get(page.one("a", rel="next").attributes["href"])
    assert len(titles(older)) == 10
    newest = next(link for link in older.all("a") if link.text == "Newest")
    assert newest.attributes["href"] == "/u/ada/history?from=2026-05-01&to=2026-06-01&source=jellyfin"


def test_nothing_that_fits_is_said_with_the_way_out(browser, core, ada):
    listen(core, ada, *SONGS)
    page = browser.get(f"/u/ada/history?artist={'0' * 8}-0000-0000-0000-{'0' * 12}")
    assert page.status == 200
    assert "No play fits this filter." in page.text
    assert next(link for link in page.all("a") if link.text == "Show all plays").attributes["href"] == "/u/ada/history"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-02-30", "must be dates like"),
        ("from=2026-03-02&to=2026-03-01", "from is after to"),
        ("to=0001-01-01&from=0001-01-01", "Dates run from"),
        ("range=forever", "range must be"),
        ("source=gramophone", "source must be"),
        ("source=%00", "source must be"),
        ("artist=1'--", "artist must be"),
        ("track=%F0%9F%8E%A7", "track must be"),
        ("q=" + "x" * 201, "at most 200 characters"),
        ("before=MC4wLjA", "not one this server gave"),
        ("before=%FF", "not one this server gave"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(browser, ada, query, sentence):
    page = browser.get(f"/u/ada/history?{query}")
    assert page.status == 400
    assert sentence in page.text
