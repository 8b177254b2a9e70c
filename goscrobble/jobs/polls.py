"""Polls what is due, each connection in a thread (greenlet under gevent) of its own: one that hangs delays nobody."""

from __future__ import annotations

import threading
import time

import structlog

from goscrobble.services import polling
from goscrobble.services.core import Core
from goscrobble.storage.sources import ClaimedPoll

AT_ONCE = 32  # polls of one process
IDLE = 1.0  # seconds between looks when nothing is due
PATIENCE = 3.0  # seconds that polls under way are waited for at the end
PAUSE = 5.0  # seconds after which the database is asked again when it was away
log = structlog.get_logger("goscrobble.jobs")


def poll_until(core: Core, owner: str, stopping: threading.Event) -> None:
    """Poll until `stopping` is set; a poll under way then ends by itself, or somebody else does it again."""
    free = threading.Semaphore(AT_ONCE)
    while not stopping.is_set():
        free.acquire()
        try:
            claimed = polling.claim(core, owner, 1)
        except Exception as error:  # noqa: BLE001 - the database is away, or not upgraded yet: it may come back
            log.warning("polls wait for the database", error=type(error).__name__)
            claimed, pause = [], PAUSE
        else:
            pause = IDLE
        if not claimed:
            free.release()
            stopping.wait(pause)
        for one in claimed:
            threading.Thread(target=_poll, args=(core, one, free), name="goscrobble-poll", daemon=True).start()
    ends_at = time.monotonic() + PATIENCE
    for _ in range(AT_ONCE):  # what is about to be stored is; a service that hangs is not waited for
        free.acquire(timeout=max(0.0, ends_at - time.monotonic()))


def _poll(core: Core, claimed: ClaimedPoll, free: threading.Semaphore) -> None:
    try:
        polling.poll(core, claimed)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are polled
        _give_back(core, claimed, error)
    finally:
        free.release()


def _give_back(core: Core, claimed: ClaimedPoll, error: Exception) -> None:
    try:
        polling.fail(core, claimed, error)
    except Exception as other:  # noqa: BLE001 - the database is away: the lease runs out, and it is polled again
        log.warning("poll failed", plugin=claimed.account.plugin, error=type(other).__name__)
