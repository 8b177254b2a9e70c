"""What a service, a network or a worker that fails in the middle of an evening costs: nothing."""

from __future__ import annotations

import json
import random
import threading
import time

import pytest

from goscrobble.services import connecting
from goscrobble.storage import sources as stored
from goscrobble.testing.clock import START
from tests.plugins.navidrome.conftest import NEAR, about, starts
from tests.plugins.navidrome.stand_in import song

D = 200  # seconds, of `song()`
POLL = 17  # seconds between two polls at most


@pytest.mark.slow
def test_a_server_that_hangs_is_given_up_and_asked_again(evening, library, service):
    library.play(song())
    done = threading.Event()
    service.trouble = lambda _handler: done.wait(60)
    began = time.monotonic()
    evening.poll()
    done.set()
    assert time.monotonic() - began < 12
    assert evening.now().problem == "The server at this address cannot be reached, or its answer cannot be used"
    service.trouble = None
    evening.until(D + 100)
    assert starts(evening) == about([("Vitamin C", 0)], NEAR)


def test_what_is_heard_while_the_server_cannot_be_asked_still_counts(evening, library, service):
    library.play(song())
    evening.until(60)
    service.trouble = lambda handler: handler.connection.close()
    evening.until(170)
    service.trouble = None
    evening.until(D + 400)
    assert starts(evening) == about([("Vitamin C", 0)], NEAR)
    assert evening.now().problem is None


def test_what_was_told_by_a_worker_that_is_killed_then_is_told_again_at_the_same_times(evening, library, clock):
    library.play(song())
    clock.advance(130)
    library.set("paused")
    clock.advance(1500)
    evening.crash(3)
    clock.advance(25)
    evening.due_at = clock.at
    evening.until(1700)
    library.stop()
    evening.until(1900)
    assert evening.plays() == [("Vitamin C", pytest.approx(0, abs=31), 130)]


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_tells_loses_and_doubles_nothing(evening, library, dialect, near):
    chance = random.Random(dialect)
    due, poll = evening, evening.poll

    def poll_after_crashes():
        for _ in range(chance.randrange(3)):
            due.crash(chance.randrange(4))
            due.clock.advance(chance.choice((1, 20)))  # until another worker has the lease
        poll()

    evening.poll = poll_after_crashes
    heard = []
    for nth in range(4):
        heard.append(("Long" if nth % 3 else "Short", 400 * nth))
        evening.until(400 * nth)
        for _ in range(2 if heard[-1][0] == "Short" else 1):
            library.play(song(heard[-1][0], 300 if heard[-1][0] == "Long" else 150))
            evening.until(evening.clock.at - START + (300 if heard[-1][0] == "Long" else 150))
        library.stop()
    evening.until(2000)
    expected = sorted(heard + [(title, at + 150) for title, at in heard if title == "Short"], key=lambda one: one[1])
    assert starts(evening) == about(expected, near + 60)


def test_what_was_remembered_under_another_name_is_not_this_ones(evening, core, ada, library, service):
    library.play(song())
    evening.until(150)
    changed = {"username": "bob", "password": service.passwords["bob"]}
    connecting.change(core, ada, evening.row.uuid, settings=changed)
    evening.due_at = evening.clock.at
    evening.until(170)
    assert json.loads(evening.now().cursor)["identity"] == [service.url, "bob"]
    assert "on" not in json.loads(evening.now().cursor)


def test_a_cursor_that_cannot_be_read_is_forgotten(evening, core, library):
    core.database.write(lambda connection: stored.change(connection, evening.row.id, cursor='{"on": 5}'))
    library.play(song())
    evening.until(70)
    assert evening.playing() == [("Vitamin C", False)]
