"""What /api/v1/live answers: to whom, with which headers, and where there is no thread for a stream."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace

import pytest

from goscrobble.app import create_app
from goscrobble.domain.accounts import Privacy
from goscrobble.domain.positions import Position
from goscrobble.services import accounts, ingest, live, positions, sessions, tokens
from goscrobble.testing import make_account, make_draft, make_settings
from goscrobble.testing.clock import START
from goscrobble.web import access_tokens

LIVE = "/api/v1/live"
THREADS = {"wsgi.multithread": True}


def events(text):
    """Return (kind, data, id) of the events of a whole answer, and the id that was told last."""
    found, last = [], None
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        last = fields.get("id", last)
        if "data" in fields:
            found.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return found, last


def ask(client, path=LIVE, **options):
    answer = client.get(path, **options)
    assert answer.status_code == 200, answer.text
    return events(answer.text)


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def hidden(core):
    """One listener of each kind that not everybody may see, by name."""
    return {
        "mia": make_account(core, "mia", privacy=Privacy.MEMBERS),
        "pia": make_account(core, "pia", privacy=Privacy.PRIVATE),
        "dan": make_account(core, "dan", is_disabled=True),
    }


@pytest.fixture
def hear(core):
    """Let someone hear a track."""
    return lambda account, **changes: ingest.submit(core, account.id, [make_draft(**changes)], source="jellyfin")


@pytest.fixture
def as_(app, core):
    """Return the headers of somebody who is signed in."""

    def make(account):
        with app.app_context():
            return {"Authorization": f"Bearer {access_tokens.make(sessions.start(core, account))}"}

    return make


@pytest.fixture
def streams(app, client):
    """Open streams of a server with threads; all are closed when the test ends, and so is what feeds them."""
    opened = []

    def open_one(path=LIVE, address="127.0.0.1", **options):
        environ = THREADS | {"REMOTE_ADDR": address}
        answer = client.get(path, environ_overrides=environ, buffered=False, **options)
        opened.append(answer)
        return answer

    yield open_one
    for answer in opened:
        answer.close()
    hub = app.extensions.get("goscrobble_live")
    deadline = time.monotonic() + 10
    while hub is not None and hub._thread is not None and time.monotonic() < deadline:
        hub.wake()
        time.sleep(0.02)


def hub_of(app):
    return app.extensions["goscrobble_live"]


def test_where_one_request_is_served_at_a_time_the_answer_is_short_and_says_when_to_come_back(client, ada, hear):
    hear(ada, played_at=int(START) - 900, title="before")
    answer = client.get(LIVE)
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.text.startswith("retry: 15000\n\n")
    found, position = events(answer.text)
    assert found == []
    hear(ada, played_at=int(START) - 600, title="after", duration=60)
    found, later = ask(client, headers={"Last-Event-ID": position})
    assert [(kind, data["track"]["title"], data["username"]) for kind, data, _ in found] == [
        ("scrobble", "after", "ada")
    ]
    assert ask(client, headers={"Last-Event-ID": later})[0] == []


@pytest.mark.parametrize("token", ["0", "x" * 500, "AAAA", "%C3%A9", "A" * 54])
def test_a_position_that_is_not_ours_is_answered_by_a_reset_and_a_new_one(client, token):
    found, position = (
        ask(client, f"{LIVE}?last_event_id={token}") if token != "%00" else ask(client, LIVE + "?last_event_id=x")
    )
    assert [(kind, data) for kind, data, _ in found] == [("reset", {})]
    assert position


def test_a_position_of_another_server_or_of_long_ago_is_answered_by_a_reset(app, core, client, clock, ada):
    ahead = positions.seal(core, Position(10**6, frozenset(), int(START)))
    assert [kind for kind, _, _ in ask(client, headers={"Last-Event-ID": ahead})[0]] == ["reset"]
    known = positions.seal(core, positions.current(core))
    assert ask(client, headers={"Last-Event-ID": known})[0] == []
    clock.advance(3700)
    assert [kind for kind, _, _ in ask(client, headers={"Last-Event-ID": known})[0]] == ["reset"]


def test_more_than_two_hundred_missed_plays_are_a_reset(core, client, ada):
    begin = positions.seal(core, positions.current(core))
    drafts = [make_draft(title=f"t{n}", played_at=int(START) - 3500 + 15 * n, duration=14) for n in range(201)]
    ingest.submit(core, ada.id, drafts[:200], source="jellyfin")
    found, _ = ask(client, f"{LIVE}?user=ada", headers={"Last-Event-ID": begin})
    assert [data["track"]["title"] for kind, data, _ in found if kind == "scrobble"] == [f"t{n}" for n in range(200)]
    ids = [place for kind, _, place in found if kind == "scrobble"]
    again, _ = ask(client, f"{LIVE}?user=ada", headers={"Last-Event-ID": ids[149]})
    assert [data["track"]["title"] for kind, data, _ in again if kind == "scrobble"] == [
        f"t{n}" for n in range(150, 200)
    ]
    ingest.submit(core, ada.id, drafts[200:], source="jellyfin")
    assert ask(client, f"{LIVE}?user=ada", headers={"Last-Event-ID": begin})[0][0][0] == "reset"


def test_the_private_and_the_unknown_are_answered_alike(client, hidden, as_):
    answers = {name: client.get(f"{LIVE}?user={name}") for name in ("pia", "dan", "nobody", "mia")}
    assert {(answer.status_code, answer.text) for answer in answers.values()} == {(404, answers["nobody"].text)}
    pia = as_(hidden["pia"])
    assert client.get(f"{LIVE}?user=pia", headers=pia).status_code == 200
    assert client.get(f"{LIVE}?user=mia", headers=pia).status_code == 200


def test_the_whole_site_is_what_the_caller_may_see(core, client, ada, hidden, hear, as_):
    begin = {"Last-Event-ID": positions.seal(core, positions.current(core))}
    for number, account in enumerate([ada, *hidden.values()]):
        hear(account, played_at=int(START) - 1000 + number)

    def seen(account=None):
        headers = begin | (as_(account) if account else {})
        return [data["username"] for _, data, _ in ask(client, headers=headers)[0]]

    assert seen() == ["ada"]
    assert seen(ada) == ["ada", "mia"]
    assert seen(hidden["pia"]) == ["ada", "mia", "pia"]


def test_a_wrong_credential_is_refused_and_one_without_the_scope_too(client, core, ada):
    assert client.get(LIVE, headers={"Authorization": "Bearer gs_nonsense"}).status_code == 401
    secret = tokens.add_api_token(core, ada, "players", {"ingest"})[1]
    assert client.get(LIVE, headers={"Authorization": f"Bearer {secret}"}).status_code == 403


def test_a_head_request_opens_nothing(app, client):
    answer = client.head(LIVE, environ_overrides=THREADS)
    assert (answer.status_code, answer.data) == (200, b"")
    assert len(hub_of(app)) == 0


def test_streams_may_be_switched_off(settings, clock):
    app = create_app(
        settings.model_copy(update={"live": settings.live.model_copy(update={"enabled": False})}), clock=clock
    )
    answer = app.test_client().get(LIVE)
    assert answer.status_code == 503
    assert answer.json == {"error": "This server has no streams, please ask for plays now and then"}
    assert int(answer.headers["Retry-After"]) > 0
    app.extensions["goscrobble"].database.close()


@pytest.fixture
def settings(instance_path, database_url):
    return make_settings(instance_path, database_url=database_url, live={"max_streams": 40})


def test_a_stream_holds_no_connection_to_the_database_and_beyond_the_cap_there_is_none(app, core, streams, ada):
    assert [streams().status_code for _ in range(40)] == [200] * 40
    assert core.database.engine.pool.checkedout() == 0
    refused = streams()
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert len(hub_of(app)) == 40


def test_nobody_takes_the_room_of_all_others(app, core, streams, ada):
    each = 30
    live_settings = core.settings.live.model_copy(update={"max_streams_each": each})
    app.extensions["goscrobble"] = replace(core, settings=core.settings.model_copy(update={"live": live_settings}))
    here = "192.0.2.1"
    assert [streams(address=here).status_code for _ in range(each)] == [200] * each
    refused = streams(address=here)
    assert (refused.status_code, refused.json) == (429, {"error": "You have too many streams open, please close some"})
    assert int(refused.headers["Retry-After"]) > 0
    assert streams(address="192.0.2.2").status_code == 200
    own = {"Authorization": f"Bearer {tokens.add_api_token(core, ada, 'player', {'read'})[1]}"}
    assert streams(address=here, headers=own).status_code == 200  # an account's are its own


def test_a_stream_that_is_closed_makes_room_at_once(app, streams):
    first = streams()
    next(iter(first.response))
    assert len(hub_of(app)) == 1
    first.close()
    assert len(hub_of(app)) == 0
    never_read = streams()
    never_read.close()
    del never_read
    assert len(hub_of(app)) <= 1


def test_a_play_is_told_at_once_in_its_own_process(app, streams, ada, hear, monkeypatch):
    monkeypatch.setattr(live, "EVERY", 30.0)
    chunks = iter(streams(f"{LIVE}?user=ada").response)
    next(chunks)
    time.sleep(0.1)
    began = time.monotonic()
    hear(ada, played_at=int(START) - 600)
    ((kind, data, _),) = events(next(chunks).decode())[0]
    assert time.monotonic() - began < 5
    assert (kind, data["track"]["title"]) == ("scrobble", "Strobe")


def test_silence_is_broken_by_a_comment_that_moves_the_position(app, streams, monkeypatch):
    monkeypatch.setattr(live.Stream.take, "__defaults__", (0.05,))
    chunks = iter(streams().response)
    next(chunks)
    beat = next(chunks).decode()
    assert beat.startswith(":\nid: ")
    assert events(beat)[0] == []


def test_a_client_that_takes_nothing_is_cut_off_and_not_buffered_for_ever():
    cut = threading.Event()
    stream = live.Stream(live.Listener(), None, cut.set)
    for _ in range(1000):
        stream.put(b"x" * 1024)
    assert cut.is_set()
    assert stream.is_over
    assert stream._waiting <= live.MOST_WAITING


def test_a_position_tells_nobody_how_many_plays_there_are(core):
    texts = [positions.seal(core, Position(5, frozenset(), int(START))) for _ in range(2)]
    assert texts[0] != texts[1]
    assert {positions.unseal(core, text) for text in texts} == {Position(5, frozenset(), int(START))}


def test_a_hidden_one_is_not_in_the_answer_that_would_go_on(core, client, ada, hear):
    begin = positions.seal(core, positions.current(core))
    hear(ada, played_at=int(START) - 600)
    accounts.change(core, ada, privacy=Privacy.PRIVATE)
    assert ask(client, headers={"Last-Event-ID": begin})[0] == []
