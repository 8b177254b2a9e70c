from __future__ import annotations

import pytest

from goscrobble.domain import names
from goscrobble.domain.drafts import Playing
from goscrobble.domain.scrobbles import Stored
from goscrobble.services import accounts, ingest, playback, tokens
from goscrobble.testing import make_account, make_draft

DAY = 86_400


def listen(core, account, *plays, source="jellyfin"):
    """Store plays given as (seconds before now, parts of the draft)."""
    drafts = [make_draft(played_at=int(core.now()) - before, **parts) for before, parts in plays]
    outcomes = ingest.submit(core, account.id, drafts, source=source)
    assert [type(outcome) for outcome in outcomes] == [Stored] * len(plays)


def names_of(page, kind):
    """The entries of a chart with their plays, best first."""
    return " ".join(page.one("section", **{"aria-labelledby": f"top-{kind}"}).text.split())


# ---- whose page ----


def test_unknown_and_hidden_listeners_have_one_and_the_same_page(browser, core):
    make_account(core, "ada")
    eve = make_account(core, "eve")
    accounts.change(core, eve, privacy="private")
    hidden, unknown = browser.get("/u/eve"), browser.get("/u/nob")
    assert hidden.status == unknown.status == 404
    assert hidden.html == unknown.html.replace("/u/nob", "/u/eve")
    assert "There is no such user." in hidden.text


@pytest.mark.parametrize(
    ("privacy", "for_strangers", "for_members"), [("public", 200, 200), ("members", 404, 200), ("private", 404, 404)]
)
def test_privacy_decides_who_sees_a_page(browser, core, ada, privacy, for_strangers, for_members):
    accounts.change(core, make_account(core, "eve"), privacy=privacy)
    assert browser.get("/u/eve").status == for_strangers
    browser.sign_in("ada")
    assert browser.get("/u/eve").status == for_members
    browser.sign_in("eve")
    assert browser.get("/u/eve").status == 200


def test_an_owner_is_reminded_of_who_sees_the_page(signed_in, core, ada):
    assert "see this page" not in signed_in.get("/u/ada").text
    accounts.change(core, ada, privacy="members")
    assert "Only members of this server see this page." in signed_in.get("/u/ada").text
    accounts.change(core, ada, privacy="private")
    assert "Only you see this page." in signed_in.get("/u/ada").text


def test_a_name_is_found_in_any_case(browser, ada):
    assert browser.get("/u/ADA").one("h1").text == "ada"


def test_a_token_of_a_program_opens_no_private_page(browser, core, ada):
    accounts.change(core, ada, privacy="private")
    _, secret = tokens.add_api_token(core, ada, "script", {"read"})
    assert browser.get("/u/ada", headers={"Authorization": f"Bearer {secret}"}).status == 404


# ---- nothing yet ----


def test_an_owner_without_plays_is_led_to_connect_a_player(signed_in):
    page = signed_in.get("/u/ada")
    assert "Nothing here yet" in page.text
    assert page.one("a", href="/settings#sources").text == "Connect a player"


def test_a_visitor_of_an_empty_page_is_told_so(browser, ada):
    page = browser.get("/u/ada")
    assert "ada has no plays here yet." in page.text
    assert page.all("a", href="/settings#sources") == []


# ---- plays ----


def test_a_play_is_shown_with_its_names_and_sources(browser, core, ada):
    listen(core, ada, (3600, {"title": "Nude", "artists": ("Radiohead", "Thom"), "album": "In Rainbows"}))
    play = browser.get("/u/ada").one("li", class_="play").text.split()
    assert " ".join(play) == "Nude Radiohead, Thom ·, from In Rainbows 11:00 told by Jellyfin"


def test_a_play_that_two_programs_told_is_one_and_names_both(browser, core, ada):
    listen(core, ada, (3600, {}))
    ingest.submit(core, ada.id, [make_draft(played_at=int(core.now()) - 3600)], source="multiscrobbler")
    page = browser.get("/u/ada")
    assert page.one("li", class_="play").text.split("told by")[1].strip() == "Jellyfin, multi-scrobbler"


def test_times_are_those_of_the_owners_zone_and_as_short_as_can_be(browser, core):
    kim = make_account(core, "kim", time_zone="Asia/Kolkata")  # at 12:00 UTC it is 17:30 there
    listen(core, kim, (3600, {"title": "A"}), (20 * 3600, {"title": "B"}), (30 * DAY, {"title": "C"}))
    page = browser.get("/u/kim")
    times = [play for play in page.all("time") if "T" in play.attributes["datetime"]]
    assert [time.text for time in times] == ["16:30", "Sun 21:30", "2 May"]
    assert times[0].attributes["datetime"] == "2026-06-01T16:30:00+05:30"
    assert times[0].attributes["title"] == "Monday, 1 June 2026, 16:30:00 IST"


# ---- totals and rankings ----


def test_totals_are_told_with_separators_and_units(browser, core, ada):
    listen(core, ada, *((2000 * (i + 1), {"title": f"S{i % 3}", "duration": 600}) for i in range(1001)))
    page = browser.get("/u/ada?range=all")
    assert {dt.text: dd.text.strip() for dt, dd in list(zip(page.all("dt"), page.all("dd"), strict=True))[:5]} == {
        "plays": "1,001",
        "listened": "6 d 22 h",
        "artist": "1",
        "album": "1",
        "tracks": "3",
    }
    assert "1,001 plays since 9 May 2026" in page.text


def test_figures_are_told_against_as_many_days_before(browser, core, ada):
    listen(core, ada, *((3600 * (i + 1), {}) for i in range(3)), (8 * DAY, {}), (9 * DAY, {}))
    page = browser.get("/u/ada?range=7d")
    assert page.all("dd")[0].text == "3 +50 %"


def test_rankings_follow_the_range(browser, core, ada):
    listen(
        core,
        ada,
        (3600, {"title": "New", "artists": ("A",), "album": "X"}),
        (20 * DAY, {"title": "Old", "artists": ("B",), "album": "Y"}),
        (21 * DAY, {"title": "Old", "artists": ("B",), "album": "Y"}),
        (200 * DAY, {"title": "Older", "artists": ("C",), "album": "Z"}),
    )
    assert names_of(browser.get("/u/ada?range=7d"), "artists") == "Top artists All 1 A 1 play"
    assert names_of(browser.get("/u/ada"), "artists") == "Top artists All 1 B 2 plays 2 A 1 play"
    assert names_of(browser.get("/u/ada?range=365d"), "tracks") == (
        "Top tracks All 1 Old B 2 plays 2 New A 1 play 3 Older C 1 play"
    )
    assert (
        names_of(browser.get("/u/ada?range=all"), "albums") == "Top albums All 1 Y B 2 plays 2 X A 1 play 3 Z C 1 play"
    )
    assert names_of(browser.get("/u/ada?range=2025"), "artists") == "Top artists All 1 C 1 play"


def test_the_chosen_range_is_marked(browser, core, ada):
    listen(core, ada, (3600, {}))
    for address, name in (("", "30 days"), ("?range=all", "All time"), ("?range=2024", "2024")):
        current = browser.get(f"/u/ada{address}").one("a", **{"aria-current": "true"})
        assert (address, current.text) == (address, name)


def test_an_empty_range_says_so(browser, core, ada):
    listen(core, ada, (40 * DAY, {}))
    assert "Nothing was played in this time." in browser.get("/u/ada?range=7d").text


@pytest.mark.parametrize("text", ["never", "2024-13", "", "9999", "7d'"])
def test_a_range_that_is_none_is_refused_with_a_sentence(browser, ada, text):
    page = browser.get("/u/ada", query_string={"range": text})
    assert page.status == 400
    assert page.one("h1").text == "That did not work"


# ---- now playing ----


def play_now(core, account, **parts):
    event = Playing(
        player="tv", item="1", draft=make_draft(**parts), state="playing", at=core.now() - 20, position=20, starts=True
    )
    playback.observe(core, account.id, event, source="jellyfin")
    return event


def test_what_plays_now_is_shown_even_before_the_first_play(browser, core, ada):
    play_now(core, ada, title="Says", artists=("Nils Frahm",))
    section = browser.get("/u/ada").one("section", class_="now music")
    assert " ".join(section.text.split()) == "Now playing Says Nils Frahm · For Lack of a Better Name Jellyfin"
    assert "hidden" not in section.attributes


def test_a_pause_is_told(browser, core, ada):
    event = play_now(core, ada)
    pause = event.model_copy(update={"state": "paused", "at": core.now(), "starts": False})
    playback.observe(core, ada.id, pause, source="jellyfin")
    assert browser.get("/u/ada").one("section", class_="now music").text.split()[0] == "Paused"


def test_silence_shows_no_now_playing(browser, core, ada):
    listen(core, ada, (3600, {}))
    assert "hidden" in browser.get("/u/ada").one("section", class_="now music").attributes


# ---- hard names ----


@pytest.mark.parametrize("name", ["x" * 300, "مرحبا بالعالم", "坂本龍一", "\u202eevil", "á̂̃" * 20, "&amp; &lt;b&gt;"])
def test_any_name_is_shown_as_it_is_in_its_own_direction(browser, core, ada, name):
    listen(core, ada, (3600, {"title": name}))
    shown = browser.get("/u/ada").all("p", class_="name clamp")[0]
    assert shown.attributes["dir"] == "auto"
    assert shown.text == names.clean(name)
