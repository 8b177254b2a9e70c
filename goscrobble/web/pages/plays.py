"""A play as pages show it, and plays by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from goscrobble.domain.scrobbles import Entity, Scrobble
from goscrobble.services import ids
from goscrobble.web import current_core
from goscrobble.web.pages import formats, visitor


@dataclass(frozen=True, slots=True)
class Play:
    """A play at a local time: its owner's, or the viewer's. `listener` is whose, where a list has several."""

    id: str
    at: datetime
    when: str
    track: Entity
    artists: tuple[Entity, ...]
    album: Entity | None
    sources: tuple[str, ...]
    listener: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A local day and its plays, newest first."""

    date: date
    name: str
    plays: tuple[Play, ...]


def shown(play: Scrobble, tz: ZoneInfo, today: date | None = None, listener: str = "") -> Play:
    """Return a play as it is shown; `today` has the day written out that is not this one."""
    at = datetime.fromtimestamp(play.played_at, tz)
    told_by = dict.fromkeys((play.source, *play.also_heard_by))
    return Play(
        id=ids.of(current_core()).token(play.id),
        at=at,
        when=formats.clock(at) if today is None else formats.brief(at, today),
        track=play.track,
        artists=play.artists,
        album=play.album,
        sources=tuple(visitor.source_name(source) for source in told_by),
        listener=listener,
    )


def by_day(plays: Iterable[Scrobble], tz: ZoneInfo, today: date) -> Iterator[Day]:
    """Group plays, newest first, by the local day they began on."""
    for day, members in groupby((shown(play, tz) for play in plays), key=lambda play: play.at.date()):
        yield Day(day, formats.day_name(day, today), tuple(members))
