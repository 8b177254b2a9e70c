"""Real processes tell that they live, and that they end."""

import time

import pytest
from sqlalchemy import create_engine, text

from tests.operation.conftest import PATIENCE


@pytest.fixture
def roles(environment):
    """Give what each process says that it does, once there are so many."""

    def roles(expected):
        engine = create_engine(environment["GOSCROBBLE_DATABASE_URL"])
        deadline = time.monotonic() + PATIENCE
        found = None
        while (found is None or len(found) != expected) and time.monotonic() < deadline:
            with engine.connect() as connection:
                found = sorted(connection.execute(text("SELECT role FROM node")).scalars())
            time.sleep(0.1)
        engine.dispose()
        return found

    return roles


@pytest.mark.parametrize(("embedded", "role"), [("true", "web and jobs"), ("false", "web")])
def test_each_web_worker_is_a_process_until_the_server_ends(run, roles, embedded, role):
    server = run("--workers", "2", GOSCROBBLE_JOBS__EMBEDDED=embedded)
    assert roles(2) == [role, role]
    assert server.end() == 0
    assert roles(0) == []


def test_a_worker_is_a_process_that_does_jobs(run, start, roles):
    run("--workers", "1", GOSCROBBLE_JOBS__EMBEDDED="false")
    worker = start("-m", "goscrobble", "worker")
    assert roles(2) == ["jobs", "web"]
    assert worker.end() == 0
    assert roles(1) == ["web"]
