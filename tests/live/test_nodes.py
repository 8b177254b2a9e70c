"""What happens at one server is told by the streams of the other, to those who may see it."""

from __future__ import annotations

import time

import pytest

from goscrobble.domain.accounts import Privacy
from goscrobble.domain.drafts import Playing
from goscrobble.services import accounts, playback, sessions, tokens
from goscrobble.testing import make_account, make_draft
from goscrobble.web.sessions import COOKIE
from tests.live.conftest import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live-nodes")]


@pytest.fixture(autouse=True)
def _clients_hang_up(nodes):
    yield
    for node in nodes:
        node.hang_up()


@pytest.fixture
def join(nodes):
    """Make an account; returns it and an API token that may do everything."""

    def join(name, **columns):
        account = make_account(nodes[0].core, name, **columns)
        return account, tokens.add_api_token(nodes[0].core, account, "test", {"read", "write", "ingest"})[1]

    return join


def start_playing(core, account, title, state="playing"):
    draft = make_draft(title=title, album=None, duration=300)
    event = Playing(player="p", item=title, state=state, position=5.0, at=time.time(), draft=draft)
    playback.observe(core, account.id, event, source="jellyfin")


def is_playing(title, username):
    """Tell whether an event says that somebody plays this (None: nothing)."""

    def look(event):
        if event.kind != "now-playing" or event.data["username"] != username:
            return False
        return [one["track"] for one in event.data["now_playing"]] == ([] if title is None else [title])

    return look


def test_a_play_posted_to_one_server_appears_on_the_streams_of_both(nodes, join):
    _, token = join("ada")
    streams = [node.listen(user).wait_until_open() for node in nodes for user in ("ada", None)]
    posted = time.monotonic()
    (made,) = nodes[0].post(token, "Vitamin C")
    for stream in streams:
        event = stream.wait_for_play("Vitamin C", 3)
        assert event.at - posted < 3
        assert event.data == made | {"username": "ada"}
        assert event.id == stream.last_id
        assert stream.retry == 3000


def test_reconnecting_with_the_last_event_id_loses_and_doubles_nothing(nodes, join):
    _, token = join("bea")
    first = nodes[1].listen("bea").wait_until_open()
    nodes[0].post(token, "one", "two", ago=900)
    event = first.wait_for_play("two")
    first.wait_for_play("one")
    first.close()
    nodes[0].post(token, "three", "four", ago=600)
    by_header = nodes[1].listen("bea", Last_Event_ID=event.id)
    by_address = nodes[0].listen("bea", last_event_id=event.id)
    for stream in (by_header, by_address):
        stream.wait_for_play("four")
    nodes[1].post(token, "five", ago=300)
    for stream in (by_header, by_address):
        stream.wait_for_play("five")
        assert stream.titles() == ["three", "four", "five"]
        assert "reset" not in [one.kind for one in stream.events]


def test_one_who_was_never_told_anything_can_go_on_where_it_began(nodes, join):
    _, token = join("cleo")
    stream = nodes[0].listen("cleo").wait_until_open()
    stream.close()
    nodes[0].post(token, "meanwhile")
    again = nodes[1].listen("cleo", last_event_id=stream.last_id)
    again.wait_for_play("meanwhile")


def test_what_plays_is_told_when_it_begins_and_when_it_ends(nodes, join):
    account, _ = join("dora")
    stream = nodes[1].listen("dora").wait_until_open()
    assert stream.events[0].data == {"username": "dora", "now_playing": []}
    start_playing(nodes[0].core, account, "Spoon")
    stream.wait(is_playing("Spoon", "dora"), 3)
    late = nodes[0].listen()
    late.wait(is_playing("Spoon", "dora"), 3)
    start_playing(nodes[0].core, account, "Spoon", state="stopped")
    late.wait(is_playing(None, "dora"), 3)
    stream.wait(lambda _: stream.events[-1].data["now_playing"] == [], 3)


def test_one_who_becomes_private_disappears_from_open_streams(nodes, join):
    account, token = join("eve")
    _, others_token = join("fay")
    start_playing(nodes[0].core, account, "Moonshake")
    own = nodes[0].listen("eve", token=token)
    stranger, site, member = nodes[0].listen("eve"), nodes[1].listen(), nodes[1].listen(token=others_token)
    for stream in (own, stranger, site, member):
        stream.wait(is_playing("Moonshake", "eve"))
    accounts.change(nodes[0].core, account, privacy=Privacy.MEMBERS)
    changed = time.monotonic()
    assert stranger.wait(lambda event: event.kind == "reset").at - changed < 2.5
    assert stranger.is_over.wait(3)
    assert site.wait(is_playing(None, "eve")).at - changed < 2.5
    assert nodes[0].listen("eve").status == 404
    nodes[1].post(token, "Sing Swan Song")
    member.wait_for_play("Sing Swan Song")
    accounts.change(nodes[0].core, account, privacy=Privacy.PRIVATE)
    member.wait(is_playing(None, "eve"), 3)
    nodes[1].post(token, "One More Night", ago=300)
    own.wait_for_play("One More Night")
    assert member.titles() == ["Sing Swan Song"]
    assert site.titles() == []


def test_a_stream_ends_with_the_session_the_token_or_the_account_behind_it(nodes, join):
    core = nodes[0].core
    gus, token_of_gus = join("gus")
    hal, token_of_hal = join("hal")
    ivy, token_of_ivy = join("ivy")
    revoked = tokens.add_api_token(core, gus, "other", {"read"})
    cookies = [sessions.open_web(core, account) for account in (gus, gus, hal)]
    by_cookie = [nodes[0].listen(Cookie=f"{COOKIE}={cookie}").wait_until_open() for cookie in cookies]
    by_token = [
        nodes[1].listen(token=token).wait_until_open()
        for token in (token_of_gus, token_of_hal, token_of_ivy, revoked[1])
    ]
    sessions.close_web(core, cookies[0])
    accounts.sign_out_everywhere(core, hal)  # API tokens stay
    accounts.set_disabled(core, ivy, True)
    tokens.revoke_api_token(core, gus, revoked[0].id)
    for stream in (by_cookie[0], by_cookie[2], by_token[2], by_token[3]):
        assert stream.is_over.wait(PATIENCE)
        assert stream.events[-1].kind == "reset"
    for stream in (by_cookie[1], by_token[0], by_token[1]):
        assert not stream.is_over.is_set()


def test_an_import_of_old_plays_is_not_told(nodes, join):
    _, token = join("ida")
    stream = nodes[1].listen("ida").wait_until_open()
    nodes[0].post(token, "long ago", ago=4000)
    nodes[0].post(token, "just now")
    stream.wait_for_play("just now")
    assert stream.titles() == ["just now"]
