from __future__ import annotations

import re

import pytest

from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.runner import Runner
from goscrobble.services import mail
from goscrobble.testing import PASSWORD

NEW = "a wholly different sentence"


@pytest.fixture
def link(browser, core, ada):
    """The path of the link that was mailed."""
    assert browser.post("/reset", email="ada@example.org").status == 200
    return path_of_mailed_link(core)


def test_the_answer_is_the_same_for_an_unknown_address(browser, ada):
    known, unknown = (browser.post("/reset", email=f"{name}@example.org") for name in ("ada", "eve"))
    assert known.status == 200
    assert known.html == unknown.html
    assert "Look into your mail" in known.text


def test_the_mailed_link_sets_a_new_password(browser, link):
    page = browser.get(link)
    assert page.one("h1").text == "Choose a new password"
    assert page.headers["Cache-Control"] == "no-store"
    done = browser.post("/reset/password", token=page.one("input", name="token").attributes["value"], password=NEW)
    assert (done.status, done.location) == (303, "/login?done=password")
    assert "Your new password is set" in browser.get(done.location).text
    assert browser.post("/login", username="ada", password=PASSWORD).status == 401
    assert browser.post("/login", username="ada", password=NEW).status == 303


def test_the_link_works_once(browser, link):
    token = link.partition("token=")[2]
    browser.post("/reset/password", token=token, password=NEW)
    assert browser.get(link).one("h1").text == "This link no longer works"
    again = browser.post("/reset/password", token=token, password=NEW)
    assert again.status == 401
    assert again.one("h1").text == "This link no longer works"


def test_the_link_works_for_an_hour(browser, link, clock):
    clock.advance(3601)
    assert browser.get(link).one("h1").text == "This link no longer works"


def test_a_password_that_cannot_be_used_leaves_the_link_good(browser, link):
    token = link.partition("token=")[2]
    page = browser.post("/reset/password", token=token, password="short")
    assert page.status == 400
    assert page.problem.startswith("The password must have")
    assert page.one("input", name="token").attributes["value"] == token
    assert "value" not in page.one("input", id="password").attributes
    assert browser.post("/reset/password", token=token, password=NEW).status == 303


def test_a_new_password_ends_every_session(signed_in, core):
    signed_in.post("/reset", email="ada@example.org")
    token = path_of_mailed_link(core).partition("token=")[2]
    signed_in.post("/reset/password", token=token, password=NEW)
    assert signed_in.get("/settings").status == 303


def path_of_mailed_link(core) -> str:
    Runner(core, handlers=HANDLERS).run_due()
    letter = mail.outbox(core)[0].text
    return re.search(re.escape(core.settings.public_url) + r"(/\S+)", letter.split("choose", 1)[1])[1]
