"""Tells that this process lives, from a thread (greenlet under gevent) of its own."""

from __future__ import annotations

import threading

import structlog

from goscrobble.services import nodes
from goscrobble.services.core import Core

log = structlog.get_logger("goscrobble.jobs")


class Heartbeat:
    """Never raises: who cannot reach the database has other troubles, and is told of them elsewhere."""

    def __init__(self, core: Core, role: str, *, every: float = nodes.EVERY) -> None:
        """`role` is what this process does, `every` how often it tells, in seconds."""
        self._core = core
        self._node = nodes.describe(core, role)
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="goscrobble-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to tell, beside the caller."""
        self._thread.start()

    def stop(self, timeout: float = 5) -> None:
        """Say that the process ends. Waits up to `timeout` seconds for a beat under way."""
        self._stopping.set()
        self._thread.join(timeout)
        try:
            nodes.leave(self._core, self._node)
        except Exception as error:  # noqa: BLE001 - housekeeping forgets it
            log.info("end of this process could not be told", error=type(error).__name__)

    def _beat(self) -> None:
        while True:
            try:
                nodes.tell(self._core, self._node)
            except Exception as error:  # noqa: BLE001 - the database is away, or not upgraded yet: it may come back
                log.debug("heartbeat waits for the database", error=type(error).__name__)
            if self._stopping.wait(self._every):
                return
