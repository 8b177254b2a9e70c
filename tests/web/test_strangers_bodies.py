"""Work before limits: whoever is not known pays before their body is read, and little of it is."""

import json
import subprocess
import sys
import textwrap

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from goscrobble.services import tokens
from goscrobble.testing import make_account
from goscrobble.web import body
from goscrobble.web.body import AT_ONCE, MAX_JSON
from goscrobble.web.limits import STRANGERS_FORM, STRANGERS_PLAYS

INGRESS = "/api/v1/ingress/multiscrobbler"
NO_KEY = "Send an API token: as `Authorization: Bearer <token>`, or as the parameter `key`"
PATIENCE = 60  # seconds


class Endless:
    """A body that goes on, and counts what is read of it."""

    def __init__(self):
        self.read_bytes = 0

    def read(self, size=-1):
        size = 65_536 if size is None or size < 0 else size
        self.read_bytes += size
        return b" " * size

    readline = read


def post_endless(client, path, **environ):
    """Post what does not end; returns status, answer and how much of it was read."""
    stream = Endless()
    environ = create_environ(path, method="POST", environ_overrides=environ) | {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
    }
    raw, status, _ = run_wsgi_app(client.application, environ)
    return int(status[:3]), b"".join(raw).decode(), stream.read_bytes


@pytest.fixture
def key(core, clock):
    account = make_account(core, "ada")
    return tokens.add_api_token(core, account, "player", {"ingest", "write"})[1]


def play(clock, **fields):
    return {"Track": "Spoon", "Artist": ["Can"], "PlayedAt": int(clock()) - 600, "Duration": 185} | fields


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/register", "/login", "/api/v1/none", "/settings/tokens"])
def test_a_form_of_a_stranger_is_small(client, path):
    assert client.post(path, data=b"x" * (STRANGERS_FORM + 1)).status_code in {401, 403, 404, 413}
    status, _, read_bytes = post_endless(client, path)
    assert status in {401, 403, 404, 413}
    assert read_bytes <= STRANGERS_FORM + 1


def test_who_is_known_may_send_more(client, key, clock):
    head = {"Authorization": f"Bearer {key}"}
    filler = "x" * (2 * STRANGERS_PLAYS)
    assert client.post(INGRESS, json=play(clock, filler=filler), headers=head).status_code == 200
    listen = {"track": "Spoon", "artists": ["Can"], "played_at": int(clock()) - 4000, "filler": filler}
    assert client.post("/api/v1/scrobbles", json={"scrobbles": [listen]}, headers=head).status_code == 200


def test_json_that_no_honest_client_sends_is_too_large(client, key, clock):
    head = {"Authorization": f"Bearer {key}"}
    for path in (INGRESS, "/api/v1/scrobbles"):
        assert client.post(path, json=play(clock, filler="x" * MAX_JSON), headers=head).status_code == 413


def test_a_key_is_looked_for_in_a_body_of_plays_as_far_as_one_goes(client, key, clock):
    assert client.post(INGRESS, json=play(clock, key=key, filler="x" * 200_000)).status_code == 200
    too_large = client.post(INGRESS, json=play(clock, key=key, filler="x" * STRANGERS_PLAYS))
    assert (too_large.status_code, too_large.json) == (401, {"error": NO_KEY})
    status, answer, read_bytes = post_endless(client, INGRESS)
    assert (status, json.loads(answer)) == (401, {"error": NO_KEY})
    assert read_bytes <= STRANGERS_PLAYS + 1


def test_an_address_pays_for_bodies_by_their_size_before_they_are_read(client, on_sqlite):
    answers = [post_endless(client, INGRESS, REMOTE_ADDR="192.0.2.1") for _ in range(15)]
    assert [status for status, _, _ in answers[-3:]] == [429, 429, 429]
    assert [read for _, _, read in answers[-3:]] == [0, 0, 0]
    assert post_endless(client, INGRESS, REMOTE_ADDR="192.0.2.2")[0] == 401  # another address is another's


def test_many_small_events_that_hold_their_key_are_no_burden(client, key, clock, on_sqlite):
    answers = [client.post(INGRESS, json=play(clock, key=key)).status_code for _ in range(3)]
    assert 401 not in answers
    assert answers[0] == 200


def test_a_large_body_is_parsed_beside_other_requests(client, key, clock, monkeypatch):
    aside = []
    monkeypatch.setattr(
        body, "off_the_hub", lambda work, *args, **more: aside.append(len(args[0])) or work(*args, **more)
    )
    head = {"Authorization": f"Bearer {key}"}
    small, large = json.dumps(play(clock)), json.dumps(play(clock, filler="x" * AT_ONCE))
    assert client.post(INGRESS, data=small, headers=head).status_code == 200
    assert aside == []
    assert client.post(INGRESS, data=large, headers=head).status_code == 200
    assert aside == [len(large)]


def test_off_the_hub_other_greenlets_have_their_turn():
    script = """
        from gevent import monkey
        monkey.patch_all()
        import gevent
        from goscrobble.threads import off_the_hub
        from goscrobble.web.body import parse_json

        turns, is_over = 0, False

        def others():
            global turns
            while not is_over:
                turns += 1
                gevent.sleep(0.001)

        greenlet = gevent.spawn(others)
        gevent.sleep(0)
        before = turns
        off_the_hub(parse_json, b"[" + b'{"a":1},' * 400_000 + b"{}]")
        had, is_over = turns - before, True
        greenlet.join()
        assert had > 5, had
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=PATIENCE)
