"""An instance that may ask this machine, and servers on it."""

from __future__ import annotations

import pytest

from goscrobble.testing import make_settings
from tests.services.outgoing.servers import Server


@pytest.fixture
def settings(instance_path, database_url):
    return make_settings(instance_path, database_url=database_url, outgoing_allowed_networks=["127.0.0.0/8", "::1"])


@pytest.fixture
def serve():
    started = []

    def start(behave, context=None):
        started.append(Server(behave, context))
        return started[-1]

    yield start
    for server in started:
        server.close()
