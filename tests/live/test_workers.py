"""Streams under each kind of worker of gunicorn, and when the server ends."""

from __future__ import annotations

import signal
import time

import pytest

from tests.live.conftest import Client, live_path, serve, stop

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path):
    servers = []

    def start(*options, **environment):
        servers.append(serve(tmp_path / "instance", tmp_path / "log", None, *options, **environment))
        return servers[-1].wait_until_ready()

    yield start
    for server in servers:
        stop(server)


def test_a_server_that_shall_end_ends_its_streams_at_once(start):
    server = start("--workers", "2")
    streams = [Client(server.url).wait_until_open() for _ in range(20)]
    told = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert all(stream.is_over.wait(5) for stream in streams)
    assert time.monotonic() - told < 5
    assert server.process.wait(9) == 0  # graceful_timeout, after which it would be forced, is ten seconds
    assert "Traceback" not in server.output()
    for stream in streams:
        stream.close()


def test_threads_hold_as_many_streams_as_half_of_them_and_others_are_told_to_ask(start):
    server = start("--workers", "1", GUNICORN_CMD_ARGS="--worker-class gthread --threads 4")
    streams = [Client(server.url).wait_until_open() for _ in range(2)]
    refused = Client(server.url)
    assert refused.status == 503
    assert int(refused.answer.headers["Retry-After"]) > 0
    assert server.get("/api/v1/serverinfo") == 200
    streams.pop().close()
    deadline = time.monotonic() + 10
    while len(streams) < 2 and time.monotonic() < deadline:  # who hung up is noticed within moments
        one = Client(server.url)
        if one.status == 200:
            streams.append(one.wait_until_open())
        else:
            time.sleep(0.2)
    assert len(streams) == 2
    server.process.send_signal(signal.SIGTERM)
    assert all(stream.is_over.wait(5) for stream in streams)
    assert server.process.wait(9) == 0
    for stream in streams:
        stream.close()


def test_a_server_that_answers_one_at_a_time_gives_short_answers_to_come_back_for(start):
    server = start("--workers", "1", GUNICORN_CMD_ARGS="--worker-class sync")
    last = ""
    for _ in range(2):
        answer = Client(server.url, live_path(last_event_id=last))
        assert answer.status == 200
        assert answer.is_over.wait(5)
        assert (answer.events, answer.retry) == ([], 15_000)
        assert answer.last_id != last
        last = answer.last_id
        answer.close()
    assert server.end() == 0
