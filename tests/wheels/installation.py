"""GoScrobble as an operator has it: an environment with plugins, an instance, a server."""

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from tests.operation.conftest import PATIENCE, Server
from tests.tutorial.terminal import make_environment

PASSWORD = "correct horse battery staple"
UNLIMITED = "1000/s burst 1000"


class Installation:
    """`install` and `uninstall` wheels, `serve` and `stop`; ask it by `goscrobble`, `call` and `everywhere`."""

    def __init__(self, folder, database_url):
        self.instance = folder / "instance"
        self.instance.mkdir()
        self.environment = make_environment(folder / "environment") | {
            "GOSCROBBLE_INSTANCE_PATH": str(self.instance),
            "GOSCROBBLE_DATABASE_URL": database_url,
            "GOSCROBBLE_RATE_LIMIT_LIGHT": UNLIMITED,
            "GOSCROBBLE_RATE_LIMIT_STANDARD": UNLIMITED,
            "GOSCROBBLE_RATE_LIMIT_HEAVY": UNLIMITED,
        }
        self._folder = folder
        self._servers = []
        self._token = None
        self._times = itertools.count(int(time.time()) - 20 * 86400, 600)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    # ---- at the command line ----

    def install(self, *wheels):
        self._run("pip", "install", "--quiet", "--no-index", "--no-deps", *wheels)

    def uninstall(self, distribution):
        self._run("pip", "uninstall", "--quiet", "--yes", distribution)

    def goscrobble(self, *arguments):
        """Run a command and return what it printed."""
        return self._run("goscrobble", *arguments)

    def plugins(self):
        """Return what `goscrobble plugins list --json` tells, by name."""
        return {one["name"]: one for one in json.loads(self.goscrobble("plugins", "list", "--json"))["plugins"]}

    def _run(self, program, *arguments):
        command = [self._folder / "environment" / "bin" / program, *arguments]
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # ---- the server ----

    def serve(self, workers=2):
        program = self._folder / "environment" / "bin" / "goscrobble"
        command = [program, "run", "--port", str(self.port), "--workers", str(workers)]
        log = self._folder / f"output-{len(self._servers)}"
        self._servers.append(Server(command, self.environment, self.port, log))
        self._servers[-1].wait_until_ready()

    def stop(self):
        assert self._servers[-1].end() == 0, self._servers[-1].output()

    def kill(self):
        for server in self._servers:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.process.pid, signal.SIGKILL)
            server.process.wait()

    def join(self):
        """Make the first account, which is the administrator's; `call` speaks with its token from now on."""
        person = {"username": "ada", "password": PASSWORD}
        assert self.call("POST", "/register", person | {"email": "ada@example.org"})[0] == 200
        self._token = self.call("POST", "/login", person)[1]["token"]

    def call(self, method, path, body=None):
        """Ask the API, or a complete address; returns status and answer."""
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}/api/v1{path}"
        headers = {"Content-Type": "application/json"}
        if self._token and "/ingress/" not in url:
            headers["Authorization"] = f"Bearer {self._token}"
        raw = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, raw, headers, method=method), timeout=PATIENCE
            ) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def everywhere(self, path):
        """Ask each of the two workers the same; returns [(status, text), …]."""
        asked = {}
        deadline = time.monotonic() + PATIENCE
        with contextlib.ExitStack() as stack:
            while len(asked) < 2:
                assert time.monotonic() < deadline, "one of the workers does not answer"
                # A worker keeps a connection that it took, so both requests of one are answered by the same.
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
                stack.callback(connection.close)
                worker = json.loads(self._get(connection, "/sleeps")[1])["worker"]
                if worker not in asked:
                    asked[worker] = self._get(connection, path)
        return list(asked.values())

    def _get(self, connection, path):
        connection.request("GET", path, headers={"Authorization": f"Bearer {self._token}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    # ---- plays ----

    def connect(self, plugin, **body):
        """Make a connection and return what the API answers."""
        status, answer = self.call("POST", f"/user/sources/{plugin}", body)
        assert status == 200, answer
        return answer

    def play(self, title):
        """Return a play of this title, at a time of its own."""
        return {"title": title, "at": next(self._times)}

    def titles(self):
        """Return the titles in the listener's history."""
        status, answer = self.call("GET", "/users/ada/scrobbles?limit=200")
        assert (status, answer["next"]) == (200, None)
        return [play["track"]["title"] for play in answer["scrobbles"]]
