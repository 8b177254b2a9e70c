"""Slow bodies against a real gunicorn of threads: cut off, and meanwhile others are served."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
import time

import pytest

DEADLINE = 1.0
SERVER = textwrap.dedent(
    f"""
    from flask import Flask, request
    from goscrobble.web import arrival, errors

    app = Flask("slow")
    errors.register(app)
    arrival.register(app, 100_000, deadline={DEADLINE})

    @app.get("/api/live")
    def live():
        return {{}}

    @app.post("/api/json")
    def take():
        return {{"bytes": len(request.get_data())}}

    @app.post("/api/form")
    def form():
        return dict(request.form)
    """
)


@pytest.fixture(scope="module", params=["gthread", "gevent", "sync"])
def port(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("slow")
    (folder / "slow_app.py").write_text(SERVER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    arguments = ["-k", request.param, "-w", "1", "--threads", "4", "-b", f"127.0.0.1:{number}", "--chdir", str(folder)]
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", *arguments, "slow_app:app"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder)
    deadline = time.monotonic() + 20
    while True:
        try:
            _connect(number).close()
            break
        except OSError:
            assert time.monotonic() < deadline, "gunicorn did not start"
            time.sleep(0.05)
    yield number
    server.terminate()
    server.wait(20)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/api/json", "/api/form"])
@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_comes_drop_by_drop_is_cut_off_with_408(port, path, framing):
    with _connect(port) as connection:
        form = "Content-Type: application/x-www-form-urlencoded"
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{form}\r\n{framing}\r\n\r\n".encode())
        began = time.monotonic()
        _drip(connection, until=began + DEADLINE + 3)
        status, body = _answer(connection)
    assert (status, body) == (408, {"error": "The request took too long to arrive"})
    assert time.monotonic() - began < DEADLINE + 4


@pytest.mark.slow
def test_others_are_served_again_once_slow_bodies_are_cut_off(port):
    slow = [_connect(port) for _ in range(6)]
    for connection in slow:
        connection.sendall(b"POST /api/json HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    with _connect(port, timeout=DEADLINE * 6 + 10) as connection:
        connection.sendall(b"GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert _answer(connection) == (200, {})
    for connection in slow:
        connection.close()


@pytest.mark.slow
def test_quick_bodies_of_both_framings_arrive_whole(port):
    chunked = b"POST /api/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    for size, status in ((0, 200), (99_999, 200), (100_000, 200), (100_001, 413), (300_000, 413)):
        with _connect(port) as connection:
            chunk = b"%x\r\n%s\r\n" % (size, b"x" * size) if size else b""
            connection.sendall(chunked + chunk + b"0\r\n\r\n")
            answer = _answer(connection)
        assert answer[0] == status, size
        assert status == 413 or answer[1] == {"bytes": size}
        with _connect(port) as connection:
            head = f"POST /api/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
            connection.sendall(head.encode() + b"x" * size)
            assert _answer(connection)[0] == status, size


def _connect(port, timeout=15.0):
    return socket.create_connection(("127.0.0.1", port), timeout)


def _drip(connection, until):
    """Send a byte (or a chunk's) now and then until the server has answered."""
    connection.settimeout(0.1)
    while time.monotonic() < until:
        try:
            connection.sendall(b"1\r\na\r\n")
            if connection.recv(1, socket.MSG_PEEK):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    connection.settimeout(10)


def _answer(connection):
    data = b""
    while True:
        head, _, body = data.partition(b"\r\n\r\n")
        if body:
            try:
                return int(head.split()[1]), json.loads(body)
            except ValueError:
                pass
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            raise AssertionError(f"no whole answer: {data!r}")
        data += more
