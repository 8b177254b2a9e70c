from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from goscrobble.services import corrections, history, ids, ingest, rollups
from goscrobble.testing import make_account, make_draft
from tests.pages.test_frame import HOSTILE
from tests.pages.test_history import SONGS, titles
from tests.pages.test_user import listen


@pytest.fixture
def token(core, ada):
    """The newest of three plays of ada's, Jóga."""
    listen(core, ada, *SONGS)
    return ids.of(core).token(history.recent(core, ada)[0][0].id)


def plays(core, account):
    return history.recent(core, account)[0]


def fields(page):
    """What the form for a play holds."""
    values = {name: page.one("input", name=name).attributes["value"] for name in ("title", "album_title", "played_at")}
    return values | {"artists": page.one("textarea", name="artists").text}


def retell(core, account):
    """Have the player tell its newest play once more."""
    again = make_draft(played_at=int(core.now()) - SONGS[0][0], **SONGS[0][1])
    ingest.submit(core, account.id, [again], source="jellyfin")


def test_recent_plays_have_a_menu_for_who_heard_them_and_nobody_else(browser, core, ada, token):
    assert browser.get("/u/ada").all("details", class_="actions") == []
    browser.sign_in("ada")
    page = browser.get("/u/ada")
    edit, delete = f"/u/ada/history/{token}", f"/u/ada/history/{token}/delete"
    assert "Edit or delete Jóga, " in page.one("li", id=f"play-{token}").text
    assert page.one("a", href=edit).text == "Edit"
    assert browser.post(page.one("form", action=delete).attributes["action"]).status == 303
    assert len(plays(core, ada)) == 2
    make_account(core, "eve")
    browser.sign_in("eve")
    assert browser.get("/u/ada").all("details", class_="actions") == []


# ---- delete, and undo ----


def test_a_play_is_deleted_and_brought_back(signed_in, core, ada, token):
    before = plays(core, ada)
    page = signed_in.get("/u/ada/history")
    answer = signed_in.post(page.one("form", action=f"/u/ada/history/{token}/delete").attributes["action"])
    assert (answer.status, answer.location) == (303, f"/u/ada/history?deleted={token}")
    page = signed_in.get(answer.location)
    assert "The play is deleted." in page.text
    assert titles(page) == ["Hunter", "Halleluhwah"]
    retell(core, ada)
    assert len(plays(core, ada)) == 2

    undo = page.one("form", class_="notice undo").attributes["action"]
    answer = signed_in.post(undo)
    assert (answer.status, answer.location) == (303, f"/u/ada/history?done=restored#play-{token}")
    page = signed_in.get(answer.location)
    assert "The play is back." in page.text
    assert plays(core, ada) == before
    assert signed_in.post(undo).status == 303  # twice is once
    assert plays(core, ada) == before
    assert "is deleted" not in signed_in.get(f"/u/ada/history?deleted={token}").text


def test_filters_and_page_are_those_of_before(signed_in, core, token):
    page = signed_in.get("/u/ada/history?source=jellyfin&from=2026-01-01")
    answer = signed_in.post(f"/u/ada/history/{token}/delete?from=2026-01-01&source=jellyfin")
    assert page.one("form", action=f"/u/ada/history/{token}/delete?from=2026-01-01&source=jellyfin")
    assert parse_qs(urlsplit(answer.location).query) == {
        "source": ["jellyfin"],
        "from": ["2026-01-01"],
        "deleted": [token],
    }


def test_a_play_that_is_gone_for_good_is_not_found(signed_in, core, token):
    assert signed_in.post(f"/u/ada/history/{token}/delete").status == 303
    assert signed_in.post(f"/u/ada/history/{token}/delete").status == 404
    core.clock.advance(corrections.RESTORABLE + 1)
    signed_in.sign_in()
    assert signed_in.post(f"/u/ada/history/{token}/restore").status == 404


@pytest.mark.parametrize("name", ["x", "nonsense", "0", "zzzzzzzzzzzz", "%00", "🎧"])
@pytest.mark.parametrize("action", ["/delete", "/restore", "/undo", ""])
def test_what_is_no_play_is_not_found(signed_in, ada, name, action):
    assert signed_in.post(f"/u/ada/history/{name}{action}", title="A").status == 404
    assert signed_in.get(f"/u/ada/history?deleted={name}&edited={name}").status == 200


# ---- edit ----


def test_a_play_is_edited(signed_in, core, ada, token):
    page = signed_in.get(f"/u/ada/history/{token}?source=jellyfin")
    assert fields(page) == {
        "title": "Jóga",
        "artists": "Björk",
        "album_title": "Homogenic",
        "played_at": "2026-06-01T11:00:00",
    }
    action = page.one("form", class_="form").attributes["action"]
    answer = signed_in.post(
        action,
        title="Bachelorette",
        artists="Björk\r\n\r\n Tyler, The Creator ",
        album_title="",
        played_at="2026-06-01T10:30",
    )
    assert (answer.status, answer.location) == (303, f"/u/ada/history?source=jellyfin&edited={token}#play-{token}")
    assert "The play is changed." in signed_in.get(answer.location).text
    retell(core, ada)
    edited, *others = plays(core, ada)
    assert len(others) == 2
    assert (edited.track.name, [it.name for it in edited.artists]) == ("Bachelorette", ["Björk", "Tyler, The Creator"])
    assert (edited.album, int(core.now()) - edited.played_at) == (None, 5400)


OTHER = {"title": "Army of Me", "artists": "Skunk Anansie", "album_title": "Post", "played_at": "2026-06-01T08:00"}


def test_an_edit_is_undone(signed_in, core, ada, token):
    before, counted = plays(core, ada), signed_in.get("/u/ada/charts/artists?range=all").html
    answer = signed_in.post(f"/u/ada/history/{token}?source=jellyfin", **OTHER)
    page = signed_in.get(answer.location)
    assert titles(page) == ["Army of Me", "Hunter", "Halleluhwah"]

    undo = page.one("form", class_="notice undo").attributes["action"]
    answer = signed_in.post(undo)
    assert (answer.status, answer.location) == (303, f"/u/ada/history?source=jellyfin&done=undone#play-{token}")
    assert "The play is what it was." in signed_in.get(answer.location).text
    assert plays(core, ada) == before
    assert signed_in.get("/u/ada/charts/artists?range=all").html == counted
    assert {name: wrong for name, wrong in rollups.check(core) if wrong} == {}

    assert signed_in.post(undo).status == 303  # twice is once
    assert plays(core, ada) == before
    assert signed_in.get(f"/u/ada/history?edited={token}").all("form", class_="notice undo") == []


def test_of_two_edits_the_last_is_undone_and_before_a_deletion_none(signed_in, core, ada, token):
    signed_in.post(f"/u/ada/history/{token}", **OTHER)
    once = plays(core, ada)
    signed_in.post(f"/u/ada/history/{token}", **OTHER | {"title": "Isobel"})
    signed_in.post(f"/u/ada/history/{token}/undo")
    assert plays(core, ada) == once
    signed_in.post(f"/u/ada/history/{token}", **OTHER | {"title": "Isobel"})
    signed_in.post(f"/u/ada/history/{token}/delete")
    assert signed_in.post(f"/u/ada/history/{token}/undo").status == 404
    assert len(plays(core, ada)) == 2
    signed_in.post(f"/u/ada/history/{token}/restore")
    assert plays(core, ada)[0].track.name == "Isobel"


def test_an_edit_is_undone_for_thirty_days(signed_in, core, ada, token):
    signed_in.post(f"/u/ada/history/{token}", **OTHER)
    edited = plays(core, ada)
    core.clock.advance(corrections.RESTORABLE + 1)
    signed_in.sign_in()
    assert signed_in.get(f"/u/ada/history?edited={token}").all("form", class_="notice undo") == []
    signed_in.post(f"/u/ada/history/{token}/undo")
    assert plays(core, ada) == edited


def test_what_was_not_touched_is_not_changed(signed_in, core, ada, token):
    before = plays(core, ada)
    answer = signed_in.post(f"/u/ada/history/{token}", **fields(signed_in.get(f"/u/ada/history/{token}")))
    assert answer.location == f"/u/ada/history#play-{token}"
    assert plays(core, ada) == before


def test_times_are_those_of_the_owners_zone_and_an_hour_that_comes_twice_is_kept(browser, core):
    kim = make_account(core, "kim", time_zone="Europe/Berlin")
    twice = 1761442200  # 2025-10-26 02:30, the second time
    ingest.submit(core, kim.id, [make_draft(played_at=twice)], source="jellyfin")
    browser.sign_in("kim")
    form = f"/u/kim/history/{ids.of(core).token(plays(core, kim)[0].id)}"
    values = fields(browser.get(form))
    assert values["played_at"] == "2025-10-26T02:30:00"
    browser.post(form, **values | {"title": "Other"})
    assert [(play.track.name, play.played_at) for play in plays(core, kim)] == [("Other", twice)]
    browser.post(form, **values | {"title": "Other", "played_at": "2025-10-25T12:00:00"})
    assert [play.played_at for play in plays(core, kim)] == [1761386400]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "Track is missing"),
        ({"artists": "\r\n \r\n"}, "Artist is missing"),
        ({"artists": "\n".join(f"Artist {i}" for i in range(60))}, "More than 50 artists"),
        ({"played_at": "yesterday"}, "The time must be"),
        ({"played_at": ""}, "The time must be"),
        ({"played_at": "2026-06-01T10:00:00Z"}, "The time must be"),
        ({"played_at": "0001-01-01T00:00"}, "before 2002"),
        ({"played_at": "9999-12-31T23:59:59"}, "in the future"),
        ({"played_at": "2026-02-30T10:00"}, "The time must be"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_the_form(signed_in, core, ada, token, wrong, sentence):
    before, form = plays(core, ada), f"/u/ada/history/{token}"
    values = fields(signed_in.get(form)) | {"album_title": "Kept"} | wrong
    page = signed_in.post(form, **values)
    assert page.status == 400
    assert sentence in page.problem
    assert fields(page)["album_title"] == "Kept"
    assert plays(core, ada) == before


def test_two_plays_of_a_track_never_stand_at_one_second(signed_in, core, ada, token):
    before = plays(core, ada)
    page = signed_in.post(
        f"/u/ada/history/{token}",
        title="Hunter",
        artists="Björk\nMark Bell",
        album_title="Homogenic",
        played_at="2026-05-31T10:00:00",
    )
    assert (page.status, page.problem) == (409, "This track was already played at that time")
    assert plays(core, ada) == before


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_only_text(signed_in, core, ada, text):
    listen(core, ada, (3600, {"title": text, "artists": (text,), "album": text}))
    token = ids.of(core).token(plays(core, ada)[0].id)
    page = signed_in.get("/u/ada/history")
    assert f"Edit or delete {text}" in page.text
    page = signed_in.get(f"/u/ada/history/{token}")
    values = fields(page)
    assert values["title"] == values["artists"] == values["album_title"] == text
    refused = signed_in.post(f"/u/ada/history/{token}", **values | {"title": text + "!", "played_at": text})
    assert fields(refused) == values | {"title": text + "!", "played_at": text}


# ---- who may ----


@pytest.mark.parametrize("action", ["", "/delete", "/restore", "/undo"])
def test_nobody_else_may(browser, core, ada, token, action):
    make_account(core, "eve", admin=True)
    before, address = plays(core, ada), f"/u/ada/history/{token}{action}"
    assert f"/u/ada/history/{token}" not in browser.get("/u/ada/history").html
    assert browser.post(address).location.startswith("/login?next=")
    browser.sign_in("eve")
    page = browser.get(f"/u/ada/history?deleted={token}&edited={token}")
    assert f"/u/ada/history/{token}" not in page.html
    assert page.all("p", class_="notice undo") == []
    assert browser.post(address, title="A").status == 403
    assert browser.get(f"/u/ada/history/{token}").status == 403
    assert browser.post(f"/u/eve/history/{token}{action}", title="A").status == 404  # nor under one's own name
    assert plays(core, ada) == before


def test_somebody_hidden_is_nobody(browser, core, ada):
    make_account(core, "eve", privacy="private")
    browser.sign_in("ada")
    for name in ("eve", "nobody"):
        assert browser.post(f"/u/{name}/history/x/delete").status == 404
        assert browser.get(f"/u/{name}/history/x").status == 404


def test_a_form_of_another_site_changes_nothing(signed_in, core, ada, token):
    before = plays(core, ada)
    for action in ("", "/delete", "/restore", "/undo"):
        page = signed_in.post(f"/u/ada/history/{token}{action}", headers={"Sec-Fetch-Site": "cross-site"}, title="A")
        assert page.status == 403
    assert plays(core, ada) == before


def test_what_was_typed_outlives_the_session(browser, core, ada, token):
    typed = {"title": "A & B = ♪", "artists": "One\nTwo", "album_title": "", "played_at": "2026-06-01T10:30:05"}
    answer = browser.post(f"/u/ada/history/{token}?source=jellyfin", **typed)
    assert answer.status == 303
    page = browser.get(answer.location)
    answer = browser.post(
        "/login",
        username="ada",
        password="correct horse battery staple",
        next=page.one("input", name="next").attributes["value"],
    )
    page = browser.get(answer.location)
    assert fields(page) == typed
    assert page.one("form", class_="form").attributes["action"] == f"/u/ada/history/{token}?source=jellyfin"


def test_what_is_too_long_for_an_address_costs_no_more_than_itself(browser, token):
    answer = browser.post(f"/u/ada/history/{token}", title="x" * 4000)
    assert answer.location == f"/login?next=/u/ada/history/{token}"


def test_undo_is_offered_again_after_signing_in(browser, token):
    answer = browser.post(f"/u/ada/history/{token}/restore")
    assert parse_qs(urlsplit(answer.location).query)["next"] == [f"/u/ada/history?deleted={token}"]


def test_undo_of_an_edit_is_offered_again_after_signing_in(browser, token):
    answer = browser.post(f"/u/ada/history/{token}/undo")
    assert parse_qs(urlsplit(answer.location).query)["next"] == [f"/u/ada/history?edited={token}"]


def test_undo_where_the_place_was_taken_since_loses_no_play(signed_in, core, ada, token):
    assert signed_in.post(f"/u/ada/history/{token}/delete").status == 303
    other = ids.of(core).token(plays(core, ada)[0].id)
    values = {"title": "Jóga", "artists": "Björk", "album_title": "Homogenic", "played_at": "2026-06-01T11:00:00"}
    assert signed_in.post(f"/u/ada/history/{other}", **values).status == 303
    assert signed_in.post(f"/u/ada/history/{token}/restore").status == 303
    assert [play.track.name for play in plays(core, ada)] == ["Jóga", "Jóga", "Halleluhwah"]  # a second later
    assert {ids.of(core).token(play.id) for play in plays(core, ada)} > {token, other}
