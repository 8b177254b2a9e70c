"""Sittings: stretches of listening without a long silence. The API calls them sessions. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SILENCE = 1800  # seconds without music that end a sitting


@dataclass(frozen=True, slots=True)
class Sitting:
    """From the start of the first play to the end of the last, Unix seconds; `seconds` were listened in it."""

    start: int
    end: int
    plays: int
    seconds: int


def sittings(plays: Iterable[tuple[int, int]]) -> Iterator[Sitting]:
    """Cut plays (start, seconds), oldest first, into sittings.

    A play is over when its seconds are; of unknown length it is over at once. Silence begins when all plays are over.
    """
    count = start = end = seconds = 0
    for at, length in plays:
        if count and at - end >= SILENCE:
            yield Sitting(start, end, count, seconds)
            count = seconds = 0
        if not count:
            start = end = at
        count += 1
        seconds += length
        end = max(end, at + length)
    if count:
        yield Sitting(start, end, count, seconds)


def longest(plays: Iterable[tuple[int, int]], limit: int) -> list[Sitting]:
    """Return the longest sittings, longest first, of equally long ones the latest first; holds no more in memory."""
    return heapq.nlargest(limit, sittings(plays), key=lambda it: (it.end - it.start, it.start))
