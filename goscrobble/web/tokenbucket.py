"""Token buckets for Flask-Limiter: the strategy `token-bucket`, its storage, and the spelling of tiers in settings.

The package `limits` has no token bucket; its strategies are looked up by name in a dictionary and its storages by
the scheme of their URI, so this one plugs in beside its own. The arithmetic is in `goscrobble.storage.buckets`.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from typing import Any

from limits import RateLimitItem, WindowStats
from limits.storage import Storage
from limits.strategies import STRATEGIES, RateLimiter

from goscrobble.errors import BadConfig
from goscrobble.storage.buckets import Buckets, Verdict

STRATEGY = "token-bucket"
URI = "goscrobble-buckets://"


@dataclass(frozen=True, slots=True)
class Tier:
    """A kind of bucket: a token every `interval` seconds, at most `burst` of them."""

    name: str
    interval: float
    burst: int


def parse_tier(name: str, text: str) -> Tier:
    """Read `1/4s burst 2`: one token every four seconds, at most two. Units: s, m, h. Raises BadConfig."""
    match = _SPELLING.fullmatch(text.strip())
    if match is None:
        raise BadConfig(f"Setting 'rate_limit_{name}' must look like '5/s burst 5' or '1/4s burst 2', not {text!r}")
    tokens, period, unit, burst = match.groups()
    seconds = float(period or 1) * _UNITS[unit]
    if not float(tokens) or not seconds or not int(burst):
        raise BadConfig(f"Setting 'rate_limit_{name}' must let something pass, {text!r} does not")
    return Tier(name, seconds / float(tokens), int(burst))


def install() -> None:
    """Make the strategy known to `limits`."""
    STRATEGIES[STRATEGY] = TokenBucket  # type: ignore[assignment]  # its type names only the package's own


class BucketStorage(Storage):
    """Carries our store through the package; its counters of windows do not exist here."""

    STORAGE_SCHEME = ["goscrobble-buckets"]  # noqa: RUF012 - the package's own declaration

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, *, buckets: Buckets, **_: Any) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.buckets = buckets

    @property
    def base_exceptions(self) -> type[Exception]:
        """Our stores raise nothing of their own."""
        return OSError

    def check(self) -> bool:
        """Our stores look after themselves."""
        return True

    def clear(self, key: str) -> None:
        """Make a bucket full."""
        self.buckets.clear(key)

    def reset(self) -> int | None:
        """Make every bucket full."""
        self.buckets.reset()
        return None

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Raise: this storage serves one strategy."""
        raise NotImplementedError(f"use the strategy {STRATEGY}")

    def get(self, key: str) -> int:
        """Raise: this storage serves one strategy."""
        raise NotImplementedError(f"use the strategy {STRATEGY}")

    def get_expiry(self, key: str) -> float:
        """Raise: this storage serves one strategy."""
        raise NotImplementedError(f"use the strategy {STRATEGY}")


class TokenBucket(RateLimiter):
    """The strategy. A limit of `limits` such as `5 per second` is a bucket of 5 that fills within a second."""

    storage: BucketStorage

    def take(self, tier: Tier, caller: str, cost: int = 1) -> Verdict:
        """Take tokens from a caller's bucket of this tier."""
        return self.storage.buckets.take(f"{tier.name}/{caller}", tier.interval, tier.burst, cost)

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Take `cost` tokens; return whether they were there."""
        return self.storage.buckets.take(item.key_for(*identifiers), _interval(item), item.amount, cost).allowed

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Return whether `cost` tokens are there."""
        debt = self.storage.buckets.peek(item.key_for(*identifiers), _interval(item), item.amount)
        return _left(debt, _interval(item), item.amount) >= cost

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """Return when the next token is there (Unix seconds), and how many are left."""
        interval = _interval(item)
        debt = self.storage.buckets.peek(item.key_for(*identifiers), interval, item.amount)
        wait = max(0.0, debt - interval * (item.amount - 1))
        return WindowStats(time.time() + math.ceil(wait), _left(debt, interval, item.amount))


def left(tier: Tier, verdict: Verdict) -> int:
    """Return how many whole tokens a bucket holds after a hit."""
    return _left(verdict.debt, tier.interval, tier.burst)


_UNITS = {"s": 1, "m": 60, "h": 3600}
_SPELLING = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?/ ?(\d{1,6}(?:\.\d{1,6})?)? ?([smh]) +burst +(\d{1,6})")


def _interval(item: RateLimitItem) -> float:
    return item.get_expiry() / item.amount


def _left(debt: float, interval: float, burst: int) -> int:
    return max(0, math.floor(burst - debt / interval + 1e-6))
