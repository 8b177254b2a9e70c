"""Servers that behave as they are told, and how a request to one is refused."""

from __future__ import annotations

import gzip
import socket
import threading
import time

import pytest

from goscrobble.plugins.policy import Unreachable
from goscrobble.services import outgoing

SENTENCE = "The server at this address cannot be reached, or its answer cannot be used"
DEADLINE = 0.6  # seconds that a request of these tests may take
SLACK = 5  # seconds more that a busy machine may need; what hangs or never ends takes far longer
PUBLIC = "93.184.216.34"


class Server:
    """Accepts connections on loopback, and gives each to `behave(connection)` once its request has come."""

    def __init__(self, behave, context=None):
        self.requests = []
        self._behave = behave
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self._stopping = threading.Event()
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, host="127.0.0.1", path="/", scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self):
        self._stopping.set()
        self._thread.join()
        self._listening.close()

    def _serve(self):
        while not self._stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection:
            try:
                connection.settimeout(5)
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self.requests.append(connection.recv(65536))
                self._behave(connection)
                connection.close()
            except OSError:
                return  # the client went away, as it should


def says(*parts, every=0.0):
    """A behaviour: send these bytes, with pauses between them."""

    def behave(connection):
        for part in parts:
            connection.sendall(part)
            time.sleep(every)

    return behave


def ok(body=b'{"ok": true}', *headers):
    return says(b"\r\n".join([b"HTTP/1.1 200 OK", *headers, b"Content-Length: %d" % len(body), b"", body]))


def refused(core, url, **options):
    """Fetch, and return how many seconds it took to be refused with the one sentence."""
    began = time.monotonic()
    with pytest.raises(Unreachable) as raised:
        outgoing.fetch(core, "GET", url, **({"timeout": DEADLINE} | options))
    assert str(raised.value) == SENTENCE
    return time.monotonic() - began


def resolving(*addresses):
    return lambda _host, port, *_others: [(socket.AF_INET, 1, 6, "", (address, port)) for address in addresses]


# ---- faults ----


def _endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2048):  # 128 MB
        connection.sendall(b"x" * 65536)


def _endless_chunks(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\nx\r\n" * 1000)


def _endless_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"y" * 60_000 + b"\r\n")


def _endless_continues(connection):
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


BOMB = gzip.compress(b"0" * 1_000_000) * 100  # 100 MB in 100 kB


def _bomb(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)


FAULTS = {
    "hang": says(b"", every=5),
    "header drip": says(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 50, every=0.1),
    "status drip": says(*[bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\n\r\n"], every=0.1),
    "body drip": says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, every=0.1),
    "128 MB": _endless,
    "endless chunks": _endless_chunks,
    "endless headers": _endless_headers,
    "endless continues": _endless_continues,
    "gzip bomb": _bomb,
    "redirect": says(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
    "not modified": says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "no answer": says(),
    "half a header": says(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "half a body": says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
    "half a chunk": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}"),
    "HTTP/0.9": says(b"<html>hello</html>"),
    "garbage": says(bytes(range(256)) * 10),
    "SSH": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "two lengths": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    "negative length": says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
}
