"""Time as a test wants it."""

from __future__ import annotations

START = 1_780_315_200.0  # 2026-06-01 12:00:00 UTC, a Monday


class Clock:
    """Call it for the time (Unix seconds); it moves only when told."""

    def __init__(self, at: float = START) -> None:
        self.at = at

    def __call__(self) -> float:
        """Return the time, Unix seconds."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds
