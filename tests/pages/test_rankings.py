from __future__ import annotations

import pytest

from goscrobble.testing import make_account
from tests.pages.test_user import DAY, listen

TWENTY_MINUTES = 1200


def rows(page):
    """Each entry as rank, movement, name and number."""
    return [" ".join(li.text.split()) for li in page.all("li") if "rank" not in li.attributes.get("class", "")]


@pytest.mark.parametrize("kind", ["artists", "albums", "tracks"])
def test_a_chart_links_to_what_it_names(browser, core, ada, kind):
    listen(core, ada, (3600, {}))
    page = browser.get(f"/u/ada/charts/{kind}")
    named = next(a for a in page.all("a") if a.attributes["href"].startswith(f"/{kind[:-1]}/"))
    assert browser.get(named.attributes["href"]).one("h1").text == named.text


def test_movement_is_told_against_as_many_days_before(browser, core, ada):
    listen(
        core,
        ada,
        *((DAY + TWENTY_MINUTES * i, {"artists": ("A",)}) for i in range(3)),
        *((DAY + TWENTY_MINUTES * (i + 3), {"artists": ("B",)}) for i in range(2)),
        (2 * DAY, {"artists": ("New",)}),
        (9 * DAY, {"artists": ("B",)}),
        (10 * DAY, {"artists": ("B",)}),
        (11 * DAY, {"artists": ("A",)}),
    )
    page = browser.get("/u/ada/charts/artists?range=7d")
    assert rows(page) == ["1 up ▲1 A 3 plays", "2 down ▼1 B 2 plays", "3 new New 1 play"]
    assert rows(browser.get("/u/ada/charts/artists?range=all"))[0] == "1 A 4 plays"


def test_hours_rank_otherwise_than_plays(browser, core, ada):
    listen(core, ada, (3600, {"artists": ("Long",), "duration": 1200}), (7200, {"artists": ("S",), "duration": 60}))
    listen(core, ada, (9000, {"artists": ("S",), "duration": 60}))
    assert rows(browser.get("/u/ada/charts/artists?range=all")) == ["1 S 2 plays", "2 Long 1 play"]
    assert rows(browser.get("/u/ada/charts/artists?range=all&by=time")) == ["1 Long 20 min", "2 S 2 min"]


def test_any_two_days_can_be_asked_for(browser, core, ada):
    listen(core, ada, (40 * DAY, {"artists": ("Then",)}), (DAY, {"artists": ("Now",)}))
    page = browser.get("/u/ada/charts/artists?from=2026-04-01&to=2026-05-01")
    assert rows(page)[0].endswith("Then 1 play")
    assert "1 Apr 2026 to 1 May 2026" in page.one("h1").text
    assert page.one("input", name="from").attributes["value"] == "2026-04-01"


def test_a_long_chart_has_pages_that_agree(browser, core, ada):
    listen(core, ada, *((TWENTY_MINUTES * (i + 1), {"artists": (f"A{i:03}",)}) for i in range(60)))
    page = browser.get("/u/ada/charts/artists?range=all&by=time")
    assert len(rows(page)) == 50
    page = browser.get(page.one("a", rel="next").attributes["href"])
    assert rows(page)[0].startswith("51 ")
    assert len(rows(page)) == 10
    assert page.one("a", **{"aria-current": "true", "href": "/u/ada/charts/artists?by=time&range=all"})


@pytest.mark.parametrize(
    "query",
    [
        "range=never",
        "from=x",
        "from=2026-05-01&to=2026-04-01",
        "by=love",
        "page=0",
        "page=-1",
        "page=x",
        "page=99999999",
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(browser, ada, query):
    assert browser.get(f"/u/ada/charts/artists?{query}").status == 400


def test_other_charts_and_other_people_are_not_there(browser, core, ada):
    make_account(core, "eve", privacy="private")
    for path in ("/u/ada/charts/genres", "/u/eve/charts/artists", "/u/nobody/charts/artists"):
        assert browser.get(path).status == 404


def test_an_empty_time_says_so(browser, core, ada):
    assert "Nothing was played in this time." in browser.get("/u/ada/charts/tracks").text
