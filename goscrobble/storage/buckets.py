"""Token buckets that several processes share, kept as one number each.

A bucket is the moment at which it will be full again. A token of cost `interval` seconds moves that moment on; it may
lie at most `interval * burst` seconds ahead. (This is the generic cell rate algorithm.) A refused hit changes nothing,
an absent row is a full bucket, so losing the store costs nothing but one burst a caller. If a clock steps back, what
lies too far ahead is pulled in: the bucket is then empty, never worse.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import structlog

T = TypeVar("T")

EPSILON = 1e-6  # seconds: what floating point may lose between two hits
SWEEP_EVERY = 1000  # hits of a process, after which it drops full buckets
SWEPT_AT_ONCE = 2000
PAUSE = 5.0  # seconds that a store which failed is left alone
log = structlog.get_logger("goscrobble.limits")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a hit. `debt`: seconds until the bucket is full; `wait`: seconds until the token is there."""

    allowed: bool
    debt: float
    wait: float


class Buckets(Protocol):
    """A store of token buckets. `interval` is seconds a token, `burst` the bucket's size in tokens."""

    def take(self, key: str, interval: float, burst: int, cost: int = 1) -> Verdict:
        """Take `cost` tokens if they are there, in one step that no other hit can come between."""
        ...

    def peek(self, key: str, interval: float, burst: int) -> float:
        """Return the time until the bucket is full, seconds."""
        ...

    def clear(self, key: str) -> None:
        """Make a bucket full."""
        ...

    def reset(self) -> None:
        """Make every bucket full."""
        ...


def refused(debt: float, interval: float, burst: int, cost: int) -> Verdict:
    """Return the verdict on a hit that found too few tokens."""
    debt = min(max(debt, 0.0), interval * burst)
    return Verdict(False, debt, max(debt + interval * (cost - burst), 0.0))


class MemoryBuckets:
    """The buckets of one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._full_at: dict[str, float] = {}
        self._hits = 0

    def take(self, key: str, interval: float, burst: int, cost: int = 1) -> Verdict:
        """See Buckets."""
        size = interval * burst
        with self._lock:
            now = self._clock()
            old = max(min(self._full_at.get(key, now), now + size), now)
            full_at = old + interval * cost
            if full_at - now > size + EPSILON:
                self._full_at[key] = old
                return refused(old - now, interval, burst, cost)
            self._full_at[key] = full_at
            self._hits += 1
            if self._hits % SWEEP_EVERY == 0:
                self._full_at = {key: moment for key, moment in self._full_at.items() if moment > now}
            return Verdict(True, full_at - now, 0.0)

    def peek(self, key: str, interval: float, burst: int) -> float:
        """See Buckets."""
        now = self._clock()
        return min(max(self._full_at.get(key, now) - now, 0.0), interval * burst)

    def clear(self, key: str) -> None:
        """See Buckets."""
        with self._lock:
            self._full_at.pop(key, None)

    def reset(self) -> None:
        """See Buckets."""
        with self._lock:
            self._full_at.clear()


class SqliteBuckets:
    """Buckets in a file, for all processes of one machine. It may vanish at any time: nothing waits for the disk.

    One connection a process, behind a lock: a hit is one statement of some microseconds, and a connection for every
    greenlet would cost more than the statement.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._hits = 0

    def take(self, key: str, interval: float, burst: int, cost: int = 1) -> Verdict:
        """See Buckets."""
        size = interval * burst
        if cost > burst:
            return refused(0.0, interval, burst, cost)
        with self._lock:
            connection = self._connect()
            now = self._clock()
            values = {"key": key, "now": now, "limit": now + size, "cost": interval * cost, "epsilon": EPSILON}
            row = connection.execute(_TAKE, values).fetchone()
            if row is None:
                row = connection.execute(_PEEK, (key,)).fetchone()
                if row and row[0] > now + size + EPSILON:
                    connection.execute(_MEND, values)
                return refused(row[0] - now if row else 0.0, interval, burst, cost)
            self._hits += 1
            if self._hits % SWEEP_EVERY == 0:
                connection.execute(_SWEEP, (now, SWEPT_AT_ONCE))
            return Verdict(True, row[0] - now, 0.0)

    def peek(self, key: str, interval: float, burst: int) -> float:
        """See Buckets."""
        with self._lock:
            row = self._connect().execute(_PEEK, (key,)).fetchone()
        return min(max(row[0] - self._clock(), 0.0), interval * burst) if row else 0.0

    def clear(self, key: str) -> None:
        """See Buckets."""
        with self._lock:
            self._connect().execute("DELETE FROM rate_bucket WHERE key = ?", (key,))

    def reset(self) -> None:
        """See Buckets."""
        with self._lock:
            self._connect().execute("DELETE FROM rate_bucket")

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None or self._process != os.getpid():  # a connection must not be used across a fork
            self._connection = self._open()
            self._process = os.getpid()
            weakref.finalize(self, self._connection.close)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=0.5, isolation_level=None, check_same_thread=False)
        try:
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF", _CREATE):
                connection.execute(statement)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


_CREATE = """
CREATE TABLE IF NOT EXISTS rate_bucket (key TEXT PRIMARY KEY, full_at REAL NOT NULL) WITHOUT ROWID
"""
_TAKE = """
INSERT INTO rate_bucket AS b (key, full_at) VALUES (:key, :now + :cost)
ON CONFLICT (key) DO UPDATE SET full_at = max(min(b.full_at, :limit), :now) + :cost
WHERE max(min(b.full_at, :limit), :now) + :cost <= :limit + :epsilon
RETURNING full_at
"""
_PEEK = "SELECT full_at FROM rate_bucket WHERE key = ?"
_MEND = "UPDATE rate_bucket SET full_at = :limit WHERE key = :key AND full_at > :limit"
_SWEEP = "DELETE FROM rate_bucket WHERE key IN (SELECT key FROM rate_bucket WHERE full_at < ? LIMIT ?)"


class SafeBuckets:
    """A shared store, and this process's memory while that one is away: a limit is never a reason for a 500."""

    def __init__(self, shared: Buckets, memory: Buckets, failures: tuple[type[Exception], ...]) -> None:
        """`failures` are what `shared` raises when it is away."""
        self._shared = shared
        self._memory = memory
        self._failures = failures
        self._again_at = 0.0  # monotonic seconds: when to ask the shared store again

    def take(self, key: str, interval: float, burst: int, cost: int = 1) -> Verdict:
        """See Buckets."""
        return self._ask(lambda buckets: buckets.take(key, interval, burst, cost))

    def peek(self, key: str, interval: float, burst: int) -> float:
        """See Buckets."""
        return self._ask(lambda buckets: buckets.peek(key, interval, burst))

    def clear(self, key: str) -> None:
        """See Buckets."""
        self._ask(lambda buckets: buckets.clear(key))

    def reset(self) -> None:
        """See Buckets."""
        self._ask(lambda buckets: buckets.reset())

    def _ask(self, question: Callable[[Buckets], T]) -> T:
        if self._again_at:
            if time.monotonic() < self._again_at:
                return question(self._memory)
            self._again_at = time.monotonic() + PAUSE  # one request tries, the others do not wait with it
        try:
            answer = question(self._shared)
        except self._failures as error:
            log.warning("rate limits are counted per process for now", reason=type(error).__name__)
            self._again_at = time.monotonic() + PAUSE
            return question(self._memory)
        self._again_at = 0.0
        return answer


def open_buckets(url: str, redis_url: str, instance_path: Path, clock: Callable[[], float] = time.time) -> Buckets:
    """Return the store that all workers of an instance share: Redis if given, else of the kind of the main database.

    `url` is the main database's. `clock` serves the stores of one machine; those of several go by their server's.
    Nothing is connected yet. Raises BadConfig when Redis is asked for and its package is missing.
    """
    from goscrobble.storage import remote_buckets  # noqa: PLC0415 - SQLite needs no drivers of servers

    memory = MemoryBuckets(clock)
    if redis_url:
        return SafeBuckets(remote_buckets.RedisBuckets(redis_url), memory, remote_buckets.redis_failures())
    if url.startswith("postgresql"):
        return SafeBuckets(remote_buckets.PostgresqlBuckets(url), memory, remote_buckets.POSTGRESQL_FAILURES)
    return SafeBuckets(SqliteBuckets(instance_path / "limits.db", clock), memory, (sqlite3.Error,))
