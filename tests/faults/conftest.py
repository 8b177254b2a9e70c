import http.client
import itertools
import json
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from goscrobble.services import history, rollups, tokens
from goscrobble.testing import make_account, make_core, make_settings
from tests.operation.conftest import PATIENCE, environment, port, run, start

__all__ = ["environment", "port", "run", "start"]  # fixtures, used here too

PLENTY = {"GOSCROBBLE_RATE_LIMIT_LIGHT": "10000/s burst 100000"}
ACCOUNTS, CLIENTS = 4, 8  # so that two clients tell of each listener
APART = 400  # seconds between the plays of one client


def pytest_ignore_collect(collection_path, config):
    """A crash of PostgreSQL can only be tried where there is one."""
    return True if collection_path.stem == "test_postgresql" and config.getoption("database") == "sqlite" else None


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


class Client(threading.Thread):
    """Posts plays of its own, one after another, each until it is answered 2xx; `answered` are their titles."""

    def __init__(self, port, number, token):
        super().__init__(daemon=True)
        self.answered = []
        self.refused = Counter()  # what came instead of a 2xx
        self._number, self._token = number, token
        self._port = port
        self._ended = threading.Event()
        self._begun_at = int(time.time()) - 365 * 86400 + number * 7

    def run(self):
        channel = None
        for number in itertools.count():
            title = f"Song {number} of client {self._number}"
            play = {"Track": title, "Artist": [f"Band {number % 9}"], "Album": "Record", "Duration": 200}
            play["PlayedAt"] = self._begun_at + number * APART
            while True:
                channel = channel or http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
                status = self._post(channel, play)
                if status == 200:
                    break
                self.refused[status] += 1
                channel.close()
                channel = None
                time.sleep(0.05)
            self.answered.append(title)
            if self._ended.is_set():
                channel.close()
                return

    def _post(self, channel, play):
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            channel.request("POST", "/api/v1/ingress/multiscrobbler", json.dumps(play), headers)
            answer = channel.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return "no answer"  # it may be stored, or not: it is sent again
        return answer.status

    def end(self):
        """Have the play under way answered, and stop."""
        self._ended.set()
        self.join(PATIENCE)
        assert not self.is_alive()


class Crowd:
    """Clients that post at once, and what must be true of the database when they are done."""

    def __init__(self, core, port):
        self._core = core
        accounts = [make_account(core, f"listener{n}") for n in range(ACCOUNTS)]
        self.accounts = accounts
        secrets = [
            tokens.add_api_token(core, accounts[n % ACCOUNTS], f"client {n}", {"ingest"})[1] for n in range(CLIENTS)
        ]
        self.clients = [Client(port, n, secret) for n, secret in enumerate(secrets)]
        for client in self.clients:
            client.start()

    @property
    def answered(self):
        """How many plays were answered 2xx so far."""
        return sum(len(client.answered) for client in self.clients)

    def wait_for(self, more, patience=PATIENCE):
        """Wait until so many more plays are answered; returns after how many seconds they were."""
        begun, target = time.monotonic(), self.answered + more
        while self.answered < target:
            assert time.monotonic() - begun < patience, [dict(client.refused) for client in self.clients]
            time.sleep(0.01)
        return time.monotonic() - begun

    def end(self):
        for client in self.clients:
            client.end()

    def assert_all_is_stored_once(self):
        for number, account in enumerate(self.accounts):
            told = [title for client in self.clients[number::ACCOUNTS] for title in client.answered]
            assert Counter(self._titles(account)) == Counter(told)
        assert {name: wrong for name, wrong in rollups.check(self._core) if wrong} == {}

    def _titles(self, account):
        cursor = None
        while True:
            plays, cursor = history.recent(self._core, account, limit=1000, cursor=cursor)
            yield from (play.track.name for play in plays)
            if cursor is None:
                return


@pytest.fixture
def crowd(environment, instance_path, port):
    """Start a `Crowd` against the server, which must be running."""
    cores = []

    def begin(**more):
        url = (environment | more)["GOSCROBBLE_DATABASE_URL"]
        cores.append(make_core(make_settings(instance_path, database_url=url), time.time))
        return Crowd(cores[-1], port)

    yield begin
    for core in cores:
        core.database.close()
