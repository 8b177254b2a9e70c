"""The history of one's own: edit, delete and undo, with scripts and without, by mouse and by keyboard alone."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, post
from tests.browser.test_pages import AXE, faults, send
from tests.browser.test_plugins import expect_titles

NARROW = {"width": 390, "height": 844}
TITLES = ("Halleluhwah", "Mushroom", '<b onclick="x">Oh Yeah')


@pytest.fixture
def page(listener, server):
    """The history of a listener who heard three tracks."""
    tell(listener, server, *((title, 3600 * i) for i, title in enumerate(TITLES, start=1)))
    own_link(listener).click()
    listener.get_by_role("link", name="History", exact=True).click()
    expect(listener.get_by_role("heading", level=1)).to_have_text("History")
    return listener


def own_link(page):
    return page.get_by_role("navigation", name="Main").get_by_role("link", name="listener_")


def tell(page, server, *plays):
    """Tell of plays of who is signed in, given as (title, seconds before now)."""
    status, answer = post(f"{server.url}/api/v1/login", {"username": own_link(page).inner_text(), "password": PASSWORD})
    assert status == 200
    heard = {"artists": ["Can"], "album": "Tago Mago", "duration": 200}
    now = int(time.time())
    scrobbles = [heard | {"track": title, "played_at": now - before} for title, before in plays]
    send(server, answer["token"], {"scrobbles": scrobbles})


def row(page, title):
    return page.locator("li.play").filter(has_text=title)


def open_menu(page, title):
    row(page, title).locator("summary").click()


def test_a_play_is_edited(page):
    open_menu(page, "Mushroom")
    row(page, "Mushroom").get_by_role("link", name="Edit").click()
    page.get_by_role("textbox", name="Track").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("textbox", name="Track")).to_be_focused()  # the browser itself asks for it
    page.get_by_role("textbox", name="Track").fill("Vitamin C")
    page.get_by_role("textbox", name="Artists").fill("Can\nDamo Suzuki")
    page.get_by_role("textbox", name="Album").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The play is changed.")).to_be_visible()
    expect(row(page, "Vitamin C").locator(".by")).to_have_text("Can, Damo Suzuki")
    expect_titles(page, "Halleluhwah", "Vitamin C", TITLES[2])


def test_an_edit_is_undone(page):
    page.set_viewport_size(NARROW)
    open_menu(page, "Mushroom")
    row(page, "Mushroom").get_by_role("link", name="Edit").click()
    page.get_by_role("textbox", name="Track").fill("Vitamin C")
    page.get_by_role("button", name="Save").click()
    expect_titles(page, "Halleluhwah", "Vitamin C", TITLES[2])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="The play is what it was.")).to_be_visible()
    expect_titles(page, *TITLES)


def test_a_play_is_deleted_and_brought_back(page):
    page.set_viewport_size(NARROW)
    open_menu(page, "Oh Yeah")
    row(page, "Oh Yeah").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The play is deleted.")).to_be_visible()
    expect_titles(page, "Halleluhwah", "Mushroom")
    page.reload()
    expect_titles(page, "Halleluhwah", "Mushroom")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="The play is back.")).to_be_visible()
    expect_titles(page, *TITLES)


def test_the_keyboard_is_enough(page):
    row(page, "Mushroom").locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(row(page, "Mushroom").get_by_role("link", name="Edit")).to_be_focused()
    page.keyboard.press("Tab")
    expect(row(page, "Mushroom").get_by_role("button", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    expect_titles(page, "Halleluhwah", TITLES[2])
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The play is back.")).to_be_visible()
    expect_titles(page, *TITLES)

    row(page, "Mushroom").locator("summary").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Track").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Aumgn")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The play is changed.")).to_be_visible()
    expect_titles(page, "Halleluhwah", "Aumgn", TITLES[2])


@pytest.mark.parametrize("scripts", [True], indirect=True)
def test_a_menu_closes_by_escape_by_a_click_beside_it_and_by_another(page):
    menus = page.locator("details.actions[open]")
    open_menu(page, "Mushroom")
    expect(menus).to_have_count(1)
    page.keyboard.press("Escape")
    expect(menus).to_have_count(0)
    expect(row(page, "Mushroom").locator("summary")).to_be_focused()
    open_menu(page, "Mushroom")
    open_menu(page, "Oh Yeah")
    expect(menus).to_have_count(1)
    page.get_by_role("heading", level=1).click()
    expect(menus).to_have_count(0)


@pytest.mark.parametrize("scripts", [True], indirect=True)
def test_a_double_click_deletes_once(page):
    for _ in range(2):
        open_menu(page, "Mushroom")
        row(page, "Mushroom").get_by_role("button", name="Delete").dblclick()
        expect(page.get_by_text("The play is deleted.")).to_be_visible()
        expect_titles(page, TITLES[0], TITLES[2])
        page.get_by_role("button", name="Undo").click()
        expect_titles(page, *TITLES)


def test_a_filter_is_filled_in_and_cleared(page):
    page.set_viewport_size(NARROW)
    page.locator("summary", has_text=re.compile("^Filter$")).click()
    page.get_by_label("From").fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-02")
    page.get_by_label("Source").select_option("self")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("No play fits this filter.")).to_be_visible()
    expect(page.get_by_label("From")).to_have_value("2020-01-01")
    page.get_by_role("link", name="Show all plays").click()
    expect_titles(page, *TITLES)
    row(page, "Mushroom").get_by_role("link", name="Mushroom").click()
    page.get_by_role("link", name="All your plays of it").click()
    expect_titles(page, "Mushroom")


def test_recent_plays_have_the_same_menu(page):
    own_link(page).click()
    page.set_viewport_size(NARROW | {"width": 320})
    open_menu(page, "Mushroom")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    row(page, "Mushroom").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect_titles(page, *TITLES)
    own_link(page).click()
    open_menu(page, "Mushroom")
    row(page, "Mushroom").get_by_role("link", name="Edit").click()
    expect(page.get_by_role("textbox", name="Track")).to_have_value("Mushroom")


@pytest.mark.parametrize("scripts", [True], indirect=True)
def test_a_play_that_arrives_has_a_menu_of_its_own(page, server):
    own_link(page).click()
    with page.expect_response(lambda answer: "/live" in answer.url):
        page.reload()
    tell(page, server, ("Bel Air & <b>$&</b>", 60))
    arrived = page.locator("li.play.arrived")
    expect(arrived.locator("summary")).to_contain_text("Edit or delete Bel Air & <b>$&</b>, ")
    arrived.locator("summary").click()
    arrived.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("The play is deleted.")).to_be_visible()
    expect_titles(page, *TITLES)


def test_every_part_fits_a_phone(page):
    page.set_viewport_size(NARROW)
    page.locator("summary", has_text=re.compile("^Filter$")).click()
    open_menu(page, "Mushroom")
    menu, own = (it.bounding_box() for it in (page.locator(".actions[open] > div"), row(page, "Mushroom")))
    assert menu["x"] >= 0
    assert menu["height"] <= own["height"]  # the others stay in reach
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= NARROW["width"]
    row(page, "Mushroom").get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save").wait_for()
    assert page.evaluate(width) <= NARROW["width"]


@pytest.mark.parametrize("scripts", [True], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault(page, theme):
    if not AXE.exists():
        pytest.skip("axe-core is not here; `make axe` fetches it with npm")
    page.emulate_media(color_scheme=theme)
    page.locator("summary", has_text=re.compile("^Filter$")).click()
    open_menu(page, "Mushroom")
    assert faults(page) == []
    row(page, "Mushroom").get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save").wait_for()
    assert faults(page) == []
    page.get_by_role("link", name="Cancel").click()
    open_menu(page, "Mushroom")
    row(page, "Mushroom").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").wait_for()
    assert faults(page) == []
