"""Nothing that was answered is lost, and nothing is stored twice, whatever is killed, and whenever."""

import os
import random
import signal
import time

from sqlalchemy import create_engine, text

from tests.faults.conftest import PLENTY
from tests.operation.test_serving import children

LEAST_SECONDS, LEAST_KILLS = 8, 8


def wait_for_workers(server, count, url):
    """Wait until so many workers have told that they serve, however long they take to start; returns them."""
    engine = create_engine(url)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            serving = set(connection.execute(text("SELECT pid FROM node")).scalars())
        workers = children(server.process.pid)
        if len(workers) == count and serving >= set(workers):
            engine.dispose()
            return workers
        time.sleep(0.05)
    raise AssertionError(server.output())


def test_workers_are_killed_one_after_another(run, crowd, environment, database_kind):
    server = run("--workers", 2, **PLENTY)
    crowd = crowd()
    chance, kills, begun = random.Random(1), 0, time.monotonic()
    while time.monotonic() - begun < LEAST_SECONDS or kills < LEAST_KILLS:
        crowd.wait_for(1)  # a worker starts more slowly than this kills: somebody must live to be killed at work
        os.kill(chance.choice(children(server.process.pid)), signal.SIGKILL)
        kills += 1
        time.sleep(0.3)
    one, _ = wait_for_workers(server, 2, environment["GOSCROBBLE_DATABASE_URL"])
    usual = max(crowd.wait_for(1) for _ in range(20))
    os.kill(one, signal.SIGKILL)
    assert crowd.wait_for(1) < 2 + 3 * usual, "the other one goes on"
    crowd.end()

    crowd.assert_all_is_stored_once()
    assert sum(client.refused["no answer"] for client in crowd.clients) > 0
    if database_kind == "sqlite":
        engine = create_engine(environment["GOSCROBBLE_DATABASE_URL"])
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        engine.dispose()
    assert server.end() == 0


def test_the_whole_server_is_killed_and_started_again(run, crowd):
    server = run("--workers", 2, **PLENTY)
    crowd = crowd()
    for _ in range(3):
        crowd.wait_for(100)
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        server = run("--workers", 2, **PLENTY)
    crowd.wait_for(100)
    crowd.end()

    crowd.assert_all_is_stored_once()
    assert sum(client.refused["no answer"] for client in crowd.clients) > 0
    assert server.end() == 0
