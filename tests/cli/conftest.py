import logging

import pytest
from click.testing import CliRunner

from goscrobble.cli import cli


@pytest.fixture
def environment(instance_path, database_url, monkeypatch):
    """The environment of a command on an instance of this test's own."""
    values = {"GOSCROBBLE_INSTANCE_PATH": str(instance_path), "GOSCROBBLE_DATABASE_URL": database_url}
    for key, value in values.items():
        monkeypatch.setenv(key, value)
    return values


@pytest.fixture
def goscrobble(environment):
    """Run a command as typed: `goscrobble("users", "list")`. Its result has exit_code, stdout and stderr."""

    def run(*arguments, typed=None):
        return CliRunner().invoke(cli, [str(one) for one in arguments], input=typed)

    return run


@pytest.fixture(autouse=True)
def logs_as_before():
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
