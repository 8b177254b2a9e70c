"""The stores of token buckets: all alike, exact between processes, and never a reason for a 500."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
import traceback

import pytest

from goscrobble.errors import BadConfig
from goscrobble.migrations import runner
from goscrobble.storage.buckets import MemoryBuckets, SafeBuckets, SqliteBuckets, open_buckets
from goscrobble.storage.remote_buckets import POSTGRESQL_FAILURES, PostgresqlBuckets, RedisBuckets, redis_failures
from tests.web.redis_server import PROGRAM, RedisServer

pytestmark = pytest.mark.usefixtures("databases")  # some ask for one by name only when they run

PATIENCE = 20.0  # seconds: how busy the machine is must not matter where exactness is tested
LIGHT = (4.0, 2)  # seconds a token, burst


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory):
    if PROGRAM is None:
        pytest.skip("needs redis-server, which is not installed")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def postgresql_url(database_kind, database_url):
    if database_kind != "postgresql":
        pytest.skip("runs with --database postgresql")
    return database_url


@pytest.fixture(params=["memory", "sqlite", "postgresql", "redis"])
def shared(request, tmp_path):
    """A store of each kind by its own clock."""
    if request.param == "memory":
        yield MemoryBuckets()
    elif request.param == "sqlite":
        yield SqliteBuckets(tmp_path / "limits.db")
    elif request.param == "postgresql":
        yield PostgresqlBuckets(request.getfixturevalue("postgresql_url"), PATIENCE)
    else:
        buckets = RedisBuckets(request.getfixturevalue("redis_server").url)
        buckets.reset()
        yield buckets


@pytest.fixture(params=["memory", "sqlite"])
def clocked(request, tmp_path, clock):
    """A store that goes by the test's clock."""
    return MemoryBuckets(clock) if request.param == "memory" else SqliteBuckets(tmp_path / "limits.db", clock)


def test_a_token_comes_back_every_four_seconds(clocked, clock):
    start = clock.at
    answers = []
    for moment in (0, 0, 0, 3.9, 4.1, 4.2, 8.3, 8.4, 12.5):
        clock.at = start + moment
        answers.append(clocked.take("ada", *LIGHT).allowed)
    assert answers == [True, True, False, False, True, False, True, False, True]


def test_waiting_as_long_as_told_is_enough_and_less_is_not(clocked, clock):
    clocked.take("ada", *LIGHT)
    clock.advance(1.25)
    clocked.take("ada", *LIGHT)
    refused = clocked.take("ada", *LIGHT)
    assert (refused.allowed, pytest.approx(refused.wait, abs=1e-3)) == (False, 2.75)
    clock.advance(2.7)
    assert not clocked.take("ada", *LIGHT).allowed
    clock.advance(0.05)
    assert clocked.take("ada", *LIGHT).allowed


def test_a_bucket_holds_no_more_than_its_burst(clocked, clock):
    clock.advance(86400)
    assert [clocked.take("ada", 0.2, 5).allowed for _ in range(7)] == [True] * 5 + [False] * 2


def test_a_clock_that_steps_back_an_hour_empties_a_bucket_at_most(clocked, clock):
    clocked.take("ada", *LIGHT)
    clock.advance(-3600)
    assert clocked.take("ada", *LIGHT).wait <= 4
    clock.advance(4)
    assert clocked.take("ada", *LIGHT).allowed


def test_full_buckets_are_forgotten(tmp_path, clock):
    buckets = SqliteBuckets(tmp_path / "limits.db", clock)
    for number in range(1500):
        buckets.take(f"caller {number}", 0.001, 1)
        clock.advance(0.01)
    with sqlite3.connect(tmp_path / "limits.db") as connection:
        (rows,) = connection.execute("SELECT count(*) FROM rate_bucket").fetchone()
    connection.close()
    assert rows <= 502


def test_every_store_takes_refuses_peeks_and_clears_alike(shared):
    assert shared.peek("ada", 60, 3) == 0
    assert [shared.take("ada", 60, 3).allowed for _ in range(4)] == [True, True, True, False]
    refused = shared.take("ada", 60, 3)
    assert (59 < refused.wait <= 60, 179 < refused.debt <= 180) == (True, True)
    assert 179 < shared.peek("ada", 60, 3) <= 180
    assert shared.take("grace", 60, 3).allowed
    shared.clear("ada")
    assert shared.take("ada", 60, 3, 2).allowed
    assert not shared.take("ada", 60, 3, 2).allowed
    assert not shared.take("ada", 60, 3, 4).allowed
    shared.reset()
    assert shared.peek("ada", 60, 3) == 0


def test_every_store_refills_by_the_clock(shared):
    assert [shared.take("ada", 0.1, 1).allowed for _ in range(2)] == [True, False]
    time.sleep(shared.take("ada", 0.1, 1).wait + 0.005)
    assert shared.take("ada", 0.1, 1).allowed


def test_eight_threads_get_exactly_the_burst(shared):
    allowed = _race(shared, threads=8, hits=25)
    assert allowed == 10


def test_four_processes_get_exactly_the_burst_of_one_file(tmp_path):
    assert _race_of_processes(lambda: SqliteBuckets(tmp_path / "limits.db")) == 10


def test_four_processes_get_exactly_the_burst_of_one_postgresql(postgresql_url):
    assert _race_of_processes(lambda: PostgresqlBuckets(postgresql_url, PATIENCE)) == 10


def test_a_store_survives_a_fork(tmp_path):
    buckets = SqliteBuckets(tmp_path / "limits.db")
    buckets.take("ada", 60, 3)
    child = os.fork()
    if child == 0:
        os._exit(0 if buckets.take("ada", 60, 3).allowed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [buckets.take("ada", 60, 3).allowed for _ in range(2)] == [True, False]


def test_a_file_that_is_no_database_leaves_limits_in_memory(tmp_path, clock):
    (tmp_path / "limits.db").write_bytes(b"not a database, " * 1000)
    buckets = open_buckets("sqlite:///x.db", "", tmp_path, clock)
    assert [buckets.take("ada", *LIGHT).allowed for _ in range(3)] == [True, True, False]


def test_a_store_that_is_away_is_left_alone_for_a_while():
    away = _Away()
    buckets = SafeBuckets(away, MemoryBuckets(), (OSError,))
    assert [buckets.take("ada", *LIGHT).allowed for _ in range(3)] == [True, True, False]
    assert away.asked == 1


def test_a_postgresql_that_is_not_there_leaves_limits_in_memory(tmp_path):
    buckets = open_buckets("postgresql+psycopg://nobody@127.0.0.1:1/none", "", tmp_path)
    assert [buckets.take("ada", *LIGHT).allowed for _ in range(3)] == [True, True, False]


def test_a_postgresql_that_does_not_answer_costs_half_a_second(postgresql_url):
    buckets = PostgresqlBuckets(postgresql_url)
    safe = SafeBuckets(buckets, MemoryBuckets(), POSTGRESQL_FAILURES)
    safe.take("ada", *LIGHT)
    with buckets._connection() as blocker:  # a lock stands for a server that hangs: nothing comes back
        blocker.execute("BEGIN; LOCK TABLE rate_bucket")
        began = time.monotonic()
        assert [safe.take("ada", *LIGHT).allowed for _ in range(3)] == [True, True, False]
        assert time.monotonic() - began < 1.5
        blocker.execute("ROLLBACK")


def test_a_redis_that_hangs_costs_half_a_second(redis_server):
    buckets = RedisBuckets(redis_server.url)
    safe = SafeBuckets(buckets, MemoryBuckets(), redis_failures())
    buckets.reset()
    safe.take("ada", *LIGHT)
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert [safe.take("ada", *LIGHT).allowed for _ in range(3)] == [True, True, False]
        assert time.monotonic() - began < 1.5
    finally:
        redis_server.process.send_signal(signal.SIGCONT)


def test_a_redis_address_that_is_none_is_told_at_start(tmp_path):
    with pytest.raises(BadConfig, match="redis_url"):
        open_buckets("sqlite:///x.db", "not-redis://127.0.0.1", tmp_path)


class _Away:
    """A store that cannot be reached."""

    def __init__(self):
        self.asked = 0

    def take(self, *_):
        self.asked += 1
        raise OSError

    peek = clear = reset = take


def _race(buckets, *, threads, hits):
    allowed = []

    def run():
        allowed.extend(buckets.take("all", 3600, 10).allowed for _ in range(hits))

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert len(allowed) == threads * hits
    return sum(allowed)


def _race_of_processes(make):
    readers = []
    for _ in range(4):
        reader, writer = os.pipe()
        if os.fork() == 0:
            try:
                count = _race(make(), threads=3, hits=20)
                os.write(writer, bytes([count]))
            except BaseException:  # noqa: BLE001 - a forked child of pytest must end here
                traceback.print_exc()
            finally:
                os._exit(0)
        os.close(writer)
        readers.append(reader)
    counts = [os.read(reader, 1) for reader in readers]
    for reader in readers:
        os.close(reader)
        os.wait()
    return sum(count[0] for count in counts)


def test_the_table_of_buckets_is_no_difference_of_schema(postgresql_url):
    PostgresqlBuckets(postgresql_url, PATIENCE).take("ada", *LIGHT)
    assert runner.problems(postgresql_url) == []
