"""Sittings: stretches of listening without a long silence. The API calls them sessions. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from goscrobble.domain.habits import Numbers

SILENCE = 1800  # seconds without music that end a sitting


@dataclass(frozen=True, slots=True)
class Sitting:
    """From the start of the first play to the end of the last, Unix seconds; `seconds` were listened in it."""

    start: int
    end: int
    plays: int
    seconds: int


def longest(starts: Numbers, seconds: Numbers, limit: int) -> list[Sitting]:
    """Cut plays, oldest first, into sittings; return the longest, longest first, of equally long ones the latest first.

    A play is over when its seconds are; of unknown length (0) it is over at once. Silence begins when all plays are
    over.
    """
    if not len(starts):
        return []
    starts, seconds = starts.astype(np.int64), seconds.astype(np.int64)
    over = np.maximum.accumulate(starts + seconds)  # of the latest so far: what came before a silence is over before it
    first = np.flatnonzero(np.concatenate(([True], starts[1:] - over[:-1] >= SILENCE)))
    last = np.concatenate((first[1:], [len(starts)])) - 1
    begins, ends = starts[first], over[last]
    order = np.lexsort((begins, ends - begins))[::-1][:limit]
    columns = begins, ends, last - first + 1, np.add.reduceat(seconds, first)
    return [Sitting(*numbers) for numbers in zip(*(column[order].tolist() for column in columns), strict=True)]
