"""How far plays were told to somebody who listens for new ones, so that they can go on there."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

MOST_GAPS = 40  # that one position carries
_HEAD = struct.Struct(">IQ")
_FARTHEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Position:
    """Every play up to number `high` was told, but for the numbers in `gaps`: who has them may commit later."""

    high: int
    gaps: frozenset[int]
    at: int  # Unix seconds

    def after(self, play: int, missing: Collection[int] = ()) -> Position:
        """Return the position once `play` was told too; `missing` are numbers below it that nobody has yet."""
        high = max(self.high, play)
        return replace(self, high=high, gaps=(self.gaps | {n for n in missing if n < high}) - {play})

    def is_new(self, play: int) -> bool:
        """Return whether a play of this number was not told yet."""
        return play > self.high or play in self.gaps

    def pack(self) -> bytes:
        """Return it as bytes; of many gaps the newest."""
        offsets = sorted(self.high - gap for gap in self.gaps if self.high - gap <= _FARTHEST)[:MOST_GAPS]
        return _HEAD.pack(self.at, self.high) + struct.pack(f">{len(offsets)}H", *offsets)


def unpack(packed: bytes) -> Position:
    """Return what `pack` packed. Raises ValueError."""
    rest = len(packed) - _HEAD.size
    if rest < 0 or rest % 2:
        raise ValueError("not a position")
    at, high = _HEAD.unpack_from(packed)
    offsets = struct.unpack_from(f">{rest // 2}H", packed, _HEAD.size)
    return Position(high, frozenset(high - offset for offset in offsets), at)


def missing(known: Iterable[int], low: int) -> frozenset[int]:
    """Return the numbers above `low` that lie between known ones."""
    found: set[int] = set()
    for number in sorted(known):
        found.update(range(low + 1, number))
        low = max(low, number)
    return frozenset(found)
