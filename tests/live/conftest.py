"""Streams of a server, read as a browser reads them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import pytest

from goscrobble.testing import make_core, make_settings
from tests.operation.conftest import Server

PATIENCE = 20  # seconds; a busy machine with two cores


@dataclass
class Event:
    """One event as a browser's EventSource would hand it over."""

    kind: str
    data: dict
    id: str
    at: float = field(default_factory=time.monotonic)


class Client:
    """Reads a stream in a thread of its own."""

    def __init__(self, url, path="/api/v1/live", headers=None):
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE * 2)
        self._connection.request("GET", path, headers=headers or {})
        self._socket = self._connection.sock
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self.events, self.comments, self.last_id, self.retry = [], 0, "", None
        self.is_over = threading.Event()
        self._heard = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        if self.status == 200:
            self._thread.start()
        else:
            self.answer.close()
            self._connection.close()

    def _read(self):
        kind, data = "", []
        try:
            for raw in self.answer:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not line:
                    with self._heard:
                        if data:
                            self.events.append(Event(kind or "message", json.loads("\n".join(data)), self.last_id))
                        self._heard.notify_all()
                    kind, data = "", []
                elif not name:
                    self.comments += 1
                elif name == "id":
                    self.last_id = value
                elif name == "event":
                    kind = value
                elif name == "data":
                    data.append(value)
                elif name == "retry":
                    self.retry = int(value)
        except (OSError, http.client.HTTPException, AttributeError, ValueError):
            pass  # closed at either end
        with self._heard:
            self.is_over.set()
            self._heard.notify_all()

    def wait(self, wanted, patience=PATIENCE):
        """Return the first event for which `wanted(event)` holds."""
        ends_at = time.monotonic() + patience
        with self._heard:
            while True:
                for event in self.events:
                    if wanted(event):
                        return event
                left = ends_at - time.monotonic()
                assert left > 0, [(event.kind, event.data) for event in self.events]
                self._heard.wait(left)

    def wait_for_play(self, title, patience=PATIENCE):
        return self.wait(lambda event: event.kind == "scrobble" and event.data["track"]["title"] == title, patience)

    def wait_until_open(self):
        ends_at = time.monotonic() + PATIENCE
        while not self.last_id and time.monotonic() < ends_at:
            time.sleep(0.02)
        assert self.last_id
        return self

    def titles(self):
        return [event.data["track"]["title"] for event in self.events if event.kind == "scrobble"]

    def close(self):
        """Hang up: the reading thread sees it and ends."""
        with contextlib.suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        self.answer.close()
        self._connection.close()


def live_path(user=None, last_event_id=None):
    """The address of a stream."""
    parts = [f"{name}={quote(value)}" for name, value in (("user", user), ("last_event_id", last_event_id)) if value]
    return "/api/v1/live" + ("?" + "&".join(parts) if parts else "")


class Node:
    """A server with one process on a database that others serve too, and a core of the test's own beside it."""

    def __init__(self, server, core):
        self.url = server.url
        self.server = server
        self.core = core
        self._clients = []

    def hang_up(self):
        """Close what `listen` opened."""
        while self._clients:
            self._clients.pop().close()

    def listen(self, user=None, last_event_id=None, token=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Authorization": f"Bearer {token}"} if token else {}
        self._clients.append(Client(self.url, live_path(user, last_event_id), named))
        return self._clients[-1]

    def post(self, token, *titles, ago=600):
        """Post plays that began so many seconds ago, each a minute after the one before."""
        began = int(time.time()) - ago
        plays = [
            {"track": title, "artists": ["Can"], "played_at": began + 60 * number, "duration": 59}
            for number, title in enumerate(titles)
        ]
        request = urllib.request.Request(
            f"{self.url}/api/v1/scrobbles",
            json.dumps({"scrobbles": plays}).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return [outcome["scrobble"] for outcome in json.load(answer)["outcomes"]]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(instance, log, url=None, *options, **environment):
    """Start `goscrobble run` for an instance; wait for it with `wait_until_ready`."""
    port = free_port()
    known = {"GOSCROBBLE_INSTANCE_PATH": str(instance), "GOSCROBBLE_RATE_LIMIT_STANDARD": "1000/s burst 1000"}
    known |= {"GOSCROBBLE_DATABASE_URL": url} if url else {}
    command = [sys.executable, "-m", "goscrobble", "run", "--port", str(port), *options]
    return Server(command, known | environment, port, log)


def stop(server):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def nodes(databases, tmp_path_factory):
    """Two servers of one process each, with one database between them."""
    instance, logs = tmp_path_factory.mktemp("instance"), tmp_path_factory.mktemp("output")
    url = databases.make(instance)
    core = make_core(make_settings(instance, database_url=url), time.time)
    servers = [serve(instance, logs / f"{number}", url, "--workers", "1") for number in range(2)]
    try:
        yield [Node(server.wait_until_ready(), core) for server in servers]
        for server in servers:
            assert "Traceback" not in server.output()
    finally:
        for server in servers:
            stop(server)
        core.database.close()
        databases.drop(url)
