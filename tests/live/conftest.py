"""Streams of a server, read as a browser reads them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

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
        self.answer = self._connection.getresponse()
        self.status = self.answer.status
        self.events, self.comments, self.last_id, self.retry = [], 0, "", None
        self.is_over = threading.Event()
        self._heard = threading.Condition()
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

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
        self._connection.close()


def live_path(user=None, last_event_id=None):
    """The address of a stream."""
    parts = [f"{name}={quote(value)}" for name, value in (("user", user), ("last_event_id", last_event_id)) if value]
    return "/api/v1/live" + ("?" + "&".join(parts) if parts else "")
