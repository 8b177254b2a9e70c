"""The pages that people look at: in every width and theme, with any name, without scripts, without a mouse."""

import json
import re
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, PATIENCE, post, register

AXE = Path(__file__).parents[2] / ".cache/package/axe.min.js"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "'-alert(1)-'",
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }} ${7 * 7} %(num)s %s",
    "\u202egnp.exe \u2066isolated\u2069",
    "مرحبا بالعالم",
    "坂本龍一の音楽",
    "🎧👩‍👩‍👧‍👦🏳️‍🌈",
    "x" * 300,
    "W" * 40 + " " + "mm " * 80,
    "Z̸̢͎͍̈́̾a̵̡̛͚l̶͇̂g̴̮̈́o̷",
]


@pytest.fixture(scope="module")
def world(server):
    """Two listeners with plays, whose names are hostile; returns the addresses of the main pages of the first."""
    now, day = int(time.time()), 86400
    plays = [
        {
            "track": HOSTILE[i % len(HOSTILE)],
            "artists": [HOSTILE[(i + 1) % len(HOSTILE)], HOSTILE[(i + 2) % len(HOSTILE)]],
            "album": HOSTILE[(i + 3) % len(HOSTILE)],
            "played_at": now - 3600 - i * day * 3,
            "duration": 200,
        }
        for i in range(len(HOSTILE) * 3)
    ]
    for name, heard in (("mallory", plays), ("trudy", plays[::4])):
        register(server, name)
        status, answer = post(f"{server.url}/api/v1/login", {"username": name, "password": PASSWORD})
        assert status == 200
        send(server, answer["token"], {"scrobbles": heard})
    top = json.load(urllib.request.urlopen(f"{server.url}/api/v1/users/mallory/top/tracks?limit=1", timeout=PATIENCE))
    track = top["tracks"][0]
    album = json.load(urllib.request.urlopen(f"{server.url}/api/v1/users/mallory/top/albums?limit=1", timeout=PATIENCE))
    return [
        "/",
        "/u/mallory?range=all",
        "/u/mallory/history",
        "/u/mallory/charts/artists?range=365d",
        "/u/mallory/discoveries?range=all",
        "/u/mallory/compare",
        "/u/mallory/compare?with=trudy",
        "/u/mallory/milestones",
        "/u/mallory/charts/tracks?from=2020-01-01&to=2020-01-02",
        f"/u/mallory/years/{time.gmtime(now - day).tm_year}",
        f"/track/{track['id']}",
        f"/artist/{track['artists'][0]['id']}",
        f"/u/mallory/history?artist={track['artists'][0]['id']}",
        f"/album/{album['albums'][0]['id']}",
        "/search?q=x",
        "/login",
        "/register",
        "/nothing-here",
    ]


def send(server, token, body):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"{server.url}/api/v1/scrobbles", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert {one["status"] for one in json.load(answer)["outcomes"]} == {"stored"}


@pytest.fixture
def open_page(browser, server):
    """Open a page in a browser of its own; in the end no dialog was shown, and nothing was forbidden or went wrong."""
    contexts, complaints = [], []

    def open_page(**options):
        context = browser.new_context(base_url=server.url, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [it for it in complaints if "404 (NOT FOUND)" not in it] == []


def test_no_name_runs_a_script_or_makes_a_page_wider_than_a_phone(open_page, world):
    page = open_page(viewport={"width": 390, "height": 844})
    for address in world:
        page.goto(address)
        assert (address, too_wide(page)) == (address, [])
    for width in (320, 820, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        for address in world[1:8]:
            page.goto(address)
            assert (address, too_wide(page)) == (address, [])


def too_wide(page):
    """The elements that reach beyond the page's edge, if it can be moved sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
        .filter((it) => it.getBoundingClientRect().right > innerWidth && !it.closest(".roll, .tabs, .switch"))
        .map((it) => it.outerHTML.slice(0, 120))"""
    )


def test_hostile_names_are_told_live_as_text(open_page, server, world, sign_in_by_api):
    page = open_page()
    page.goto("/u/mallory")
    page.wait_for_timeout(1000)  # the stream opens
    for name in HOSTILE[:4]:
        play = {
            "track": f"live {name}",
            "artists": [name],
            "album": name,
            "played_at": int(time.time()),
            "duration": 200,
        }
        send(server, sign_in_by_api("mallory"), {"scrobbles": [play | {"played_at": play["played_at"] - 500}]})
        expect(page.locator("li.play.arrived .name").filter(has_text="live").first).to_contain_text(name)


@pytest.fixture
def sign_in_by_api(server):
    def sign_in_by_api(name):
        return post(f"{server.url}/api/v1/login", {"username": name, "password": PASSWORD})[1]["token"]

    return sign_in_by_api


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(open_page, world, theme):
    if not AXE.exists():
        pytest.skip("axe-core is not here; `make axe` fetches it with npm")
    page = open_page(color_scheme=theme, viewport={"width": 1280, "height": 900})
    found = []
    for address in world:
        page.goto(address)
        found += [(address, *fault) for fault in faults(page)]
    assert found == []


def faults(page):
    """Return what axe finds serious on a page, with where it stands."""
    page.evaluate(AXE.read_text("utf-8"))
    violations = page.evaluate("axe.run({resultTypes: ['violations']}).then((results) => results.violations)")
    serious = [it for it in violations if it["impact"] in {"serious", "critical"}]
    return [(it["id"], [node["html"][:160] for node in it["nodes"]][:3]) for it in serious]


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_colours_follow_the_system_until_somebody_chooses(open_page, world, scripts):
    page = open_page(color_scheme="light", java_script_enabled=scripts)
    page.goto("/u/mallory")
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert light != dark
    page.get_by_role("button", name="Light colours").click()
    expect(page.get_by_role("button", name="Dark colours")).to_be_visible()
    assert background(page) == light
    page.goto("/search?q=x")
    assert background(page) == light
    page.get_by_role("button", name="Colours as the system has them").click()
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()
    assert background(page) == dark


def background(page):
    # With scripts switched off a page still answers the tests' own questions.
    return page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_click_switches_the_range_and_another_all_the_rest(open_page, world, scripts):
    page = open_page(java_script_enabled=scripts)
    page.goto("/u/mallory")
    switch = page.get_by_role("navigation", name="Time")
    expect(switch.locator("[aria-current]")).to_have_text("30 days")
    switch.get_by_role("link", name="All time").click()
    expect(switch.locator("[aria-current]")).to_have_text("All time")
    expect(page.locator(".figures dd").first).to_contain_text(re.compile(r"\d\d"))
    page.get_by_role("link", name="All: Top albums").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Top albums")
    page.get_by_text("Other days").click()
    page.get_by_label("From").fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing was played in this time.")).to_be_visible()


def test_everything_can_be_reached_by_keyboard(open_page, world):
    page = open_page()
    page.goto("/u/mallory")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text() == "All time":
            break
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"range=all"))


def choose_mallory(page, *, typed):
    """Type into the search, and go down to the one that is found."""
    page.goto("/")
    field = page.get_by_role("combobox")
    field.press_sequentially(typed)
    option = page.get_by_role("option", name="mallory")
    expect(option).to_be_visible()
    field.press("ArrowDown")
    return field, option


def test_search_answers_as_one_types_and_arrows_choose(open_page, world):
    page = open_page()
    field, option = choose_mallory(page, typed="mallo")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    field.press("Escape")
    expect(option).to_be_hidden()
    field.press("ArrowDown")
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/u/mallory$"))


def test_what_is_chosen_stays_chosen_while_one_types_on(open_page, world):
    page = open_page()
    field, option = choose_mallory(page, typed="mall")
    with page.expect_response(re.compile(r"suggestions\?q=mallo$")):
        field.press("o")
    option.evaluate("() => new Promise(requestAnimationFrame)")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")


def test_search_without_scripts_is_a_page(open_page, world):
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("mallo")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("main").get_by_role("link", name="mallory").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("mallory")


def test_nothing_moves_while_a_page_is_read(open_page, world):
    page = open_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((it) => (window.moved += it.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    for address in world[:13]:
        page.goto(address, wait_until="networkidle" if "mallory?" not in address and address != "/" else "load")
        assert (address, page.evaluate("window.moved") < 0.02) == (address, True)
