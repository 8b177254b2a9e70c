"""Bodies as they arrive: bounded in time, and in size also where none is announced.

A body that comes drop by drop would hold a thread of its worker for as long as its sender likes. A time-out of the
socket does not help, since each byte renews it. So one watchdog thread a process shuts the read side of what is
overdue; the read then ends, and the answer is 408. Only gunicorn shows us the socket.

Werkzeug hands on the first MAX_CONTENT_LENGTH bytes of a chunked body as if they were all of it; here it is 413.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Any

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

DEADLINE = 30.0  # seconds for a whole body


def register(app: Flask, max_bytes: int, deadline: float = DEADLINE) -> None:
    """Guard the body of every request of this app; it is read when somebody asks for it."""
    app.config["MAX_CONTENT_LENGTH"] = max_bytes
    app.extensions["goscrobble_watchdog"] = Watchdog()

    def guard() -> None:
        _guard(max_bytes, deadline)

    app.before_request(guard)


def narrow(max_bytes: int) -> None:
    """Take no more than this of the request's body, which nobody has begun to read."""
    counted = request.environ.get(_COUNTED)
    if counted is not None:
        counted.narrow(max_bytes)
    request.max_content_length = max_bytes + (1 if counted is not None else 0)  # see `_guard`


_COUNTED = "goscrobble.counted"


def _guard(max_bytes: int, deadline: float) -> None:
    environ = request.environ
    is_chunked = "HTTP_TRANSFER_ENCODING" in environ
    if not request.content_length and not is_chunked:
        return
    sock = environ.get("gunicorn.socket")
    if sock is not None:
        watchdog: Watchdog = current_app.extensions["goscrobble_watchdog"]
        environ["wsgi.input"] = _TimedStream(environ["wsgi.input"], sock, watchdog, time.monotonic() + deadline)
    if is_chunked:
        environ["wsgi.input"] = environ[_COUNTED] = _CountedStream(environ["wsgi.input"], max_bytes)
        request.max_content_length = max_bytes + 1  # so that werkzeug reads on to where the stream refuses


class Watchdog:
    """Shuts the reading side of sockets whose deadline passes while they are read."""

    def __init__(self, interval: float = 0.5) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._reading: dict[int, tuple[float, Any]] = {}  # by id of the stream: deadline, socket
        self._overdue: set[int] = set()
        self._process = 0  # the thread does not survive a fork

    def begin(self, key: int, deadline: float, sock: Any) -> None:
        """Watch this socket until `end(key)`."""
        with self._lock:
            self._reading[key] = (deadline, sock)
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._watch, name="arrival", daemon=True).start()

    def end(self, key: int) -> bool:
        """Stop watching; return whether the socket was cut."""
        with self._lock:
            self._reading.pop(key, None)
            was_cut = key in self._overdue
            self._overdue.discard(key)
            return was_cut

    def _watch(self) -> None:
        while True:
            time.sleep(self._interval)
            now = time.monotonic()
            with self._lock:
                for key, (deadline, sock) in self._reading.items():
                    if deadline <= now and key not in self._overdue:
                        self._overdue.add(key)
                        with contextlib.suppress(OSError):  # gone already
                            sock.shutdown(socket.SHUT_RD)


class _TimedStream:
    """`wsgi.input` whose reads raise RequestTimeout (408) once the body is overdue."""

    def __init__(self, stream: Any, sock: Any, watchdog: Watchdog, deadline: float) -> None:
        self._stream = stream
        self._socket = sock
        self._watchdog = watchdog
        self._deadline = deadline

    def read(self, size: int = -1) -> bytes:
        return self._timed(self._stream.read, size)

    def readline(self, size: int = -1) -> bytes:
        return self._timed(self._stream.readline, size)

    def _timed(self, read: Any, size: int) -> bytes:
        self._watchdog.begin(id(self), self._deadline, self._socket)
        try:
            data: bytes = read(size)
        except Exception:
            if self._watchdog.end(id(self)):
                raise RequestTimeout from None
            raise
        if self._watchdog.end(id(self)):
            raise RequestTimeout
        return data


class _CountedStream:
    """`wsgi.input` whose reads raise RequestEntityTooLarge (413) past so many bytes."""

    def __init__(self, stream: Any, max_bytes: int) -> None:
        self._stream = stream
        self._left = max_bytes

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._stream.read(self._bounded(size)))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._stream.readline(self._bounded(size)))

    def narrow(self, max_bytes: int) -> None:
        self._left = max_bytes

    def _bounded(self, size: int | None) -> int:
        return self._left + 1 if size is None or size < 0 else min(size, self._left + 1)

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise RequestEntityTooLarge
        return data
