"""From an empty server to the first play: what somebody lives through who tries GoScrobble for the first time."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, PATIENCE, post
from tests.browser.test_plugins import play


@pytest.fixture
def page(browser, new_server):
    complaints = []
    context = browser.new_context(timezone_id="Asia/Kolkata")
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_the_first_visitor_registers_connects_a_player_and_sees_the_first_play_appear(page, new_server):
    page.goto(new_server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to your new GoScrobble")
    page.get_by_role("link", name="Create the first account").click()
    page.get_by_label("Username").fill("mira")
    page.get_by_label("E-mail").fill("mira@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Create account").click()
    page.get_by_role("link", name="mira").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()

    page.get_by_role("link", name="Connect a player").click()
    source = page.locator("#source-jellyfin")
    source.get_by_role("button", name="Make an address").click()
    address = source.locator(".copy code").inner_text()

    page.get_by_role("link", name="mira").click()
    page.wait_for_timeout(1000)  # the stream opens
    page.evaluate("window.here = true")
    assert post(address, play("Vitamin C")) == (200, {"message": "success"})
    item = page.locator("li.play")
    expect(item).to_have_count(1)
    expect(item.locator(".name")).to_have_text("Vitamin C")
    expect(item.locator(".by")).to_have_text("Can · Ege Bamyasi")
    expect(page.get_by_role("heading", name="Nothing here yet")).to_have_count(0)
    assert page.evaluate("window.here") is True  # the page was never loaded anew

    shown = item.inner_text()
    page.reload()
    expect(item).to_have_count(1)
    assert item.inner_text().split("\n")[:2] == shown.split("\n")[:2]
    item.get_by_role("link", name="Vitamin C").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vitamin C")
