"""Taking turns: of the callers of one process that want the same thing, one leads and does the others' part too."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from goscrobble.errors import Unavailable

T = TypeVar("T")


class Turn(Generic[T]):
    """What a caller wants done; then what came of it."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.result: Any = None
        self.error: BaseException | None = None
        self._leads = False
        self._signal = threading.Lock()  # released when it is done, or leads
        self._signal.acquire()

    def end(self) -> None:
        """Let its caller go on."""
        self._signal.release()

    def outcome(self) -> Any:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.result


class Turns:
    """The callers that wait, in the order of asking, behind the one that leads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()  # held for some instructions only
        self._waiting: deque[Turn[Any]] = deque()
        self._is_led = False

    def leads(self, turn: Turn[Any], deadline: float) -> bool:
        """Return True when the caller is to lead, and to `hand_on` in the end; False when another did its part.

        Raises Unavailable if neither comes by `deadline` (monotonic).
        """
        with self._guard:
            if not self._is_led:
                self._is_led = True
                return True
            self._waiting.append(turn)
        has_come = False
        try:
            has_come = turn._signal.acquire(timeout=max(deadline - time.monotonic(), 0))  # noqa: SLF001 - of one piece
        finally:
            if not has_come:
                self._leave(turn)
        if not has_come:
            raise Unavailable("The database is busy, please try again")
        return turn._leads  # noqa: SLF001 - same

    def next(self, fits: Callable[[Turn[Any]], bool] = lambda _turn: True) -> Turn[Any] | None:
        """Take the first of those that wait out, if there is one and it fits: it is to be done, and to `end`."""
        with self._guard:
            if self._waiting and fits(self._waiting[0]):
                return self._waiting.popleft()
            return None

    def hand_on(self) -> None:
        """Lead no longer: the first of those that wait does."""
        with self._guard:
            if self._waiting:
                turn = self._waiting.popleft()
                turn._leads = True  # noqa: SLF001 - same
                turn.end()
            else:
                self._is_led = False

    def _leave(self, turn: Turn[Any]) -> None:
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
        if turn._leads:  # noqa: SLF001 - same; its turn came in this very moment
            self.hand_on()
