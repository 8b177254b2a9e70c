import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60  # seconds; a busy machine with two cores imports slowly


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


class Server:
    """A real process that serves on a port of its own, with what it printed in `output()`."""

    def __init__(self, command, environment, port, log, folder=ROOT):
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=folder, env=os.environ | environment, stdout=out, stderr=out, start_new_session=True
            )

    def get(self, path="/health/ready"):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.status

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output()
            try:
                if self.get() == 200:
                    return self
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        raise AssertionError(self.output())

    def end(self, number=signal.SIGTERM):
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def output(self):
        return self._log.read_text("utf-8", "replace")


def goscrobble(environment, *arguments, folder=ROOT):
    """Run a command to its end, with the program that is in `folder`."""
    command = [sys.executable, "-m", "goscrobble", *arguments]
    return subprocess.run(
        command, env=os.environ | environment, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.fixture
def environment(instance_path, empty_database_url):
    """The environment of a program on a new instance."""
    return {"GOSCROBBLE_INSTANCE_PATH": str(instance_path), "GOSCROBBLE_DATABASE_URL": empty_database_url}


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(environment, port, tmp_path):
    """Start `python -m …` (in the environment given, if any); whatever it started is gone when the test ends."""
    servers = []

    def begin(*command, **more):
        log = tmp_path / f"output-{len(servers)}"
        server = Server([sys.executable, *map(str, command)], environment | more, port, log)
        servers.append(server)
        return server

    yield begin
    for server in servers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()


@pytest.fixture
def run(start, port):
    """Start `goscrobble run` on a port of its own and wait until it serves."""

    def begin(*options, **more):
        server = start("-m", "goscrobble", "run", "--port", port, *options, **more)
        return server.wait_until_ready()

    return begin
