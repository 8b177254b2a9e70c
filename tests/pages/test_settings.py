from __future__ import annotations

import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from goscrobble.services import accounts, history, settings, tokens
from goscrobble.testing import PASSWORD, make_account
from goscrobble.web.pages.settings import time_zones

NEW = "a wholly different sentence"


def text_of(page) -> str:
    """The secret that is shown this once."""
    return page.one("code", tabindex="0").text


# ---- players ----


def test_a_ready_address_is_made_and_takes_plays(signed_in, client, core, ada):
    page = signed_in.post("/settings/sources/jellyfin")
    address = text_of(page)
    assert re.fullmatch(r"http://127\.0\.0\.1:42069/api/v1/ingress/jellyfin\?key=gs_[\w-]{43}", address)
    assert page.headers["Cache-Control"] == "no-store"
    assert [(one.name, one.scopes) for one in tokens.list_api_tokens(core, ada)] == [
        ("Jellyfin", frozenset({"ingest"}))
    ]
    play = {"Name": "Nude", "Artist": "Radiohead", "Album": "In Rainbows", "ItemType": "Audio"}
    parts = urlsplit(address)
    assert client.post(f"{parts.path}?{parts.query}", json=play).get_json() == {"message": "success"}
    assert [play.track.name for play in history.recent(core, ada)[0]] == ["Nude"]


def test_the_address_is_shown_once_and_stands_in_the_steps(signed_in):
    made = signed_in.post("/settings/sources/jellyfin")
    address = text_of(made)
    assert made.html.count(address.replace("&", "&amp;")) == 2
    later = signed_in.get("/settings")
    assert address.partition("key=")[2] not in later.html
    assert "/api/v1/ingress/jellyfin?key=…" in later.text
    assert "Jellyfin Not heard from yet" in later.text


def test_the_page_tells_when_a_player_was_last_heard_from(signed_in, client, clock):
    parts = urlsplit(text_of(signed_in.post("/settings/sources/multiscrobbler")))
    client.post(f"{parts.path}?{parts.query}", json={"Track": "T", "Artist": ["A"], "Album": "B"})
    clock.advance(7200)
    assert "multi-scrobbler Connected last heard from 2 hours ago" in signed_in.get("/settings").text


def test_a_source_that_is_switched_off_is_not_offered(signed_in, core):
    settings.change(core, {"JELLYFIN_ENABLED": False})
    assert signed_in.get("/settings").all("h3")[0].text == "multi-scrobbler"
    assert signed_in.post("/settings/sources/jellyfin").status == 404
    settings.change(core, {f"{name}_ENABLED": False for name in ("MULTISCROBBLER", "NAVIDROME", "SPOTIFY")})
    assert "No players can be connected here" in signed_in.get("/settings").text


def test_an_unknown_source_is_not_found(signed_in):
    assert signed_in.post("/settings/sources/nonsense").status == 404


def test_too_many_addresses_are_refused_beside_their_source(signed_in, core, ada):
    for i in range(tokens.MOST):
        tokens.add_api_token(core, ada, f"t{i}", {"ingest"})
    page = signed_in.post("/settings/sources/jellyfin")
    assert page.status == 409
    assert page.problem.startswith("An account can have")


# ---- tokens ----


def test_a_token_is_made_shown_once_and_revoked(signed_in, core, ada):
    page = signed_in.post("/settings/tokens", name=" my script ", scopes=["read", "write"])
    assert re.fullmatch(r"gs_[\w-]{43}", text_of(page))
    (made,) = tokens.list_api_tokens(core, ada)
    assert (made.name, made.scopes) == ("my script", frozenset({"read", "write"}))
    later = signed_in.get("/settings")
    assert text_of(page) not in later.html
    assert "read, write · made just now · never used" in later.text
    done = signed_in.post(f"/settings/tokens/{made.id}/revoke")
    assert (done.status, done.location) == (303, "/settings?done=revoked#tokens")
    assert "The token was revoked." in signed_in.get(done.location).text
    assert tokens.list_api_tokens(core, ada) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "scopes": ["read"]}, "A token's name has"),
        ({"name": "x" * 101, "scopes": ["read"]}, "A token's name has"),
        ({"name": "x"}, "The scopes of a token"),
        ({"name": "x", "scopes": ["account"]}, "The scopes of a token"),
    ],
)
def test_a_token_that_cannot_be_made_is_told_beside_its_form(signed_in, core, ada, fields, words):
    page = signed_in.post("/settings/tokens", **fields)
    assert page.status == 400
    assert page.problem.startswith(words)
    assert page.one("input", id="token-name").attributes["value"] == fields["name"]
    ticked = [box.attributes["value"] for box in page.all("input", name="scopes") if "checked" in box.attributes]
    assert ticked == [scope for scope in fields.get("scopes", []) if scope != "account"]
    assert tokens.list_api_tokens(core, ada) == []


def test_nobody_revokes_somebody_elses_token(signed_in, core):
    eve = make_account(core, "eve")
    hers, _ = tokens.add_api_token(core, eve, "hers", {"read"})
    assert signed_in.post(f"/settings/tokens/{hers.id}/revoke").status == 404
    assert signed_in.post("/settings/tokens/nonsense/revoke").status == 404
    assert len(tokens.list_api_tokens(core, eve)) == 1


# ---- the page ----


def test_time_zone_and_privacy_are_changed(signed_in, core):
    done = signed_in.post("/settings/listening", time_zone="Asia/Tokyo", privacy="members")
    assert (done.status, done.location) == (303, "/settings?done=listening#listening")
    account = accounts.find(core, "ada")
    assert (account.time_zone, account.privacy) == ("Asia/Tokyo", "members")
    page = signed_in.get(done.location)
    assert "Saved." in page.text
    assert "it is now 21:00" in page.text
    assert [o.attributes["value"] for o in page.all("option") if "selected" in o.attributes] == ["Asia/Tokyo"]
    assert [b.attributes["value"] for b in page.all("input", name="privacy") if "checked" in b.attributes] == [
        "members"
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"time_zone": "Mars/Olympus", "privacy": "public"}, "There is no time zone named"),
        ({"time_zone": "UTC", "privacy": "secret"}, "privacy must be"),
        ({}, ""),
    ],
)
def test_what_cannot_be_set_changes_nothing(signed_in, core, ada, fields, words):
    page = signed_in.post("/settings/listening", **fields)
    assert page.status == 400
    assert words in page.problem
    assert accounts.find(core, "ada") == ada


def test_every_zone_that_is_offered_exists():
    offered = [name for _, names in time_zones("Asia/Calcutta") for name in names]
    assert {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Calcutta"} <= set(offered)
    assert [ZoneInfo(name).key for name in offered] == offered
    assert len(set(offered)) == len(offered)


def test_an_unusual_zone_of_an_account_stays_chosen():
    assert "EST5EDT" in dict(time_zones("EST5EDT"))["Other"]


# ---- sign-in ----


def test_the_e_mail_address_is_changed_with_the_password(signed_in, core):
    done = signed_in.post("/settings/email", email="new@example.org", password=PASSWORD)
    assert (done.status, done.location) == (303, "/settings?done=email#account")
    assert accounts.find(core, "ada").email == "new@example.org"
    page = signed_in.get(done.location)
    assert page.one("input", id="email-email").attributes["value"] == "new@example.org"


@pytest.mark.parametrize(
    ("email", "password", "status", "words"),
    [
        ("new@example.org", "wrong", 403, "The current password is wrong"),
        ("nowhere", PASSWORD, 400, "not an e-mail address"),
        ("eve@example.org", PASSWORD, 409, ""),
    ],
)
def test_an_e_mail_address_that_is_refused_is_kept_in_its_form(signed_in, core, email, password, status, words):
    make_account(core, "eve")
    page = signed_in.post("/settings/email", email=email, password=password)
    assert page.status == status
    assert words in page.problem
    assert page.one("input", id="email-email").attributes["value"] == email
    assert "value" not in page.one("input", id="email-password").attributes
    assert accounts.find(core, "ada").email == "ada@example.org"


def test_the_password_is_changed_and_only_this_browser_stays(app, signed_in, core):
    other = app.test_client()
    other.post("/login", data={"username": "ada", "password": PASSWORD}, headers={"Sec-Fetch-Site": "same-origin"})
    assert other.get("/settings").status_code == 200
    done = signed_in.post("/settings/password", old_password=PASSWORD, new_password=NEW)
    assert (done.status, done.location) == (303, "/settings?done=password#account")
    assert "The password was changed." in signed_in.get(done.location).text
    assert other.get("/settings").status_code == 303
    assert accounts.sign_in(core, "ada", NEW, "::1").username == "ada"


@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [("wrong", NEW, 403, "The current password is wrong"), (PASSWORD, "short", 400, "The password must have")],
)
def test_a_password_that_is_refused_stays(signed_in, core, old, new, status, words):
    page = signed_in.post("/settings/password", old_password=old, new_password=new)
    assert page.status == status
    assert page.problem.startswith(words)
    assert new not in page.html
    assert accounts.sign_in(core, "ada", PASSWORD, "::1").username == "ada"


def test_signing_out_everywhere_ends_every_session_and_keeps_tokens(app, signed_in, core, ada):
    tokens.add_api_token(core, ada, "player", {"ingest"})
    done = signed_in.post("/settings/sessions/end")
    assert (done.status, done.location) == (303, "/login?done=everywhere")
    assert signed_in.get("/settings").status == 303
    assert len(tokens.list_api_tokens(core, ada)) == 1


# ---- farewell ----


def test_an_account_is_deleted_with_name_and_password(browser, core, ada):
    make_account(core, "eve")
    browser.sign_in("eve")
    done = browser.post("/settings/delete", username="EVE", password=PASSWORD)
    assert (done.status, done.location) == (303, "/login?done=deleted")
    assert "was deleted" in browser.get(done.location).text
    assert accounts.find(core, "eve") is None
    assert browser.get("/settings").status == 303


@pytest.mark.parametrize(
    ("username", "password", "status", "words"),
    [("ada", PASSWORD, 400, "not your username"), ("eve", "wrong", 403, "The current password is wrong")],
)
def test_an_account_is_not_deleted_by_mistake(browser, core, ada, username, password, status, words):
    make_account(core, "eve")
    browser.sign_in("eve")
    page = browser.post("/settings/delete", username=username, password=password)
    assert page.status == status
    assert words in page.problem
    assert accounts.find(core, "eve") is not None


def test_the_last_administrator_stays(signed_in, core, ada):
    accounts.set_admin(core, ada, True)
    page = signed_in.post("/settings/delete", username="ada", password=PASSWORD)
    assert page.status == 409
    assert "last administrator" in page.problem
    assert accounts.find(core, "ada") is not None


def test_a_refused_form_stands_open(signed_in):
    page = signed_in.post("/settings/delete", username="x", password="x")
    assert [details.text.split("\n")[1].strip() for details in page.all("details") if "open" in details.attributes] == [
        "Delete it"
    ]


def test_a_notice_nobody_wrote_is_not_shown(signed_in):
    assert signed_in.get("/settings?done=<b>hacked</b>").all("p", class_="notice") == []
