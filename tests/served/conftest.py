"""A server as an operator starts it: `goscrobble run`, gunicorn's workers, its own instance, limits as they are."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.operation.conftest import PATIENCE, Server


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group(item.path.stem))  # they share a server


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """The instance folder of `server`."""
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def server(databases, instance, tmp_path_factory):
    """A running server with an empty database; it must end cleanly and without a traceback."""
    url = databases.make(instance, empty=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"GOSCROBBLE_INSTANCE_PATH": str(instance), "GOSCROBBLE_DATABASE_URL": url}
    command = [sys.executable, "-m", "goscrobble", "run", "--port", str(port)]
    served = Server(command, environment, port, tmp_path_factory.mktemp("output") / "log")
    try:
        yield served.wait_until_ready()
        assert served.end() == 0
        assert "Traceback" not in served.output()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait(PATIENCE)
        databases.drop(url)


@pytest.fixture(scope="module")
def post(server):
    """Post JSON (or bytes, as they are) and return status and answer; waits where the server says so."""

    def post(path, body, token=None, content_type="application/json"):
        headers = {"Content-Type": content_type} | ({"Authorization": f"Bearer {token}"} if token else {})
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{server.url}/api/v1{path}", raw, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 429:
                    time.sleep(int(error.headers["Retry-After"]))
                    return post(path, body, token, content_type)
                return error.code, json.load(error)

    return post
