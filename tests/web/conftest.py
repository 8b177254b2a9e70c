"""What tests of the web share."""

import pytest


@pytest.fixture
def on_sqlite(database_kind):
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL goes by its own clock, which no test can set")
