"""What was found, ranked by the plays of those whom somebody may see; and people by the beginning of their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Entity
from goscrobble.domain.words import Asked
from goscrobble.models import User, table
from goscrobble.storage.catalogue import visible_sums
from goscrobble.storage.counting import KEYS, ROLLUPS, Kind, merged_entries
from goscrobble.storage.dialect import among
from goscrobble.storage.entries import Shared, named, texts_of
from goscrobble.storage.matching import Match
from goscrobble.storage.users import name_key, visible_to

_user = table(User)


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found. `artists` are those of an album or track."""

    entity: Entity
    artists: tuple[Entity, ...]
    plays: int


def hits(
    connection: Connection, kind: Kind, matched: Match, viewer: Account | None, limit: int, asked: Asked
) -> list[Hit]:
    """Return the best of what matched, as it is shown: by how, by visible plays, by id. Without plays it is not there.

    An entry that was merged into another is found by both names and shown as the other. One that matches only as
    somebody spells it whom `viewer` may not see was not found.
    """
    merged = merged_entries(connection)[kind]
    best: list[tuple[int, int]] = []
    seen: set[int] = set()
    for ids in (matched.named, matched.begun, matched.other):
        shown = {merged.get(id_, id_) for id_ in ids} - seen
        seen |= shown
        counted = _plays(connection, kind, shown | {own for own, into in merged.items() if into in shown}, viewer)
        plays = Counter[int]()
        for own, number in counted.items():
            plays[merged.get(own, own)] += number
        ranked = sorted(plays.items(), key=lambda one: (-one[1], one[0]))
        for start in range(0, len(ranked), 2 * limit):
            part = ranked[start : start + 2 * limit]
            matching = _as_spelt(connection, kind, [id_ for id_, _ in part], viewer, asked)
            best += [one for one in part if one[0] in matching]
            if len(best) >= limit:
                return _hits(connection, kind, best[:limit], viewer)
    return _hits(connection, kind, best, viewer)


def usernames(connection: Connection, prefix: str, viewer: Account | None, limit: int) -> list[str]:
    """Return the names, from the shortest on, of those whom `viewer` may see and whose name begins so."""
    query = (
        select(_user.c.username)
        .where(_user.c.username_key.startswith(name_key(prefix), autoescape=True), visible_to(viewer))
        .order_by(func.length(_user.c.username_key), _user.c.username_key)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


# ---- parts ----


def _plays(connection: Connection, kind: Kind, ids: Collection[int], viewer: Account | None) -> dict[int, int]:
    """Return how often visible listeners played each of these entries; no zeros."""
    key, plays = ROLLUPS[kind].c[KEYS[kind]], func.sum(ROLLUPS[kind].c.plays)
    query = visible_sums(kind, viewer, key, plays).where(among(connection, key, ids)).group_by(key)
    return {own: int(number) for own, number in connection.execute(query)} if ids else {}


def _as_spelt(
    connection: Connection, kind: Kind, ids: Collection[int], viewer: Account | None, asked: Asked
) -> set[int]:
    """Return those of these entries that match as they are spelt by those whom `viewer` may see."""
    texts = texts_of(connection, kind, ids, Shared(viewer))
    return {id_ for id_ in ids if asked.is_answered(*texts[id_])}


def _hits(connection: Connection, kind: Kind, best: Sequence[tuple[int, int]], viewer: Account | None) -> list[Hit]:
    shown = named(connection, {kind: [id_ for id_, _ in best]}, Shared(viewer))[kind]
    return [Hit(shown[id_].entity, shown[id_].artists, plays) for id_, plays in best]
