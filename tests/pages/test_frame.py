"""What holds for every page: no script needed, none of a stranger's, readable, guarded."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

import goscrobble.web
from goscrobble.services import accounts, ingest
from goscrobble.services import tokens as api_tokens
from goscrobble.testing import make_account, make_draft

WEB = Path(goscrobble.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
STATIC = sorted(path for path in (WEB / "static").rglob("*.*"))
TOKENS = (WEB / "static/css/tokens.css").read_text("utf-8")

OPEN = [
    "/",
    "/login",
    "/register",
    "/reset",
    "/reset?token=x",
    "/u/ada",
    "/u/ada?range=all",
    "/u/ada/history",
    "/u/ada/history?source=self&from=2026-01-01",
    "/u/ada/charts/artists",
    "/u/ada/charts/tracks?from=2026-01-01&to=2026-03-01&by=time",
    "/u/ada/years/2026",
    "/u/ada/discoveries",
    "/u/ada/discoveries?range=all",
    "/u/ada/compare",
    "/u/ada/milestones",
    "/u/ada/compare?from=2026-01-01&to=2026-03-01&other_from=x&other_to=",
    "/u/ada/compare?with=nobody",
    "/search",
    "/search?q=ada",
    "/u/nobody",
    "/api",
    "/nope",
]
OWN = ["/settings", "/u/ada", "/u/nobody", "/api"]
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}", "'-alert(1)-'"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_inline_style_and_no_inline_script(path):
    text = path.read_text("utf-8")
    assert re.findall(r"\sstyle\s*=", text) == []
    assert re.findall(r"\son\w+\s*=", text) == []
    assert re.findall(r"<style|javascript:", text) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", text) if " src=" not in tag] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_never_switches_escaping_off(path):
    assert re.findall(r"\|\s*safe\b|autoescape|Markup", path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=lambda path: path.name)
def test_nothing_is_asked_of_another_host(path):
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|[\"'(]//|@import|(?<!_)url\(", text) == []


def test_the_policy_of_every_page_allows_nothing_inline(browser, ada):
    for path in OPEN:
        policy = browser.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", OPEN)
def test_an_open_page_is_well_made(browser, ada, path):
    check_well_made(browser.get(path))


@pytest.mark.parametrize("path", OWN)
def test_a_page_of_somebody_signed_in_is_well_made(signed_in, path):
    check_well_made(signed_in.get(path))


def check_well_made(page):
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("title").text.strip() != ""
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("header")) == len(page.all("footer")) == 1
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert sorted(set(ids)) == sorted(ids)
    labels = {label.attributes.get("for") for label in page.all("label")}
    for control in [*page.all("input"), *page.all("select")]:
        if "hidden" not in control.attributes and control.attributes.get("type") not in {"hidden", "radio", "checkbox"}:
            assert control.attributes["id"] in labels
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby"):
            assert element.attributes.get(name, ids[0]) in ids
    in_page = {a.attributes["href"][1:] for a in page.all("a") if a.attributes["href"].startswith("#")}
    assert in_page <= set(ids)


def test_headings_do_not_skip_a_level(signed_in):
    for path in (*OPEN, *OWN):
        levels = [int(e.tag[1]) for e in signed_in.get(path).elements if re.fullmatch(r"h[1-6]", e.tag)]
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_strangers_names_are_text_on_every_page(signed_in, ada, core, clock):
    for i, name in enumerate(HOSTILE):
        play = make_draft(title=name, artists=(name, "B"), album=name, played_at=int(clock.at) - 3600 * (i + 1))
        ingest.submit(core, ada.id, [play], source=name[:20])
        api_tokens.add_api_token(core, ada, name, {"read"})
    for path in (*OPEN, *OWN, f"/u/{HOSTILE[1]}", f"/login?next={HOSTILE[1]}", f"/u/ada?range={HOSTILE[1]}"):
        page = signed_in.get(path)
        assert [img for img in page.all("img") if not img.attributes["src"].startswith("/covers/")] == []
        assert [script for script in page.all("script") if not script.attributes.get("src")] == []
        assert [e for e in page.elements if any(name.startswith("on") for name in e.attributes)] == []
    shown = signed_in.get("/u/ada").text
    assert all(name in shown for name in HOSTILE)


def test_what_was_typed_comes_back_as_text(browser):
    for path, field in (("/login", "username"), ("/register", "username"), ("/reset/password", "token")):
        page = browser.post(path, **{field: HOSTILE[1], "password": "x"})
        assert page.status in (400, 401)
        assert page.all("img") == []


def pages_that_take_forms(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("pages.") and "POST" in rule.methods:
            yield re.sub(r"<[^>]+>", "x", rule.rule)


def test_no_form_is_taken_from_another_site(app, signed_in, core, ada):
    paths = sorted(pages_that_take_forms(app))
    assert len(paths) >= 13
    for path in paths:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
            refused = signed_in.post(path, headers=headers, username="ada", password="x")
            assert (path, refused.status) == (path, 403)
    assert accounts.find(core, "ada") == ada


def test_every_form_of_the_settings_asks_who_is_there(app, browser):
    for path in pages_that_take_forms(app):
        if path.startswith("/settings"):
            page = browser.post(path)
            assert (path, page.status, page.location) == (path, 303, "/login?next=/settings")


def test_a_page_of_somebody_signed_in_is_kept_in_no_cache(signed_in):
    page = signed_in.get("/settings")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Cookie" in page.headers["Vary"]


def test_a_field_that_no_browser_sends_is_refused(browser):
    assert browser.post("/login", username="a\0b", password="x").status == 400
    assert browser.post("/login", username="a" * 5001, password="x").status == 400


def test_static_files_are_served_under_an_address_that_names_their_content(browser):
    href = browser.get("/login").all("link", rel="stylesheet")[0].attributes["href"]
    assert re.fullmatch(r"/static/css/tokens\.css\?v=[0-9a-f]{12}", href)
    answer = browser.get(href)
    assert answer.html == TOKENS
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert browser.get("/static/css/tokens.css").headers["Cache-Control"] == "no-cache"


def test_the_frame_names_who_is_signed_in_also_on_an_error_page(signed_in):
    assert signed_in.get("/nope").one("a", href="/u/ada").text == "ada"


def test_below_a_path_every_link_keeps_it(browser, core):
    make_account(core)
    page = browser.get("/login", base_url="http://localhost/music")
    assert all(a.attributes["href"].startswith(("/music/", "#")) for a in page.all("a"))
    assert page.one("form", class_="form").attributes["action"] == "/music/login"


# ---- colours ----


COLOURS = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
LIGHT, DARK = {name: light for name, light, _ in COLOURS}, {name: dark for name, _, dark in COLOURS}
PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in ("paper", "surface", "accent-soft")),
    ("ink", "sunken"),
    ("ink-soft", "sunken"),
    ("ink-soft", "live-soft"),
    ("live", "live-soft"),
    ("live", "surface"),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-danger", "danger"),
    ("danger", "danger-soft"),
    ("danger", "surface"),
]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_has_the_contrast_that_wcag_aa_asks_for(colours, ink, ground):
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface"])
def test_the_edges_of_fields_can_be_seen(colours, ground):
    assert contrast(colours["edge"], colours[ground]) >= 3


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
