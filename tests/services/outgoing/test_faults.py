"""What is cut off, how soon, and what is said of it."""

from __future__ import annotations

import socket
import threading
import tracemalloc

import pytest

from goscrobble.services import outgoing
from tests.services.outgoing.servers import DEADLINE, FAULTS, SLACK, ok, refused


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_cut_off_within_the_deadline_and_in_little_memory(core, serve, name):
    server = serve(FAULTS[name])
    tracemalloc.start()
    try:
        seconds = refused(core, server.url())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seconds < DEADLINE + SLACK
    assert peak < 20_000_000
    assert len(server.requests) == 1


def test_an_answer_may_have_two_megabytes_and_no_more(core, serve):
    assert len(outgoing.fetch(core, "GET", serve(ok(b"x" * outgoing.MOST_BYTES)).url()).body) == outgoing.MOST_BYTES
    refused(core, serve(ok(b"x" * (outgoing.MOST_BYTES + 1))).url(), timeout=5)


def test_a_name_that_is_not_resolved_in_time_is_given_up(core):
    seconds = refused(core, "http://slow.test/", resolve=lambda *_: threading.Event().wait(5))
    assert seconds < DEADLINE + SLACK


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), OSError("no"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_resolved_is_the_same(core, error):
    def resolve(*_):
        raise error

    refused(core, "http://nowhere.test/", resolve=resolve)


def test_a_port_where_nobody_listens_is_the_same(core):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    refused(core, f"http://127.0.0.1:{port}/")


def test_no_credential_is_logged_whatever_goes_wrong(core, serve, capfd, caplog):
    for behave in (FAULTS["redirect"], FAULTS["garbage"], FAULTS["no answer"]):
        refused(
            core, serve(behave).url(), params={"p": "enc:68756e74657232"}, headers={"Authorization": "Bearer hunter2"}
        )
    written = "".join(capfd.readouterr()) + caplog.text
    assert not [one for one in ("68756e74657232", "hunter2", "enc:") if one in written]
