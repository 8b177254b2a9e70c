"""The writes of one process to SQLite: in the order of asking, and several at once where they had to wait.

SQLite lets one connection of all processes write at a time. Who has to wait for another process is joined by those who
come meanwhile; then they share one transaction, and the disk is synced once for all of them.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from goscrobble.storage.turns import Turn, Turns

T = TypeVar("T")
Task = Turn[Callable[[Connection], Any]]

LONGEST_GROUP = 0.02  # seconds after which a transaction takes no further write in
RETRY = 0.001  # seconds after which SQLite's lock is asked for again: about as long as one is held
BUSY_TIMEOUT_MS = 20  # of SQLite's own waiting, which lets no other greenlet run; writers do not wait that way


class Writers:
    """Runs writes. One caller leads at a time: it does its own, and those of the callers that wait behind it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turns = Turns()

    def run(self, work: Callable[[Connection], T], deadline: float) -> T:
        """Return what `work` returns, once it is committed. It must not wait for anything.

        Raises what `work` and SQLite raise, and Unavailable if its turn does not come by `deadline` (monotonic).
        """
        turn = Turn(work)
        if self._turns.leads(turn, deadline):
            try:
                self._lead(turn, deadline)
            finally:
                self._turns.hand_on()
        result: T = turn.outcome()
        return result

    def _lead(self, mine: Task, deadline: float) -> None:
        group = [mine]
        try:
            time.sleep(0)  # who is about to ask as well may join
            with self._engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                _begin(raw, deadline)
                try:
                    finish = time.monotonic() + LONGEST_GROUP
                    mine.result = mine.item(connection)
                    while time.monotonic() < finish and (task := self._turns.next()) is not None:
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
                task.end()


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


def _do(task: Task, connection: Connection, raw: Any) -> None:
    """Do a further task of a transaction: if it fails, nothing of it remains, and the others are not touched."""
    raw.execute("SAVEPOINT task")
    try:
        task.result = task.item(connection)
    except Exception as error:  # noqa: BLE001 - its caller raises it
        task.error = error
        raw.execute("ROLLBACK TO task")
    raw.execute("RELEASE task")
