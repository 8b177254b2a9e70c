"""New plays in the order in which streams are told of them, and what was missed between two positions.

A play's number is given before its transaction commits, so on PostgreSQL a lower one may appear after a higher one:
numbers that were passed over are looked for a while longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from goscrobble.domain.accounts import Account, may_see
from goscrobble.domain.positions import Position, missing
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.services import positions
from goscrobble.services.core import Core
from goscrobble.storage import history
from goscrobble.storage import live as stored
from goscrobble.storage.live import Number

FRESH = 3600  # seconds: a play that began longer ago is an import's, and not told
MOST_MISSED = 200  # plays that are told to one who comes back
FARTHEST = 20_000  # numbers back at which we look for them
AT_ONCE = 5000  # plays that one look takes in
GAP_PATIENCE = 15  # seconds until a number that nobody has will never be anybody's
_MOST_GAPS = 1000


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens, to whom (None: to everybody they may see), and by which credential, with what names it."""

    viewer: Account | None = None
    owner: Account | None = None
    credential: Literal["jwt", "api-token", "session"] | None = None
    key: bytes | str = b""  # digest of the session, UUID of the API token

    def sees(self, owner: Account | None) -> bool:
        """Return whether what this person hears is for this listener."""
        if owner is None or (self.owner is not None and self.owner.id != owner.id):
            return False
        return may_see(self.viewer, owner)


@dataclass(frozen=True, slots=True)
class News:
    """A play, whose it is, and the sealed position once it was told."""

    owner: int
    play: Scrobble
    position: str


class Feed:
    """How far this process has told."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._holes: dict[int, float] = {}  # numbers passed over, and since when
        self.position = Position(0, frozenset(), 0)

    def begin(self) -> None:
        """Start at the newest play. Raises Unavailable when the database is away."""
        self.position = positions.current(self._core)
        self._holes = dict.fromkeys(self.position.gaps, self._core.now())

    def look(self) -> tuple[list[News], Position]:
        """Return what is new, in order, and the position once that was told."""
        now = self._core.now()
        with self._core.database.read() as connection:
            late = stored.with_ids(connection, self.position.gaps)
            fresh = stored.after(connection, self.position.high, AT_ONCE)
            found = sorted([*late, *fresh])
            plays = history.of_anybody(connection, [play for play, _, began in found if began >= now - FRESH])
        for number, _, _ in late:
            self._holes.pop(number, None)
        self._note_holes([play for play, _, _ in fresh], now)
        return self._in_order(found, plays, int(now))

    def _note_holes(self, numbers: list[int], now: float) -> None:
        if self._core.database.is_sqlite:
            return  # one writer at a time: numbers appear in order
        known = {hole: since for hole, since in self._holes.items() if now - since < GAP_PATIENCE}
        if numbers:
            low = max(self.position.high, numbers[-1] - _MOST_GAPS)
            known |= dict.fromkeys(missing([n for n in numbers if n > low], low), now)
        self._holes = dict(sorted(known.items())[-_MOST_GAPS:])

    def _in_order(self, found: list[Number], plays: Mapping[int, Scrobble], now: int) -> tuple[list[News], Position]:
        holes, just_found = self._holes.keys(), {number for number, _, _ in found}
        position = Position(self.position.high, self.position.gaps & (holes | just_found), now)
        news = []
        for number, owner, _ in found:
            position = position.after(number, holes)
            if number in plays:
                news.append(News(owner, plays[number], positions.seal(self._core, position)))
        return news, position

    def between(self, listener: Listener, since: Position, until: Position) -> list[tuple[Account, News]] | None:
        """Return what a listener missed between two positions, oldest first; None: too much, or too long ago."""
        if since.high > until.high or until.high - since.high > FARTHEST or self._core.now() - since.at > FRESH:
            return None
        owner = None if listener.owner is None else listener.owner.id
        earliest = since.at - FRESH
        with self._core.database.read() as connection:
            late = [one for one in stored.with_ids(connection, since.gaps) if one[2] >= earliest]
            later = stored.after(connection, since.high, AT_ONCE, since=earliest, user_id=owner)
            found = sorted(one for one in [*late, *later] if not until.is_new(one[0]))
            people = stored.accounts(connection, {user for _, user, _ in found})
            missed = [one for one in found if listener.sees(people.get(one[1]))]
            if len(missed) > MOST_MISSED or len(later) == AT_ONCE:
                return None
            plays = history.of_anybody(connection, [number for number, _, _ in missed])
        told, position = [], since
        for number, user, _ in missed:
            position = position.after(number, until.gaps)
            if number in plays:
                told.append((people[user], News(user, plays[number], positions.seal(self._core, position))))
        return told
