"""What people see of plugins: the administrator switches one, a listener reads what became of each report, and why."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import post
from tests.operation.conftest import PATIENCE
from tests.waiting import eventually

HOLDS_WITHIN = 2.0  # seconds in which a switch must hold
TICKS = 10_000_000  # a second


def play(title, **more):
    """The documented call: one play, now."""
    return {"Name": title, "Artist": "Can", "Album": "Ege Bamyasi", "ItemType": "Audio"} | more


def stop(title, user):
    """What Jellyfin's webhook tells when one of a family heard a track to its end."""
    length = {"RunTimeTicks": 200 * TICKS, "PlaybackPositionTicks": 200 * TICKS, "PlayedToCompletion": True}
    who = {"NotificationUsername": user, "UserId": f"id of {user}", "DeviceId": f"device of {user}"}
    return play(title, NotificationType="PlaybackStop", ItemId=title, **length, **who)


@pytest.fixture
def address(listener, scripts):
    """Where the listener's Jellyfin posts to, made and read on the settings page."""
    listener.get_by_role("link", name="Settings").click()
    source = listener.locator("#source-jellyfin")
    source.get_by_role("button", name="Make an address").click()
    expect(source.get_by_role("status")).to_contain_text("This is your address for Jellyfin.")
    expect(source.get_by_role("button", name="Copy address")).to_have_count(1 if scripts else 0)
    return source.locator(".copy code").inner_text()


def open_own_page(listener):
    listener.get_by_role("navigation", name="Main").get_by_role("link", name="listener_").click()


def open_connection(listener):
    listener.get_by_role("link", name="Settings").click()
    listener.locator("#source-jellyfin").get_by_role("link", name="Jellyfin").click()


def switch(administrator, *, on):
    administrator.get_by_role("link", name="Administration").click()
    administrator.get_by_role("navigation", name="Administration").get_by_role("link", name="Plugins").click()
    administrator.get_by_role("button", name=f"Switch {'on' if on else 'off'} jellyfin").click()
    expect(administrator.get_by_role("heading", level=1)).to_have_text("jellyfin")
    said = administrator.get_by_role("status").filter(has_text="it holds everywhere within two seconds")
    expect(said).to_be_visible()


def events(listener):
    """Return what the connection's page says happened lately, newest first."""
    return [" ".join(text.split()) for text in listener.locator("li.event div, li.event .outcome").all_inner_texts()]


def expect_titles(listener, *titles):
    """Wait until the history on the listener's own page holds these titles and no other."""
    history = listener.locator("li.play .name")
    expect(history).to_have_count(len(titles))
    assert sorted(titles) == sorted(history.all_inner_texts())


def test_an_administrator_switches_a_plugin_off_and_on_by_its_page(sign_in, listener, address):
    def answers(status):
        return [post(address, play(f"Asked {number}"))[0] for number in range(6)] == [status] * 6

    administrator = sign_in("root")
    assert post(address, play("Vitamin C")) == (200, {"message": "success"})
    switch(administrator, on=False)
    try:
        eventually(lambda: answers(404), HOLDS_WITHIN)
        assert post(address, play("Vitamin C")) == (404, {"error": "The plugin jellyfin is switched off"})
        listener.get_by_role("link", name="Settings").click()
        notice = listener.get_by_text("Switched off by the administrator")
        eventually(lambda: listener.reload() and notice.is_visible(), PATIENCE)  # a worker may not know yet
    finally:
        switch(administrator, on=True)
    eventually(lambda: answers(200), HOLDS_WITHIN)


def test_a_listener_reads_what_became_of_each_report_and_why(listener, address):
    assert post(address, play("Vitamin C"))[0] == 200
    assert post(address, play(""))[0] == 400
    open_connection(listener)
    happened = events(listener)
    assert happened == ["Refused", "Name is missing.", "Counted", "Can – Vitamin C"]
    open_own_page(listener)
    expect_titles(listener, "Vitamin C")


def test_a_family_is_asked_who_is_who_and_what_was_held_appears(listener, address):
    assert post(address, stop("Spoon", "Bea"))[0] == 200
    assert post(address, stop("Baby Shark", "Kim"))[0] == 200
    assert post(address, stop("Vitamin C", "Bea"))[0] == 200
    open_own_page(listener)
    expect_titles(listener, "Spoon")
    question = listener.get_by_role("group", name=re.compile(r"Which of these users are you\?"))
    question.get_by_label("Bea").check()
    listener.get_by_role("button", name="Answer").click()
    expect(listener.get_by_role("status").filter(has_text="Thank you")).to_have_text(
        "Thank you. What is yours was counted."
    )
    open_own_page(listener)
    expect_titles(listener, "Spoon", "Vitamin C")
    assert question.count() == 0


@pytest.mark.parametrize("scripts", [True], indirect=True)
def test_where_there_is_no_stream_the_front_page_asks_what_plays(listener, address, server):
    listener.route("**/api/v1/live*", lambda route: route.fulfill(status=204))
    listener.clock.install()
    listener.goto(server.url)
    heard = listener.locator("[data-now] li", has_text="Halleluhwah")
    state = {"ItemId": "1", "DeviceId": "kitchen", "RunTimeTicks": 200 * TICKS}
    post(address, play("Halleluhwah", NotificationType="PlaybackStart", PlaybackPositionTicks=0, **state))
    expect(heard).to_have_count(0)
    listener.clock.run_for(16_000)
    expect(heard).to_have_count(1)
    post(address, play("Halleluhwah", NotificationType="PlaybackStop", PlaybackPositionTicks=TICKS, **state))
    listener.clock.run_for(16_000)
    expect(heard).to_have_count(0)
