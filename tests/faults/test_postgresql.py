"""PostgreSQL crashes under the server: what was answered stays, and what was not is stored once it is back."""

import os
import signal

import psycopg
import pytest

from tests.faults.conftest import PLENTY
from tests.postgres import PostgresServer

SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = 'crashing' AND backend_type = 'client backend'"


@pytest.fixture
def postgres():
    """A server of this test's own, to crash."""
    server = PostgresServer(fsync="on")
    yield server
    server.stop()


def sessions(postgres):
    with psycopg.connect(postgres.url) as connection:
        return {pid for (pid,) in connection.execute(SESSIONS)}


def test_the_database_crashes_and_recovers(run, crowd, postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE crashing")
    url = postgres.url.replace("postgresql:", "postgresql+psycopg:").removesuffix("postgres") + "crashing"
    more = PLENTY | {"GOSCROBBLE_DATABASE_URL": url}
    server = run("--workers", 2, **more)
    crowd = crowd(**more)
    for _ in range(3):
        crowd.wait_for(100)
        before = sessions(postgres)
        os.kill(min(before), signal.SIGKILL)  # then PostgreSQL ends all sessions and recovers from its log
        crowd.wait_for(100)
        assert not before & sessions(postgres)
    crowd.end()

    crowd.assert_all_is_stored_once()
    assert {status for client in crowd.clients for status in client.refused} <= {503}
    assert server.end() == 0
