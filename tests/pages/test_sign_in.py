from __future__ import annotations

import pytest

from goscrobble.testing import PASSWORD
from goscrobble.web import forms


def test_signing_in_leads_to_the_own_page(browser, ada):
    page = browser.post("/login", username="ada", password=PASSWORD)
    assert (page.status, page.location) == (303, "/u/ada")
    assert browser.get("/settings").status == 200


def test_the_e_mail_address_signs_in_too(browser, ada):
    assert browser.post("/login", username=" ADA@example.org ", password=PASSWORD).status == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser, ada):
    cookie = browser.sign_in().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_wrong_password_is_told_beside_the_form_that_keeps_the_name(browser, ada):
    page = browser.post("/login", username="ada", password="not this one", next="/settings")
    assert page.status == 401
    assert page.problem == "Invalid Username or Password"
    assert page.one("input", id="username").attributes["value"] == "ada"
    assert page.one("input", name="next").attributes["value"] == "/settings"
    assert "not this one" not in page.html
    assert browser.get("/settings").status == 303


def test_an_unknown_name_reads_like_a_wrong_password(browser, ada):
    wrong, unknown = (browser.post("/login", username=name, password="x" * 9) for name in ("ada", "eve"))
    assert wrong.html == unknown.html.replace("eve", "ada")


def test_guessing_is_slowed_down_and_told_how_long(browser, ada):
    pages = [browser.post("/login", username="ada", password=f"guess {i}") for i in range(21)]
    assert [page.status for page in pages] == [401] * 20 + [429]
    assert int(pages[-1].headers["Retry-After"]) >= 1
    assert pages[-1].problem.startswith("Too many wrong passwords")


def test_a_page_that_needs_somebody_leads_to_the_form_and_back(browser, ada):
    page = browser.get("/settings")
    assert (page.status, page.location) == (303, "/login?next=/settings")
    form = browser.get(page.location)
    assert "Please sign in first." in form.text
    going_on = form.one("input", name="next").attributes["value"]
    assert browser.post("/login", username="ada", password=PASSWORD, next=going_on).location == "/settings"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil",
        "\\/e",
    ],
)
def test_signing_in_never_leads_to_another_site(browser, ada, elsewhere):
    page = browser.post("/login", username="ada", password=PASSWORD, next=elsewhere)
    assert page.location == "/u/ada"
    assert browser.get("/login", query_string={"next": elsewhere}).location == "/u/ada"


@pytest.mark.parametrize("path", ["/", "/settings", "/u/ada?range=7d", "/u/ada#tops"])
def test_a_path_of_this_server_may_follow(path):
    assert path == forms.inner_path(path)


def test_who_is_signed_in_needs_no_form(signed_in):
    assert signed_in.get("/login").location == "/u/ada"
    assert signed_in.get("/login?next=/settings").location == "/settings"


def test_signing_out_ends_the_session(signed_in):
    page = signed_in.post("/logout")
    assert page.location == "/login?done=out"
    assert "You are signed out." in signed_in.get(page.location).text
    assert signed_in.get("/settings").status == 303


def test_signing_out_takes_a_form(signed_in):
    assert signed_in.get("/logout").status == 405
    assert signed_in.get("/settings").status == 200
