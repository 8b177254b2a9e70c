"""Writes about the same thing, done in one transaction: for callers that would wait for each other anyway."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence, Sized
from typing import TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from goscrobble.errors import Unavailable
from goscrobble.storage.turns import Turn, Turns

I = TypeVar("I", bound=Sized)  # noqa: E741 - an item
R = TypeVar("R")
Take = Callable[[], Sequence[I]]
Work = Callable[[Connection, Take[I]], Sequence[R]]
Write = Callable[[Callable[[Connection], Sequence[R]]], Sequence[R]]


class Together:
    """Runs writes. Of the callers with one key one leads: it does its own item, and those of who waits behind it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._turns: WeakValueDictionary[Hashable, Turns] = WeakValueDictionary()

    def run(self, key: Hashable, item: I, work: Work[I, R], write: Write[R], *, most: int, deadline: float) -> R:
        """Return what `work` makes of an item, once it is committed (see `Database.write_together`)."""
        with self._guard:
            turns = self._turns.setdefault(key, Turns())
        mine = Turn(item)
        if turns.leads(mine, deadline):
            try:
                _lead(turns, mine, work, write, most)
            finally:
                turns.hand_on()
        if isinstance(mine.error, _Alone):
            return write(lambda connection: work(connection, lambda: [item]))[0]
        result: R = mine.outcome()
        return result


class _Alone(Exception):
    """The items could not be done together: each caller does its own, and hears what is wrong with it."""


def _lead(turns: Turns, mine: Turn[I], work: Work[I, R], write: Write[R], most: int) -> None:
    group = [mine]
    size = len(mine.item)

    def fits(turn: Turn[I]) -> bool:
        return size + len(turn.item) <= most

    def take() -> Sequence[I]:
        nonlocal size
        while (turn := turns.next(fits)) is not None:
            size += len(turn.item)
            group.append(turn)
        return [turn.item for turn in group]

    error: BaseException | None = None
    try:
        results = write(lambda connection: work(connection, take))
        for turn, result in zip(group, results, strict=True):
            turn.result = result
    except Exception as raised:  # noqa: BLE001 - each caller raises it, or what it meets alone
        error = raised if len(group) == 1 or isinstance(raised, Unavailable) else _Alone()
    except BaseException:
        error = _Alone()  # whatever ends this caller is no business of the others
        raise
    finally:
        mine.error = error
        for turn in group[1:]:
            turn.error = error
            turn.end()
