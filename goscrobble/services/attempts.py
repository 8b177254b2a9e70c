"""Wrong passwords slow down whoever sends them: per account and address, so that nobody can lock somebody else out.

Each process counts for itself. What an address may do at all is limited exactly elsewhere (the rate limit tiers); this
only makes guessing one account's password hopeless, for which a factor of a few workers does not matter.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

from goscrobble.errors import TooManyRequests
from goscrobble.services.core import Core

BURST = 20  # wrong passwords in a row
SECONDS_EACH = 10.0  # until one more is allowed
MOST_REMEMBERED = 10_000

Key = tuple[str, str]


def check(core: Core, name: str, address: str) -> None:
    """Raise TooManyRequests when this address has guessed too often at this account."""
    used = _used(core, _key(name, address))
    if used > BURST - 1:
        wait = math.ceil((used - (BURST - 1)) * SECONDS_EACH)
        raise TooManyRequests("Too many wrong passwords, please wait a little", retry_after=max(1, wait), limit=BURST)


def note_failure(core: Core, name: str, address: str) -> None:
    """Count a wrong password."""
    key, failures = _key(name, address), _failures(core)
    failures[key] = (_used(core, key) + 1, core.now())
    failures.move_to_end(key)
    if len(failures) > MOST_REMEMBERED:
        failures.popitem(last=False)


def forgive(core: Core, name: str, address: str) -> None:
    """Forget the wrong passwords of someone who knew the right one."""
    _failures(core).pop(_key(name, address), None)


def _used(core: Core, key: Key) -> float:
    used, at = _failures(core).get(key, (0.0, 0.0))
    return max(0.0, used - max(0.0, core.now() - at) / SECONDS_EACH)


def _failures(core: Core) -> OrderedDict[Key, tuple[float, float]]:
    found: OrderedDict[Key, tuple[float, float]] = core.database.caches.setdefault("wrong passwords", OrderedDict())
    return found


def _key(name: str, address: str) -> Key:
    """One household shares an IPv6 /64: its neighbours in it are the same caller."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return name.casefold(), address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return name.casefold(), str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return name.casefold(), str(getattr(parsed, "ipv4_mapped", None) or parsed)
