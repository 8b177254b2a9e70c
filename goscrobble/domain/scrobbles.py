"""A stored play as a value, what became of a draft, and the public spelling of a play's id."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entity:
    """An artist, album or track, by its public id."""

    id: str  # UUID
    name: str


@dataclass(frozen=True, slots=True)
class Scrobble:
    """A play as it is shown. Times are Unix seconds (UTC), lengths seconds."""

    id: int
    played_at: int
    track: Entity
    artists: tuple[Entity, ...]
    album: Entity | None
    duration: int | None
    listened: int | None
    source: str
    also_heard_by: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Stored:
    """A new play was made."""

    play: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The listen was known already; `of` is its play (which its owner may have deleted)."""

    of: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not a listen that can be kept; `reason` is a sentence for the sender."""

    reason: str


Outcome = Stored | Duplicate | Rejected

_BITS = 60
_MASK = (1 << _BITS) - 1
_MIX = 0x9E3779B97F4A7C5  # odd, so multiplying by it modulo 2^60 can be undone
_UNMIX = pow(_MIX, -1, 1 << _BITS)


def play_token(play: int) -> str:
    """Return the opaque public spelling of a play's id: stable, unique, and telling nobody how many plays there are."""
    return f"{play * _MIX & _MASK:015x}"


def parse_play_token(token: str) -> int | None:
    """Return the id behind `play_token`, or None if it is not one."""
    if len(token) != _BITS // 4 or not all(c in "0123456789abcdef" for c in token):
        return None
    return int(token, 16) * _UNMIX & _MASK
