"""Which hosts are left alone, for how long, and by whom."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.plugins.policy import RetryLater
from goscrobble.services import outgoing
from goscrobble.storage.hosts import NOBODY, Asker
from goscrobble.testing import make_core
from goscrobble.testing.clock import START
from tests.services.outgoing.servers import DEADLINE, FAULTS, ok, refused, says

ADA, BOB, EVE, DAN = (Asker(connection=number, listener=number) for number in (1, 2, 3, 4))


@pytest.fixture
def other(settings, clock):
    """Another worker on the same database."""
    core = make_core(settings, clock, [])
    yield core
    core.database.close()


def left_alone(core, url):
    """Return for how many seconds more a host is left alone."""
    with pytest.raises(RetryLater) as raised:
        outgoing.fetch(core, "GET", url, timeout=DEADLINE)
    assert str(raised.value) == "The service is left alone for a while"
    return raised.value.after


def busy(*headers):
    return says(b"\r\n".join([b"HTTP/1.1 429 Slow down", *headers, b"Content-Length: 0", b"", b""]))


def date(seconds):
    return format_datetime(dt.datetime.fromtimestamp(START + seconds, dt.UTC), usegmt=True).encode()


@pytest.mark.parametrize("status", [b"429", b"503"])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"Retry-After: 1", 1),
        (b"Retry-After: 120", 120),
        (b"Retry-After: 86400", 86_400),
        (b"Retry-After: 99999999999", 86_400),
        (b"Retry-After: 0", 1),
        (b"Retry-After: -5", 1),
        (b"Retry-After: 1.5", 1.5),
        (b"Retry-After: " + date(90), 90),
        (b"Retry-After: " + date(-90), 1),
        (b"Retry-After: " + date(10**7), 86_400),
        (b"Retry-After: soon", 30),
        (b"Retry-After: nan", 30),
        (b"Retry-After: inf", 30),
        (b"Retry-After: Thu, 99 Jan 2026 00:00:00 GMT", 30),
        (b"Retry-After:", 30),
        (b"X: y", 30),
    ],
)
def test_who_asks_us_to_wait_is_obeyed(core, serve, status, header, seconds):
    server = serve(says(b"HTTP/1.1 %s X\r\n%s\r\nContent-Length: 0\r\n\r\n" % (status, header)))
    with pytest.raises(RetryLater) as raised:
        outgoing.fetch(core, "GET", server.url(), asker=ADA)
    assert raised.value.after == seconds


@given(st.text(max_size=40))
def test_whatever_stands_in_retry_after_it_is_a_time(text):
    assert 1 <= outgoing._wait_asked(text, START) <= 86_400


def test_a_host_that_asks_us_to_wait_is_left_alone_by_all_workers(core, other, serve, clock):
    server = serve(busy(b"Retry-After: 120"))
    with pytest.raises(RetryLater):
        outgoing.fetch(core, "GET", server.url())
    assert [left_alone(one, server.url()) for one in (core, other)] == [120, 120]
    clock.advance(119)
    assert left_alone(other, server.url(path="/other")) == 1
    assert len(server.requests) == 1
    clock.advance(1)
    with pytest.raises(RetryLater, match="asked us to wait"):
        outgoing.fetch(other, "GET", server.url())


# ---- whose pause it is ----


def asks(core, server, asker):
    """Ask a host for somebody; returns None, or for how many seconds it is left alone."""
    try:
        outgoing.fetch(core, "GET", server.url(), timeout=DEADLINE, asker=asker)
    except RetryLater as error:
        return error.after
    return None


def test_what_one_listeners_address_provokes_stops_nobody_elses_polls(core, other, serve):
    server = serve(busy(b"Retry-After: 86400"))
    assert asks(core, server, EVE) == 86_400
    server._behave = ok()
    assert [asks(one, server, BOB) for one in (core, other)] == [None, None]
    assert asks(other, server, EVE) == 86_400
    assert asks(core, server, Asker(connection=9, listener=EVE.listener)) is None  # her other connection
    assert asks(core, server, NOBODY) is None


def test_one_listener_with_many_connections_speaks_for_nobody_else(core, serve):
    server = serve(busy(b"Retry-After: 7200"))
    for number in range(20, 30):
        assert asks(core, server, Asker(number, EVE.listener)) == 7200
    server._behave = ok()
    assert asks(core, server, BOB) is None


def test_a_host_that_put_three_listeners_off_is_left_alone_by_all_for_an_hour_at_most(core, other, serve, clock):
    server = serve(busy(b"Retry-After: 86400"))
    for one in (ADA, BOB):
        assert asks(core, server, one) == 86_400
    assert asks(core, server, EVE) == 86_400
    server._behave = ok()
    assert asks(other, server, DAN) == 3600
    clock.advance(3599)
    assert asks(other, server, DAN) == 1
    clock.advance(1)
    assert asks(other, server, DAN) is None
    assert asks(other, server, ADA) == 86_400 - 3600


def test_a_service_of_the_plugins_own_puts_off_all_for_an_hour_at_most(core, other, serve, clock):
    server = serve(busy(b"Retry-After: 86400"))
    assert asks(core, server, NOBODY) == 3600
    server._behave = ok()
    assert [asks(other, server, one) for one in (ADA, NOBODY)] == [3600, 3600]
    clock.advance(3600)
    assert asks(other, server, ADA) is None


def test_a_host_that_fails_is_left_alone_twice_as_long_each_time_until_it_answers(core, other, serve, clock):
    server = serve(FAULTS["no answer"])
    pauses = []
    for nth in range(8):
        refused((core, other)[nth % 2], server.url())
        pauses.append(left_alone(core, server.url()))
        clock.advance(pauses[-1])
    assert pauses == [5, 10, 20, 40, 80, 160, 240, 240]
    server._behave = ok()
    assert outgoing.fetch(core, "GET", server.url()).status == 200
    server._behave = FAULTS["no answer"]
    refused(core, server.url())
    assert left_alone(other, server.url()) == 5


def test_one_host_that_fails_is_no_reason_to_leave_another_alone(core, serve):
    refused(core, serve(FAULTS["no answer"]).url())
    assert outgoing.fetch(core, "GET", serve(ok()).url()).status == 200


@pytest.mark.parametrize("name", ["redirect", "128 MB", "gzip bomb"])
def test_an_answer_that_we_do_not_take_stops_nobody_else_from_asking_the_host(core, serve, name):
    server = serve(FAULTS[name])
    refused(core, server.url(path="/page"))
    server._behave = ok()
    assert outgoing.fetch(core, "GET", server.url(path="/api")).status == 200


def test_one_scheme_of_a_host_that_fails_is_no_reason_to_leave_the_other_alone(core, serve):
    server = serve(ok())
    refused(core, server.url(scheme="https"))
    assert outgoing.fetch(core, "GET", server.url()).status == 200
