"""The plays of one listener that have a number, and the first ones of artists."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select, union_all

from goscrobble.domain.periods import Period
from goscrobble.models import Artist, ScrobbleRow, TrackArtist, UserArtist, table

_scrobble, _track_artist = table(ScrobbleRow), table(TrackArtist)
_artist, _rollup = table(Artist), table(UserArtist)
_SHOWN = func.coalesce(_artist.c.canonical_id, _artist.c.id)


@dataclass(frozen=True, slots=True)
class FirstHeard:
    """An artist (by id), when the listener first heard it (Unix seconds), and the plays since."""

    artist_id: int
    at: int
    plays: int


def nth(connection: Connection, user_id: int, places: Sequence[tuple[Period, int]]) -> list[tuple[int, int]]:
    """Return (id, played at) of the plays at these places: a bounded period, and how many plays of it come before."""
    if not places:
        return []
    at = _scrobble.c.played_at
    found = [
        select(literal(number).label("number"), _scrobble.c.id, at)
        .where(_scrobble.c.user_id == user_id, at >= period.start, at < period.end)
        .order_by(at, _scrobble.c.track_id)
        .limit(1)
        .offset(before)
        .subquery()
        for number, (period, before) in enumerate(places)
    ]
    plays = {number: (play, at) for number, play, at in connection.execute(union_all(*map(select, found)))}
    return [plays[number] for number in range(len(places))]


def first_heard(connection: Connection, user_id: int, *, limit: int | None = None) -> list[FirstHeard]:
    """Return the artists of a listener, the last discovered first; what was merged counts as one."""
    first = func.min(_rollup.c.first_at)
    query: Select[Any] = (
        select(_SHOWN, first, func.sum(_rollup.c.plays))
        .join(_rollup, _rollup.c.artist_id == _artist.c.id)
        .where(_rollup.c.user_id == user_id)
        .group_by(_SHOWN)
        .order_by(first.desc(), _SHOWN.desc())
    )
    return [FirstHeard(artist, at, int(plays)) for artist, at, plays in connection.execute(query.limit(limit))]


def first_plays(connection: Connection, user_id: int, heard: Collection[FirstHeard]) -> dict[int, int]:
    """Return the id of the first play of each of these artists."""
    if not heard:
        return {}
    wanted = {(it.artist_id, it.at) for it in heard}
    query = (
        select(_SHOWN, _scrobble.c.played_at, _scrobble.c.id)
        .select_from(_scrobble)
        .join(_track_artist, _track_artist.c.track_id == _scrobble.c.track_id)
        .join(_artist, _artist.c.id == _track_artist.c.artist_id)
        .where(_scrobble.c.user_id == user_id, _scrobble.c.played_at.in_({it.at for it in heard}))
        .order_by(_scrobble.c.played_at, _scrobble.c.track_id)
    )
    found: dict[int, int] = {}
    for artist, at, play in connection.execute(query):
        if (artist, at) in wanted:
            found.setdefault(artist, play)
    return found
