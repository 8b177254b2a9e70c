"""Does the work of the queue, in threads (greenlets under gevent) of a web worker or of `goscrobble worker`."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import structlog

from goscrobble.jobs.polls import poll_until
from goscrobble.plugins.policy import RetryLater, Unrecoverable
from goscrobble.services.core import Core
from goscrobble.storage import jobs
from goscrobble.storage.jobs import ClaimedJob

if TYPE_CHECKING:  # they import every service; who brings handlers of their own needs none of them
    from goscrobble.jobs.handlers import Handler
    from goscrobble.jobs.schedule import Periodic

log = structlog.get_logger("goscrobble.jobs")

LEASE = 120  # seconds after which a silent worker's job is somebody else's
IDLE = 1.0  # seconds between looks at an empty queue
MOST_ATTEMPTS = 20  # with the pauses between them, a bit over an hour
SHORTEST_PAUSE = 5  # seconds; doubled with each attempt
LONGEST_PAUSE = 240


class Runner:
    """Three lanes: one for periodic work, one for jobs, one for polls, so that none of them delays another."""

    def __init__(
        self,
        core: Core,
        *,
        handlers: Mapping[str, Handler],
        periodic: Iterable[Periodic] = (),
        polls: bool = True,
        lease: int = LEASE,
        idle: float = IDLE,
    ) -> None:
        self._core = core
        self._handlers = handlers
        self._periodic = {one.kind: one for one in periodic}
        self._lease = lease
        self._idle = idle
        self._owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._polls = polls
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to work beside the caller."""
        for name, kinds in (("ticks", self._periodic), ("jobs", self._handlers)):
            if kinds:
                self._begin(name, self._loop, kinds)
        if self._polls:
            self._begin("polls", poll_until, self._core, self._owner, self._stopping)

    def _begin(self, name: str, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name=f"goscrobble-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self, timeout: float = 10) -> None:
        """End after the slices at hand; what is unfinished goes back to the queue. Waits up to `timeout` seconds."""
        self._stopping.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))

    def run_due(self) -> int:
        """Do here and now whatever is due; returns how many jobs that were."""
        self._keep_periodic()
        done = 0
        while self._work_one([*self._periodic, *self._handlers]):
            done += 1
        return done

    def _loop(self, kinds: Collection[str]) -> None:
        ready = False
        while not self._stopping.is_set():
            try:
                if not ready:
                    self._keep_periodic()
                    ready = True
                found = self._work_one(kinds)
            except Exception as error:  # noqa: BLE001 - the database is away, or not upgraded yet: it may come back
                log.warning("jobs wait for the database", error=type(error).__name__)
                self._stopping.wait(SHORTEST_PAUSE)
                continue
            if not found:
                self._stopping.wait(self._idle)

    def _keep_periodic(self) -> None:
        now = self._now()

        def keep(connection: Any) -> None:
            for one in self._periodic.values():
                jobs.keep_periodic(connection, one.kind, now=now, every=one.every)

        self._core.database.write(keep)

    def _work_one(self, kinds: Collection[str]) -> bool:
        """Claim and do one job; False when none is due."""
        with self._core.database.read() as connection:
            if not jobs.is_due(connection, kinds, now=self._now()):
                return False
        job = self._core.database.write(
            lambda connection: jobs.claim(connection, kinds, owner=self._owner, now=self._now(), lease=self._lease)
        )
        if job is None:
            return False  # another worker was faster
        if job.kind in self._periodic:
            self._tick(job, self._periodic[job.kind])
        else:
            self._do(job)
        return True

    def _tick(self, job: ClaimedJob, periodic: Periodic) -> None:
        reason = None
        try:
            periodic.work(self._core)
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            reason = _reason(error)
            log.warning("periodic work failed", kind=job.kind, error=_where(error))
        run_at = self._now() + periodic.every
        self._core.database.write(lambda connection: jobs.reschedule(connection, job, run_at=run_at, reason=reason))

    def _do(self, job: ClaimedJob) -> None:
        if job.attempt > MOST_ATTEMPTS:
            self._bury(job, f"Its worker ended in the middle of it, {MOST_ATTEMPTS} times.")
            return
        try:
            finished = self._run_slices(job)
        except Unrecoverable as error:
            self._bury(job, _reason(error))
        except RetryLater as error:
            self._retry(job, error, error.after)
        except Exception as error:  # noqa: BLE001 - a job may fail in any way; the queue goes on
            log.warning("job failed", kind=job.kind, job=job.id, attempt=job.attempt, error=_where(error))
            self._retry(job, error, None)
        else:
            give_back = jobs.complete if finished else jobs.release
            self._core.database.write(lambda connection: give_back(connection, job))

    def _run_slices(self, job: ClaimedJob) -> bool:
        """Return whether the job was finished, rather than interrupted or lost."""
        renewed_at = self._core.now()
        for _ in self._handlers[job.kind](self._core, job.payload) or ():
            if self._stopping.is_set():
                return False
            time.sleep(0)  # lets requests of this worker go on
            if self._core.now() - renewed_at > self._lease / 3:
                renewed_at = self._core.now()
                if not self._renew(job):
                    log.warning("job was lost to another worker", kind=job.kind, job=job.id)
                    return False
        return True

    def _renew(self, job: ClaimedJob) -> bool:
        lease_until = self._now() + self._lease
        return self._core.database.write(lambda connection: jobs.renew(connection, job, lease_until=lease_until))

    def _retry(self, job: ClaimedJob, error: Exception, after: float | None) -> None:
        if job.attempt >= MOST_ATTEMPTS:
            self._bury(job, _reason(error))
            return
        pause = min(SHORTEST_PAUSE * 2 ** (job.attempt - 1), LONGEST_PAUSE) if after is None else max(0, round(after))
        run_at = self._now() + pause
        self._core.database.write(lambda connection: jobs.retry(connection, job, run_at=run_at, reason=_reason(error)))
        log.info("job is tried again", kind=job.kind, job=job.id, attempt=job.attempt, seconds=pause)

    def _bury(self, job: ClaimedJob, reason: str) -> None:
        self._core.database.write(lambda connection: jobs.bury(connection, job, reason=reason))
        log.error("job failed for good", kind=job.kind, job=job.id, attempts=job.attempt)

    def _now(self) -> int:
        return int(self._core.now())


def _reason(error: Exception) -> str:
    """Return a sentence for the administrator's page."""
    return f"{type(error).__name__}: {error}"[:500] if str(error) else type(error).__name__


def _where(error: Exception) -> str:
    """Return what a log may tell: no text of the error, which may hold an e-mail address."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {frame.name}, line {frame.lineno}"
