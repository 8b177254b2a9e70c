"""A server on which Ada connects to a Subsonic server; the clock moves from poll to poll."""

from __future__ import annotations

import pytest

from goscrobble.services import connecting, history, playback, polling, sources
from goscrobble.services.source_accounts import Connected
from goscrobble.testing import make_account, make_settings
from goscrobble.testing.clock import START
from tests.plugins.navidrome.stand_in import Library, SubsonicServer

PASSWORD = "hunter2 & Söhne"
NEAR = 3  # seconds by which a start told with a position may be off
DIALECTS = ("navidrome", "old", "classic", "window")


@pytest.fixture
def settings(instance_path, database_url):
    """An administrator has opened the network of the stand-ins."""
    return make_settings(instance_path, database_url=database_url, outgoing_allowed_networks=["127.0.0.0/8"])


@pytest.fixture
def ada(core):
    return make_account(core, "ada")


@pytest.fixture
def library(clock):
    return Library(clock)


@pytest.fixture
def service(library):
    server = SubsonicServer(library)
    yield server
    server.close()


@pytest.fixture
def connect(core, ada, service):
    """Connect Ada to the service and return her connection."""

    def make(**settings):
        values = {"url": service.url, "username": "ada", "password": PASSWORD} | settings
        return connecting.connect(core, ada, "navidrome", settings=values).row

    return make


class Evening:
    """An evening of Ada's, in seconds after the start of the test: what happens in it, and what is shown afterwards."""

    def __init__(self, core, account, row, clock):
        self.core, self.account, self.row, self.clock = core, account, row, clock
        self.due_at = clock.at

    def until(self, seconds):
        """Let the time pass: poll whenever it is due."""
        while self.due_at < START + seconds:
            self.clock.at = max(self.due_at, self.clock.at)
            self.poll()
        self.clock.at = START + seconds
        playback.judge_due(self.core)

    def poll(self):
        playback.judge_due(self.core)
        polling.run_due(self.core)
        self.due_at = max(self.now().poll_at, self.clock.at + 1)

    def crash(self, told):
        """Poll as a worker does that is killed when it has told so many events."""
        account = Connected(self.core, self.now())
        record = self.core.plugins.records["navidrome"]
        for event in self.core.plugins.poll(record, record.poller(0), account).playing[:told]:
            account.observe(event)

    def now(self):
        return sources.find(self.core, self.account, self.row.uuid)

    def plays(self):
        """Give (title, seconds after the start of the test, seconds listened), oldest first."""
        found, _ = history.recent(self.core, self.account, limit=history.MOST)
        return [(one.track.name, one.played_at - int(START), one.listened) for one in reversed(found)]

    def playing(self):
        return [(one.title, one.paused) for one in playback.now_playing(self.core, self.account.id)]

    def told(self):
        """What its owner reads of the connection, oldest first."""
        events = sources.events(self.core, self.now())
        return [(str(event.outcome), event.reason) for event in reversed(events)]


@pytest.fixture
def evening(core, ada, connect, clock):
    return Evening(core, ada, connect(), clock)


def starts(evening):
    return [(title, at) for title, at, _ in evening.plays()]


def about(expected, within):
    return [(title, pytest.approx(at, abs=within)) for title, at in expected]


@pytest.fixture(params=DIALECTS)
def dialect(request, library):
    library.dialect = request.param
    return request.param


@pytest.fixture
def near(dialect):
    """By how many seconds a start may be off."""
    return NEAR if dialect in ("navidrome", "window") else 31
