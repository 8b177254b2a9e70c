"""The writes of one process to SQLite: in the order of asking, and several at once where they had to wait.

SQLite lets one connection of all processes write at a time. Who has to wait for another process is joined by those who
come meanwhile; then they share one transaction, and the disk is synced once for all of them.
"""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from goscrobble.errors import Unavailable

T = TypeVar("T")

LONGEST_GROUP = 0.02  # seconds after which a transaction takes no further write in
RETRY = 0.001  # seconds after which SQLite's lock is asked for again: about as long as one is held
BUSY_TIMEOUT_MS = 20  # of SQLite's own waiting, which lets no other greenlet run; writers do not wait that way


class Writers:
    """Runs writes. One caller leads at a time: it does its own, and those of the callers that wait behind it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()  # held for some instructions only
        self._waiting: deque[_Task] = deque()
        self._is_led = False

    def run(self, work: Callable[[Connection], T], deadline: float) -> T:
        """Return what `work` returns, once it is committed. It must not wait for anything.

        Raises what `work` and SQLite raise, and Unavailable if its turn does not come by `deadline` (monotonic).
        """
        task = _Task(work)
        with self._guard:
            if self._is_led:
                self._waiting.append(task)
            else:
                self._is_led = task.leads = True
        if not task.leads:
            self._wait(task, deadline)
        if task.leads:
            try:
                self._lead(task, deadline)
            finally:
                self._hand_on()
        if task.error is not None:
            raise task.error
        result: T = task.result
        return result

    def _wait(self, task: _Task, deadline: float) -> None:
        """Return when the task was done by another, or leads."""
        has_come = False
        try:
            has_come = task.signal.acquire(timeout=max(deadline - time.monotonic(), 0))
        finally:
            if not has_come:
                self._leave(task)
        if not has_come:
            raise Unavailable("The database is busy, please try again")

    def _leave(self, task: _Task) -> None:
        with self._guard:
            if task in self._waiting:
                self._waiting.remove(task)
        if task.leads:  # its turn came in this very moment
            self._hand_on()

    def _hand_on(self) -> None:
        task = self._next(leads=True)
        if task is not None:
            task.signal.release()

    def _next(self, *, leads: bool = False) -> _Task | None:
        with self._guard:
            if self._waiting:
                self._waiting[0].leads = leads
                return self._waiting.popleft()
            if leads:
                self._is_led = False
            return None

    def _lead(self, mine: _Task, deadline: float) -> None:
        group = [mine]
        try:
            with self._engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                _begin(raw, deadline)
                try:
                    finish = time.monotonic() + LONGEST_GROUP
                    mine.result = mine.work(connection)
                    while time.monotonic() < finish and (task := self._next()) is not None:
                        group.append(task)
                        _do(task, connection, raw)
                    raw.execute("COMMIT")
                except BaseException:
                    if raw.in_transaction:
                        raw.execute("ROLLBACK")
                    raise
        except BaseException as error:  # noqa: BLE001 - each caller raises it
            for task in group:
                task.error = task.error or error
        finally:
            for task in group[1:]:
                task.signal.release()


class _Task:
    """A write that is to be done; then what its function returned or raised."""

    def __init__(self, work: Callable[[Connection], Any]) -> None:
        self.work = work
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.signal = threading.Lock()  # released when the task is done, or leads
        self.signal.acquire()


def _begin(raw: Any, deadline: float) -> None:
    """Take SQLite's lock, which another process may hold, without making all of this one wait."""
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
            else:
                return
            time.sleep(RETRY * (0.5 + random.random()))  # noqa: S311 - spreads load
    finally:
        raw.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _do(task: _Task, connection: Connection, raw: Any) -> None:
    """Do a further task of a transaction: if it fails, nothing of it remains, and the others are not touched."""
    raw.execute("SAVEPOINT task")
    try:
        task.result = task.work(connection)
    except Exception as error:  # noqa: BLE001 - its caller raises it
        task.error = error
        raw.execute("ROLLBACK TO task")
    raw.execute("RELEASE task")
