"""Calls a stranger's function and gets the control back in time, whatever it does.

Each call has a thread of its own (a greenlet where gevent serves) and is waited for until its deadline. One that waits
for something is then left behind; one that computes for ever is ended by a watchdog, which raises in it. So a hook that
hangs costs its caller the deadline, and the server a sleeping thread at most.

Nothing is raised in a thread that waits: until it took the exception, every other thread would look for one of its own
at each call and each turn of a loop, and Python 3.11 does not get past that look in code that is traced.
"""

from __future__ import annotations

import contextvars
import ctypes
import math
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from types import FrameType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

GRACE = 0.5  # seconds after the deadline: then the caller itself has not got its turn
TICK = 0.1  # seconds between two looks of the watchdog
IDLE = 10.0  # seconds without a call after which the watchdog ends


class Hung(Exception):
    """The function did not return within its deadline."""


def call(function: Callable[[], T], seconds: float) -> T:
    """Return what `function` returns, or raise what it raises, within `seconds`.

    It sees the caller's context variables, the request among them. Raises Hung at the deadline.
    """
    running = _Call(function, seconds)
    _watchdog.watch(running)
    threading.Thread(target=running.run, name="goscrobble-hook", daemon=True).start()
    if not running.ended.wait(seconds):
        running.abandon()
        raise Hung(f"no answer within {seconds:g} seconds")
    if running.error is not None:
        raise running.error
    return running.result  # type: ignore[return-value]  # without an error there is one


class _Stop(BaseException):
    """Raised in a function that computes for ever; no `except Exception` of it takes it."""


class _Call(Generic[T]):
    def __init__(self, function: Callable[[], T], seconds: float) -> None:
        self.result: T | None = None
        self.error: BaseException | None = None
        self.ended = threading.Event()
        self.overdue_at = time.monotonic() + seconds + GRACE
        self.thread_id = 0  # of the operating system's thread
        self.frame: FrameType | None = None  # that of `run`: tells this call from others of the same thread
        self._seconds = seconds
        self._function: Callable[[], T] | None = function
        self._context = contextvars.copy_context()
        self._greenlet: Any = None
        self._cpu_clock: int | None = None  # that of its thread; stays readable, as an error, when that has ended
        self._computed = math.inf  # seconds of it at the last look

    def run(self) -> None:
        self.thread_id, self._greenlet = _native("_thread", "get_ident")(), _greenlet()
        self._cpu_clock = _cpu_clock(self.thread_id)
        self.frame = sys._getframe()  # noqa: SLF001 - the library has no other name for it
        try:
            if self._function is not None:
                self.result = self._context.run(self._function)
        except _Stop:
            self.error = Hung(f"no answer within {self._seconds:g} seconds")
        except BaseException as error:  # noqa: BLE001 - its caller raises it
            self.error = error
        finally:
            self.frame = None
            self.ended.set()

    def abandon(self) -> None:
        """Let it go: a greenlet is ended, a thread ends whenever what it waits for comes."""
        self._function = None
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def has_computed(self) -> bool:
        """Whether its thread has computed since the last look, as far as the system tells."""
        if self._cpu_clock is None:
            return True
        before = self._computed
        try:
            self._computed = time.clock_gettime(self._cpu_clock)
        except OSError:  # the thread has ended
            return False
        return self._computed > before

    def is_running_now(self) -> bool:
        """Whether this call is what its thread executes at this moment: under gevent there are others."""
        frame = sys._current_frames().get(self.thread_id)  # noqa: SLF001 - same
        while frame is not None:
            if frame is self.frame:
                return True
            frame = frame.f_back
        return False


class _Watchdog:
    """A thread of the operating system, also under gevent: one that computes lets no other greenlet run."""

    def __init__(self) -> None:
        self._calls: set[_Call[Any]] = set()
        self._guard = _native("_thread", "allocate_lock")()
        self._is_awake = False

    def watch(self, call: _Call[Any]) -> None:
        with self._guard:
            self._calls.add(call)
            if not self._is_awake:
                self._is_awake = True
                _native("_thread", "start_new_thread")(self._run, ())

    def _run(self) -> None:
        sleep, idle_since = _native("time", "sleep"), time.monotonic()
        while True:
            sleep(TICK)
            now = time.monotonic()
            with self._guard:
                self._calls = {call for call in self._calls if not call.ended.is_set()}
                idle_since = now if self._calls else idle_since
                if now - idle_since > IDLE:
                    self._is_awake = False
                    return
                overdue = [call for call in self._calls if now > call.overdue_at]
            for call in overdue:
                if call.has_computed() and call.is_running_now():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(call.thread_id), ctypes.py_object(_Stop))


def _native(module: str, name: str) -> Any:
    """Return a function of the standard library as it was before gevent replaced it."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original(module, name) if monkey is not None else getattr(import_module(module), name)


def _cpu_clock(thread_id: int) -> int | None:
    """Return the clock of the time that a thread, which must be the caller's, has computed; macOS has none."""
    clock_of: Callable[[int], int] | None = getattr(time, "pthread_getcpuclockid", None)
    return None if clock_of is None else clock_of(thread_id)


def _greenlet() -> Any:
    """Return the greenlet that runs here if gevent has made threads of them, else None."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return None
    return import_module("gevent").getcurrent()


_watchdog = _Watchdog()
