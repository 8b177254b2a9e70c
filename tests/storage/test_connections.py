"""Connections that PostgreSQL ended while nobody used them."""

import psycopg
import pytest

from tests.waiting import eventually

MINE = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def test_a_connection_that_was_ended_is_replaced_before_anybody_meets_it(core, database_kind, database_url):
    if database_kind == "sqlite":
        pytest.skip("SQLite has no server")

    def ask():
        with core.database.read() as connection:
            return connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()

    before = ask()
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [before])
        eventually(lambda: (before,) not in admin.execute(MINE).fetchall(), within=5)
    assert ask() != before
