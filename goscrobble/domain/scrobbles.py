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
