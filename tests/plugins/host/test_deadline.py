"""A function that hangs gives the control back in time: in a thread and in a greenlet, waiting or computing."""

import subprocess
import sys
import textwrap
import threading
import time

import pytest

from goscrobble.plugins import deadline
from goscrobble.plugins.declarations import Status
from goscrobble.plugins.host import PluginHost
from goscrobble.testing import make_draft

HANGS = """
    import time
    from goscrobble.plugins import hookimpl

    @hookimpl
    def prepare_draft(draft):
        time.sleep(30)
"""
COMPUTES = """
    from goscrobble.plugins import hookimpl

    @hookimpl
    def prepare_draft(draft):
        while True:
            pass
"""


def compute():
    while True:
        try:
            while True:
                pass
        except Exception:  # noqa: BLE001 - a stranger may well do this
            pass


@pytest.mark.parametrize("function", [compute, lambda: time.sleep(5)], ids=["computes", "waits"])
def test_a_function_that_hangs_is_cut_off(function):
    begun = time.monotonic()
    with pytest.raises(deadline.Hung, match=r"no answer within 0\.1 seconds"):
        deadline.call(function, 0.1)
    assert time.monotonic() - begun < 2


def test_nothing_is_raised_in_one_that_waits():
    """While it sleeps the exception would stay pending, at the cost of every other thread."""
    woke = threading.Event()

    def wait():
        time.sleep(deadline.GRACE + 5 * deadline.TICK)
        woke.set()

    with pytest.raises(deadline.Hung):
        deadline.call(wait, 0.1)
    assert woke.wait(5)


def test_one_that_computes_after_it_has_waited_is_ended():
    ended = threading.Event()

    def wait_and_compute():
        time.sleep(deadline.GRACE + 5 * deadline.TICK)
        try:
            compute()
        finally:
            ended.set()

    with pytest.raises(deadline.Hung):
        deadline.call(wait_and_compute, 0.1)
    assert ended.wait(10)


def test_who_is_traced_goes_on_while_others_hang(found):
    """A debugger and a measurement of coverage trace; Python 3.11 then waits until a raised exception was taken."""
    host = PluginHost(found=found(("sleeper", "import time\ntime.sleep(30)")), start_deadline=0.1)
    host.load()
    time.sleep(deadline.GRACE + 3 * deadline.TICK)
    tracing, begun = sys.gettrace(), time.monotonic()
    sys.settrace(lambda *_: None)
    try:
        compute_a_little = [str(i) for i in range(10)]
    finally:
        sys.settrace(tracing)
    assert len(compute_a_little) == 10
    assert time.monotonic() - begun < 5


def test_what_a_function_returns_and_raises_comes_through():
    assert deadline.call(lambda: 7, 1) == 7
    with pytest.raises(ZeroDivisionError):
        deadline.call(lambda: 1 / 0, 1)
    with pytest.raises(SystemExit):
        deadline.call(lambda: sys.exit(3), 1)


def test_a_function_sees_the_request_of_its_caller(app):
    from flask import request

    with app.test_request_context("/somewhere"):
        assert deadline.call(lambda: request.path, 1) == "/somewhere"


UNDER_GEVENT = """
    from gevent import monkey
    monkey.patch_all()
    import time
    from goscrobble.plugins import deadline

    def compute():
        while True:
            pass

    begun = time.monotonic()
    for function in (compute, lambda: time.sleep(60)):
        try:
            deadline.call(function, 0.2)
        except deadline.Hung as error:
            print(error)
    assert time.monotonic() - begun < 5
    print(deadline.call(lambda: "well", 1))
"""


@pytest.mark.slow
def test_the_same_holds_under_gevent():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(UNDER_GEVENT)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["no answer within 0.2 seconds"] * 2 + ["well"], done.stderr


@pytest.mark.parametrize("source", [HANGS, COMPUTES], ids=["waits", "computes"])
def test_a_hook_that_hangs_costs_its_deadline_and_counts_as_a_failure(found, source):
    host, failed = PluginHost(found=found(("bad", source)), hook_deadline=0.1), []
    host.remember = failed.append
    host.load()
    assert host.prepare(make_draft()) == make_draft()
    assert [(one.hook, one.error, one.trips) for one in failed] == [
        ("prepare_draft", "Hung: no answer within 0.1 seconds", True)
    ]


# Names of their own: a module whose import hangs is locked for whoever imports it next.
def test_a_plugin_that_hangs_at_import_is_left_out(found):
    host = PluginHost(found=found(("sleeper", "import time\ntime.sleep(30)")), start_deadline=0.1)
    host.load()
    assert host.records["sleeper"].fault is Status.FAILED_TO_LOAD
    assert "no answer within 0.1 seconds" in host.records["sleeper"].error


def test_several_that_hang_at_import_do_not_add_up(found):
    text = "import time\ntime.sleep(30)"
    host = PluginHost(found=found(*((f"sleeper_{i}", text) for i in range(4))), start_deadline=4.0)
    begun = time.monotonic()
    host.load()
    assert time.monotonic() - begun < 4 + 3 * 1 + 2
    assert {record.fault for record in host.records.values()} == {Status.FAILED_TO_LOAD}
