"""Passwords: what is asked of them, and how they are kept (Argon2id).

Hashing is slow on purpose. It runs a few at a time, so that a crowd cannot take the memory of the machine, and outside
gevent's hub where there is one, so that nobody else waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, Unavailable
from goscrobble.threads import off_the_hub

SHORTEST, LONGEST = 8, 1024  # characters
HASHES_AT_ONCE = 3  # of 19 MiB each
LONGEST_WAIT = 15  # seconds until a slot must have become free

# OWASP's second choice (ASVS 5.0, appendix C): 19 MiB, two passes, one lane; 23 ms where it was measured.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# A hash of 32 random bytes that were thrown away: checked for names that nobody has, it costs what a real one costs.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$ZS2/wsfdi0/Nmuv6eGC26w$P57FNLU6mb1EIRLvD5OfbAWLlvpfSB3hh6eRV/QPM8c"

P = ParamSpec("P")
T = TypeVar("T")


def check(password: str, *, username: str = "", email: str = "") -> None:
    """Raise BadInput with a sentence for a password that is too short, too long or too easily guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(
            Sentence("The password must have %(least)s to %(most)s characters", least=SHORTEST, most=LONGEST)
        )
    folded = password.casefold()
    if folded in {username.casefold(), email.casefold(), email.partition("@")[0].casefold()}:
        raise BadInput("The password must not be your name or e-mail address")
    if folded in _commonest():
        raise BadInput("This password is one of the most common ones, please choose another")


def make_hash(password: str) -> str:
    """Return what to store of a password."""
    return _in_a_slot(_HASHER.hash, _bytes(password))


def matches(password: str, stored: str | None) -> bool:
    """Return whether this is the password; None (nobody's) takes as long and is never right."""
    if len(password) > LONGEST:
        return False
    return _in_a_slot(_verify, stored or _NOBODYS, _bytes(password)) and stored is not None


def is_outdated(stored: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _verify(stored: str, password: bytes) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # a terminal may hand over bytes that are no UTF-8


def _in_a_slot(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    if not _slots().acquire(timeout=LONGEST_WAIT):
        raise Unavailable("Too many people are signing in right now, please try again")
    try:
        return off_the_hub(work, *args, **kwargs)
    finally:
        _slots().release()


@lru_cache(1)
def _slots() -> threading.BoundedSemaphore:
    """Made at the first use, when gevent has patched `threading` if it ever does."""
    return threading.BoundedSemaphore(HASHES_AT_ONCE)


@lru_cache(1)
def _commonest() -> frozenset[str]:
    """Return the passwords of leaked lists that are long enough for us, lower case. Read when first needed: 14 MB."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - slow to import

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= SHORTEST)
