"""What pytest offers wherever GoScrobble is installed: servers for the tests of plugins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from goscrobble.migrations import runner
from goscrobble.testing.instances import PluginServer

StartServer = Callable[..., PluginServer]


@pytest.fixture(scope="session")
def goscrobble_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with the core's tables, to be copied: making them takes a second."""
    file = tmp_path_factory.mktemp("goscrobble") / "template.db"
    runner.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def goscrobble_server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, goscrobble_template: Path
) -> Iterator[StartServer]:
    """Start a server with these plugins and no others: `goscrobble_server(goscrobble_tapedeck)`."""
    for variable in [one for one in os.environ if one.startswith("GOSCROBBLE_")]:
        monkeypatch.delenv(variable)  # no test may touch the instance that the author listens with
    servers: list[PluginServer] = []

    def start(*plugins: ModuleType) -> PluginServer:
        servers.append(PluginServer(tmp_path_factory.mktemp("instance"), goscrobble_template, plugins))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
