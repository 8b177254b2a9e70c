"""Numbers written so that they tell nothing: a keyed permutation, which who has the key can undo."""

from __future__ import annotations

from hashlib import blake2b

_HALF = 32  # bits
_LOW = (1 << _HALF) - 1
_ROUNDS = 4  # of a Feistel network: from four on none can tell it from chance without the key


class Permutation:
    """Maps the whole numbers below 2**64 to each other, as the key says."""

    def __init__(self, key: bytes) -> None:
        self._keys = [blake2b(bytes([number]), key=key, digest_size=32).digest() for number in range(_ROUNDS)]

    def mixed(self, number: int) -> int:
        """Return what a number becomes."""
        left, right = number >> _HALF, number & _LOW
        for key in self._keys:
            left, right = right, left ^ _scrambled(key, right)
        return left << _HALF | right

    def unmixed(self, number: int) -> int:
        """Return the number that became this one."""
        left, right = number >> _HALF, number & _LOW
        for key in reversed(self._keys):
            left, right = right ^ _scrambled(key, left), left
        return left << _HALF | right


def _scrambled(key: bytes, half: int) -> int:
    return int.from_bytes(blake2b(half.to_bytes(4, "big"), key=key, digest_size=4).digest(), "big")
