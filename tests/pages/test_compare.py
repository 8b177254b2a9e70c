from __future__ import annotations

import pytest

from goscrobble.services import accounts
from goscrobble.testing import make_account
from tests.pages.test_user import DAY, listen

HOSTILE = '"><img src=x onerror=alert(1)>'
NOBODY = "There is no listener “{}” whom you may see."


@pytest.fixture
def eve(core):
    return make_account(core, "eve")


def column(page, which):
    """What one of the two columns says: "one" or "other"."""
    return " ".join(page.one("section", **{"aria-labelledby": which}).text.split())


def heading(page, name):
    return page.one("h2", id=name).text.strip()


# ---- two listeners ----


def test_two_listeners_stand_beside_each_other_with_what_both_play(browser, core, ada, eve):
    listen(core, ada, *((1200 * (i + 1), {"artists": ("Both",)}) for i in range(3)), (DAY, {"artists": ("Mine",)}))
    listen(core, eve, (3600, {"artists": ("Both",)}), (7200, {"artists": ("Hers",)}))
    page = browser.get("/u/ada/compare?with=eve")
    assert page.status == 200
    assert heading(page, "match") == "50 % alike"
    assert "1 artist is played by both. Of a hundred plays of one, 50 could be the other's." in page.text
    assert "Mine 1 play" in column(page, "one")
    assert "Hers 1 play" in column(page, "other")
    shared = " ".join(page.one("ul", class_="shared").text.split())
    assert shared == "Both ada: 3 plays eve: 1 play"
    assert page.one("input", id="with").attributes["value"] == "eve"


def test_the_names_of_both_and_what_they_play_are_links(browser, core, ada, eve):
    listen(core, ada, (3600, {"artists": ("Both",)}))
    listen(core, eve, (3600, {"artists": ("Both",)}))
    page = browser.get("/u/ada/compare?with=EVE")
    page.one("a", href="/u/eve/charts/artists?range=all")
    assert [a.text for a in page.all("a", href="/u/eve")] == ["eve"]
    artist = next(a for a in page.all("a") if a.text == "Both")
    assert browser.get(artist.attributes["href"]).one("h1").text == "Both"


def test_a_range_counts_for_both_and_stays_when_another_is_chosen(browser, core, ada, eve):
    listen(core, ada, (3600, {"artists": ("Now",)}), (60 * DAY, {"artists": ("Then",)}))
    listen(core, eve, (60 * DAY, {"artists": ("Then",)}), (3600, {"artists": ("Else",)}))
    page = browser.get("/u/ada/compare?with=eve&range=30d")
    assert heading(page, "match") == "Nothing in common"
    assert "Then" not in column(page, "one") + column(page, "other")
    assert page.one("a", href="/u/ada/compare?range=30d&with=eve").attributes["aria-current"] == "true"
    kept = page.all("input", name="range")[0]
    assert (kept.attributes["type"], kept.attributes["value"]) == ("hidden", "30d")
    assert "1 artist is played by both." in browser.get("/u/ada/compare?with=eve&from=2026-04-01&to=2026-04-10").text


def test_a_day_is_each_listeners_own(browser, core, ada):
    kim = make_account(core, "kim", time_zone="Pacific/Auckland")  # the 1st of June began there at noon the day before
    listen(core, kim, (DAY - 1800, {"artists": ("Early",)}))
    listen(core, ada, (3600, {"artists": ("Early",)}))
    page = browser.get("/u/ada/compare?with=kim&from=2026-06-01&to=2026-06-01")
    assert "Early 1 play" in column(page, "other")
    assert heading(page, "match") == "100 % alike"


def test_who_played_nothing_is_told(browser, core, ada, eve):
    listen(core, ada, (3600, {"artists": ("Mine",)}))
    page = browser.get("/u/ada/compare?with=eve")
    assert "eve played nothing in this time." in page.text
    assert "Nothing was played in this time." in column(page, "other")
    page = browser.get("/u/ada/compare?with=eve&from=2020-01-01&to=2020-01-02")
    assert "Nothing was played in this time." in page.text
    assert page.all("h2", id="match") == []


def test_unknown_and_hidden_listeners_are_answered_alike_and_the_form_is_kept(browser, core, ada):
    make_account(core, "hid", privacy="private")
    hidden, unknown = browser.get("/u/ada/compare?with=hid"), browser.get("/u/ada/compare?with=nob")
    assert hidden.status == unknown.status == 404
    assert hidden.html == unknown.html.replace("nob", "hid")
    assert hidden.problem == NOBODY.format("hid")
    assert hidden.one("input", name="with").attributes["value"] == "hid"
    for privacy, status in (("members", 200), ("private", 404)):
        accounts.change(core, accounts.named(core, "hid"), privacy=privacy)
        browser.sign_in("ada")
        assert browser.get("/u/ada/compare?with=hid").status == status


def test_oneself_is_nobody_else(browser, ada):
    page = browser.get("/u/ada/compare?with=ADA")
    assert page.status == 400
    assert page.problem == "These are ada's own pages: choose somebody else."
    assert page.one("input", name="with").attributes["value"] == "ADA"


@pytest.mark.parametrize("query", ["range=never", "from=x&to=y", "from=2026-05-01&to=2026-04-01"])
def test_a_bad_time_of_two_listeners_is_refused_with_the_form(browser, ada, eve, query):
    page = browser.get(f"/u/ada/compare?with=eve&{query}")
    assert page.status == 400
    assert page.problem.startswith("The time: ")
    assert page.one("input", name="with").attributes["value"] == "eve"
    assert page.all("input", type="hidden", name="range") == []  # sent again, it would be refused again
    if "from" in query:
        sent = [page.one("input", type="date", name=name).attributes["value"] for name in ("from", "to")]
        assert "&".join(f"{name}={value}" for name, value in zip(("from", "to"), sent, strict=True)) == query


def test_names_that_strangers_made_up_are_text(browser, core, ada, eve):
    listen(core, ada, (3600, {"artists": (HOSTILE,)}))
    listen(core, eve, (3600, {"artists": (HOSTILE,)}))
    for query in ("with=eve", "", f"with={HOSTILE}", f"from={HOSTILE}", "with=%00", "with=" + "x" * 4000):
        page = browser.get(f"/u/ada/compare?{query}")
        assert page.all("img", src="x") == []
        assert page.status in {200, 400, 404}
    assert HOSTILE in browser.get("/u/ada/compare?with=eve").text


def test_nobody_is_chosen_yet(browser, ada):
    page = browser.get("/u/ada/compare?with=")
    assert page.status == 200
    assert page.all("p", role="alert") == []
    assert page.one("input", name="with").attributes["value"] == ""


# ---- two times ----


def test_the_last_days_stand_beside_as_many_before(browser, core, ada):
    listen(
        core,
        ada,
        *((1200 * (i + 1), {"artists": ("Risen",)}) for i in range(3)),
        (DAY, {"artists": ("New",)}),
        (40 * DAY, {"artists": ("Risen",)}),
        (41 * DAY, {"artists": ("Gone",)}),
        (42 * DAY, {"artists": ("Gone",)}),
    )
    page = browser.get("/u/ada/compare")
    assert heading(page, "one") == "3 May 2026 to 1 Jun 2026"
    assert heading(page, "other") == "3 Apr 2026 to 2 May 2026"
    assert "4 +33 %" in column(page, "one")
    assert "1 up ▲1 Risen 3 plays" in column(page, "one")
    assert "2 new New 1 play" in column(page, "one")
    assert "1 Gone 2 plays" in column(page, "other")
    current = [a.text for a in page.all("a", **{"aria-current": "true"})]
    assert current == ["Two times", "30 days"]


def test_any_two_times_can_be_chosen_by_the_names_of_the_api(browser, core, ada):
    listen(core, ada, (3600, {"artists": ("Now",)}), (60 * DAY, {"artists": ("Then",)}))
    query = "from=2026-04-01&to=2026-04-30&other_from=2026-06-01&other_to=2026-06-01"
    page = browser.get(f"/u/ada/compare?{query}")
    assert "Then 1 play" in column(page, "one")
    assert "Now 1 play" in column(page, "other")
    for name, value in (pair.split("=") for pair in query.split("&")):
        assert page.one("input", name=name).attributes["value"] == value
    page.one("a", href="/u/ada/charts/artists?from=2026-04-01&to=2026-04-30")


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("from=x", "The one time: from and to must be dates like 2024-03-31."),
        ("from=2026-05-01&to=2026-04-01", "The one time: from is after to."),
        (
            "from=2026-05-01&to=2026-05-02&other_from=1066-01-01&other_to=1066-01-02",
            "The other time: Dates run from 1970 to the end of next year.",
        ),
        ("from=2026-05-01&to=2026-05-02", "The other time: from and to must be dates like 2024-03-31."),
    ],
)
def test_bad_days_are_answered_with_a_sentence_and_the_form(browser, ada, query, problem):
    page = browser.get(f"/u/ada/compare?{query}")
    assert page.status == 400
    assert page.problem == problem
    first = query.split("&")[0].removeprefix("from=")
    assert page.one("input", name="from").attributes["value"] == first


def test_a_history_of_nothing_or_of_one_play_is_told(browser, core, ada):
    assert "ada has no plays here yet." in browser.get("/u/ada/compare").text
    listen(core, ada, (3600, {"artists": ("Only",)}))
    page = browser.get("/u/ada/compare")
    assert "Only 1 play" in column(page, "one")
    assert "Nothing was played in this time." in column(page, "other")


# ---- whose, and how one comes here ----


def test_the_pages_of_somebody_hidden_are_those_of_nobody(browser, core, ada):
    make_account(core, "hid", privacy="private")
    for query in ("", "?with=ada"):
        hidden, unknown = browser.get(f"/u/hid/compare{query}"), browser.get(f"/u/nob/compare{query}")
        assert hidden.status == unknown.status == 404
        assert hidden.html == unknown.html.replace("/u/nob", "/u/hid")


def test_members_are_led_to_compare_with_themselves(signed_in, browser, eve):
    assert signed_in.get("/u/eve").one("a", href="/u/eve/compare?with=ada").text == "Compare with me"
    assert "Compare with me" not in signed_in.get("/u/ada").text
    signed_in.post("/logout")
    assert "Compare with me" not in browser.get("/u/eve").text
    browser.get("/u/eve").one("a", href="/u/eve/compare")
