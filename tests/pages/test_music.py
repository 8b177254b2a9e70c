from __future__ import annotations

import pytest

from goscrobble.testing import make_account
from tests.pages.test_user import DAY, listen

NOWHERE = "00000000-0000-4000-8000-000000000000"


def address(browser, kind, path="/u/ada"):
    return next(
        a.attributes["href"] for a in browser.get(path).all("a") if a.attributes["href"].startswith(f"/{kind}/")
    )


@pytest.mark.parametrize(
    ("kind", "name"), [("artist", "deadmau5"), ("album", "For Lack of a Better Name"), ("track", "Strobe")]
)
def test_a_page_of_music_names_it_and_its_listeners(browser, core, ada, kind, name):
    listen(core, ada, (3600, {}), (40 * DAY, {}))
    page = browser.get(address(browser, kind))
    assert page.one("h1").text == name
    assert "2 plays" in page.text
    assert len(page.all("a", href="/u/ada")) >= 1
    assert page.all("h2")[0].text == "On this server"


def test_somebody_signed_in_reads_their_own_numbers(signed_in, core, ada):
    listen(core, ada, (3600, {}), (40 * DAY, {}))
    page = signed_in.get(address(signed_in, "artist"))
    assert page.all("h2")[0].text == "You"
    assert "First on 22 Apr 2026, last on 1 Jun 2026." in page.text


def test_what_only_somebody_hidden_heard_does_not_exist(browser, core):
    eve = make_account(core, "eve", privacy="private")
    listen(core, eve, (3600, {}))
    browser.sign_in("eve")
    secret = address(browser, "artist", "/u/eve")
    assert browser.get(secret).status == 200
    browser.post("/logout")
    assert browser.get(secret).status == 404


@pytest.mark.parametrize("path", [f"/artist/{NOWHERE}", "/album/x", "/track/' or 1=1", "/artist/"])
def test_music_that_nobody_knows_is_not_there(browser, path):
    assert browser.get(path).status == 404
