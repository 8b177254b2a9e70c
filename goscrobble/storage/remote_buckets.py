"""Token buckets on a server, for all nodes that share it: PostgreSQL or Redis.

The server's clock is the one that counts. A hit waits TIMEOUT seconds at most; then the caller counts by itself
(`buckets.SafeBuckets`).
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from goscrobble.errors import BadConfig
from goscrobble.storage.buckets import EPSILON, SWEEP_EVERY, SWEPT_AT_ONCE, Verdict, refused

TIMEOUT = 0.5  # seconds
CONNECTIONS = 8  # of a process to PostgreSQL; a hit holds one for about a fifth of a millisecond
POSTGRESQL_FAILURES = (psycopg.Error, TimeoutError)


class PostgresqlBuckets:
    """Buckets in an unlogged table of the main database: a crash of the server empties it, which is fine."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        """`url` is SQLAlchemy's; `timeout` is seconds."""
        self._timeout = timeout
        self._address = f"postgresql://{url.partition('://')[2]}"
        self._seats = threading.BoundedSemaphore(CONNECTIONS)
        self._idle: list[psycopg.Connection[tuple[Any, ...]]] = []
        self._process = 0
        self._hits = 0

    def take(self, key: str, interval: float, burst: int, cost: int = 1) -> Verdict:
        """See Buckets."""
        if cost > burst:
            return refused(0.0, interval, burst, cost)
        values = {"key": key, "size": interval * burst, "cost": interval * cost}
        with self._connection() as connection:
            row = connection.execute(_TAKE, values, prepare=True).fetchone()
            if row is None:
                row = connection.execute(_PEEK, (key,)).fetchone()
                if row and row[0] > interval * burst + EPSILON:
                    connection.execute(_MEND, values)
                return refused(row[0] if row else 0.0, interval, burst, cost)
            self._hits += 1
            if self._hits % SWEEP_EVERY == 0:
                connection.execute(_SWEEP, (SWEPT_AT_ONCE,))
            return Verdict(True, row[0], 0.0)

    def peek(self, key: str, interval: float, burst: int) -> float:
        """See Buckets."""
        with self._connection() as connection:
            row = connection.execute(_PEEK, (key,)).fetchone()
        return min(max(row[0], 0.0), interval * burst) if row else 0.0

    def clear(self, key: str) -> None:
        """See Buckets."""
        with self._connection() as connection:
            connection.execute("DELETE FROM rate_bucket WHERE key = %s", (key,))

    def reset(self) -> None:
        """See Buckets."""
        with self._connection() as connection:
            connection.execute("DELETE FROM rate_bucket")

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        if not self._seats.acquire(timeout=self._timeout):
            raise TimeoutError("no connection is free")
        try:
            if self._process != os.getpid():  # a connection must not be used across a fork
                self._idle, self._process = [], os.getpid()
                weakref.finalize(self, _close_all, self._idle, self._process)
            connection = self._idle.pop() if self._idle else self._open()
            try:
                yield connection
            except BaseException:
                connection.close()  # whatever it was doing: the next hit opens a fresh one
                raise
            self._idle.append(connection)
        finally:
            self._seats.release()

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        limits = f"-c statement_timeout={self._timeout * 1000:.0f} -c synchronous_commit=off"
        connection = _Impatient.connect(
            self._address, autocommit=True, connect_timeout=2, options=limits, application_name="goscrobble limits"
        )
        connection.patience = self._timeout
        try:
            connection.execute(_CREATE)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateTable, psycopg.errors.DuplicateObject):
            pass  # another process made it in the same moment
        except BaseException:
            connection.close()
            raise
        return connection


def _close_all(connections: list[psycopg.Connection[tuple[Any, ...]]], process: int) -> None:
    """Close what is idle; after a fork it is the parent's."""
    while connections and process == os.getpid():
        connections.pop().close()


class _Impatient(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose every wait ends: a server that hangs keeps its end open and says nothing."""

    patience = TIMEOUT

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        return super().wait(gen, interval, timeout=self.patience if timeout is None else timeout)


_CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS rate_bucket (key text PRIMARY KEY, full_at double precision NOT NULL)
"""
_NOW = "extract(epoch FROM statement_timestamp())::double precision"
_FULL_AT = f"greatest(least(b.full_at, {_NOW} + %(size)s), {_NOW}) + %(cost)s"
_TAKE = f"""
INSERT INTO rate_bucket AS b (key, full_at) VALUES (%(key)s, {_NOW} + %(cost)s)
ON CONFLICT (key) DO UPDATE SET full_at = {_FULL_AT} WHERE {_FULL_AT} <= {_NOW} + %(size)s + {EPSILON}
RETURNING full_at - {_NOW}
"""
_PEEK = f"SELECT full_at - {_NOW} FROM rate_bucket WHERE key = %s"
_MEND = f"""
UPDATE rate_bucket SET full_at = {_NOW} + %(size)s WHERE key = %(key)s AND full_at > {_NOW} + %(size)s
"""
_SWEEP = f"""
DELETE FROM rate_bucket WHERE key IN
    (SELECT key FROM rate_bucket WHERE full_at < {_NOW} LIMIT %s FOR UPDATE SKIP LOCKED)
"""


class RedisBuckets:
    """Buckets in Redis; full ones expire by themselves."""

    def __init__(self, url: str) -> None:
        redis = _redis()
        from redis.backoff import NoBackoff  # noqa: PLC0415 - an optional package
        from redis.retry import Retry  # noqa: PLC0415 - same

        try:
            self._redis = redis.Redis.from_url(
                url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
            )
        except ValueError as error:
            raise BadConfig(f"Setting 'redis_url' cannot be used: {error}") from None
        self._take = self._redis.register_script(_REDIS_TAKE)

    def take(self, key: str, interval: float, burst: int, cost: int = 1) -> Verdict:
        """See Buckets."""
        allowed, debt = self._take(keys=[_PREFIX + key], args=[interval * 1e6, burst, cost])
        return Verdict(True, int(debt) / 1e6, 0.0) if allowed else refused(int(debt) / 1e6, interval, burst, cost)

    def peek(self, key: str, interval: float, burst: int) -> float:
        """See Buckets."""
        _, debt = self._take(keys=[_PREFIX + key], args=[interval * 1e6, burst, 0])
        return int(debt) / 1e6

    def clear(self, key: str) -> None:
        """See Buckets."""
        self._redis.delete(_PREFIX + key)

    def reset(self) -> None:
        """See Buckets."""
        for key in self._redis.scan_iter(f"{_PREFIX}*"):
            self._redis.delete(key)


def redis_failures() -> tuple[type[Exception], ...]:
    """Return what a Redis that is away raises."""
    return (_redis().RedisError, OSError)


def _redis() -> Any:
    try:
        import redis  # noqa: PLC0415 - an optional package
    except ImportError:
        raise BadConfig("Setting 'redis_url' needs the package redis: pip install 'goscrobble[redis]'") from None
    return redis


_PREFIX = "goscrobble:bucket:"  # the algorithm's own: another one's values would not fit
# Microseconds, which a double holds exactly. A cost of 0 only looks.
_REDIS_TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local size, cost = tonumber(ARGV[1]) * tonumber(ARGV[2]), tonumber(ARGV[1]) * tonumber(ARGV[3])
local stored = tonumber(redis.call('GET', KEYS[1]) or now)
local full_at = math.max(math.min(stored, now + size), now)
local allowed = full_at + cost <= now + size + 1
if allowed then full_at = full_at + cost end
if full_at > now and full_at ~= stored then
  redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1000)
end
return {allowed and 1 or 0, string.format('%.0f', full_at - now)}
"""
