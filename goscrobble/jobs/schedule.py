"""Work that recurs. Each is one row of the queue, so that of all workers on all nodes one does each tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from goscrobble.services import housekeeping, playback, site
from goscrobble.services.core import Core


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work to do every so many seconds. It must be right however often it runs, and short."""

    kind: str
    every: int
    work: Callable[[Core], object]


PERIODIC = (
    Periodic("every:judge-play-sessions", 5, playback.judge_due),
    Periodic("every:site-charts", site.REFRESH_AFTER, site.refresh),
    Periodic("every:housekeeping", 3600, housekeeping.sweep),
)
