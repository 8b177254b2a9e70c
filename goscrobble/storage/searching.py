"""Finding entries of the catalogue by words. However common a word is, only so many rows of it are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Entity
from goscrobble.domain.words import LONGEST
from goscrobble.models import Album, Artist, SearchWord, TrackArtist, User, table
from goscrobble.storage.catalogue import artists_of, visible_sums
from goscrobble.storage.counting import ENTITIES, KEYS, ROLLUPS, Kind, merged_entries
from goscrobble.storage.users import name_key, visible_to
from goscrobble.storage.words import KINDS

READ = 5000  # rows of one word, or of one artist's entries, that are looked at
RANKED = 500  # entries that are ranked by their plays

_word, _user = table(SearchWord), table(User)
_artist, _album, _track_artist = table(Artist), table(Album), table(TrackArtist)
_LAST = "\U0010ffff"  # sorts behind whatever a word can go on with
_TRIED = 5  # words of a query that are counted: the longest, which are the rarest
_MOST_BOUND = 500  # values in one IN (...)


@dataclass(frozen=True, slots=True)
class Match:
    """Ids of entries in the order in which they are to be ranked, best first; `complete`: there are no others."""

    named: list[int]  # whose whole name is this
    begun: list[int]  # whose name begins so
    other: list[int]
    complete: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found. `artists` are those of an album or track."""

    entity: Entity
    artists: tuple[Entity, ...]
    plays: int


def match(connection: Connection, kind: Kind, words: Sequence[str], whole: str) -> Match:
    """Return the entries that each of the words begins a word of, and those whose name, written together, it begins.

    A word may also be one of the artist's, as long as another is of the title. `whole` is `words.whole_of` the query.
    """
    other, complete = _by_words(connection, kind, words) if words else ([], True)
    query = select(_word.c.word, _word.c.entity_id).where(_of_kind(kind), *_begins(whole))
    rows = connection.execute(query.order_by(_word.c.word, _word.c.entity_id).limit(RANKED + 1)).all()
    if words and len(whole) == LONGEST:  # what follows was cut off, and only the words tell about it
        rows = [row for row in rows if row.entity_id in set(other)]
    named = [id_ for word, id_ in rows[:RANKED] if word == whole]
    begun = [id_ for word, id_ in rows[:RANKED] if word != whole]
    return Match(named, begun, other[:RANKED], complete and max(len(rows), len(other)) <= RANKED)


def hits(connection: Connection, kind: Kind, matched: Match, viewer: Account | None, limit: int) -> list[Hit]:
    """Return the best of what matched, as it is shown: by how, by visible plays, by id. Without plays it is not there.

    An entry that was merged into another is found by both names and shown as the other.
    """
    merged = merged_entries(connection, kind)
    best: list[tuple[int, int]] = []
    seen: set[int] = set()
    for ids in (matched.named, matched.begun, matched.other):
        shown = {merged.get(id_, id_) for id_ in ids} - seen
        seen |= shown
        counted = _plays(connection, kind, shown | {own for own, into in merged.items() if into in shown}, viewer)
        plays = Counter[int]()
        for own, number in counted.items():
            plays[merged.get(own, own)] += int(number)
        best += sorted(plays.items(), key=lambda one: (-one[1], one[0]))
        if len(best) >= limit:
            break
    return _hits(connection, kind, best[:limit])


def usernames(connection: Connection, prefix: str, viewer: Account | None, limit: int) -> list[str]:
    """Return the names, from the shortest on, of those whom `viewer` may see and whose name begins so."""
    query = (
        select(_user.c.username)
        .where(_user.c.username_key.startswith(name_key(prefix), autoescape=True), visible_to(viewer))
        .order_by(func.length(_user.c.username_key), _user.c.username_key)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


# ---- matching ----


def _by_words(connection: Connection, kind: Kind, words: Sequence[str]) -> tuple[list[int], bool]:
    """Look at the entries of the rarest word, and keep those that have the others too."""
    with_artists = kind != "artists" and len(words) > 1  # one word alone must be of the title
    sizes = {
        word: _sizes(connection, kind, word, with_artists=with_artists)
        for word in sorted(words, key=lambda word: (-len(word), word))[:_TRIED]
    }
    rarest = min(sizes, key=lambda word: sum(sizes[word]))
    own = _titled(kind, rarest, READ)
    found = (_rows(own).union(_rows(_credited(kind, rarest, READ))) if with_artists else own).subquery()
    key = found.c.entity_id
    query = select(key)
    for word in words:
        if word != rarest:
            query = query.where(or_(*_has(kind, key, word)))
    if with_artists:
        query = query.where(or_(*(_has(kind, key, word)[0] for word in words)))
    ids = list(connection.execute(query.distinct().order_by(key).limit(RANKED + 1)).scalars())
    return ids, max(sizes[rarest]) <= READ


def _sizes(connection: Connection, kind: Kind, word: str, *, with_artists: bool) -> tuple[int, ...]:
    """Return how many rows have a word, and how many are of an artist who has; READ + 1 stands for more."""
    parts = [_titled(kind, word, READ + 1)]
    if with_artists:
        parts.append(_credited(kind, word, READ + 1))
    return tuple(connection.execute(select(func.count()).select_from(part.subquery())).scalar_one() for part in parts)


def _titled(kind: Kind, word: str, limit: int) -> Select[Any]:
    """Return the entries with a word: shorter words first, and of each the older entries."""
    query = select(_word.c.entity_id).where(_of_kind(kind), *_begins(word))
    return query.order_by(_word.c.word, _word.c.entity_id).limit(limit)


def _credited(kind: Kind, word: str, limit: int) -> Select[Any]:
    """Return the entries of artists with a word, of those too who were merged into such an artist."""
    named = select(_titled("artists", word, limit).subquery().c.entity_id)
    matching = or_(_artist.c.id.in_(named), _artist.c.canonical_id.in_(named))
    if kind == "albums":
        entry, source = _album.c.id, _album.join(_artist, _artist.c.id == _album.c.artist_id)
    else:
        entry, source = _track_artist.c.track_id, _track_artist.join(_artist, _artist.c.id == _track_artist.c.artist_id)
    return select(entry.label("entity_id")).select_from(source).where(matching).limit(limit)


def _has(kind: Kind, key: Any, word: str) -> list[ColumnElement[bool]]:
    """Return the conditions of which one must hold for an entry to have a word: by its own name, by its artist's.

    One inside the other: so each database begins with the entry, not with all who have the word.
    """
    own = _named(kind, key, word)
    if kind == "artists":
        return [own]
    if kind == "albums":
        source, belongs = _album.join(_artist, _artist.c.id == _album.c.artist_id), _album.c.id == key
    else:
        source = _track_artist.join(_artist, _artist.c.id == _track_artist.c.artist_id)
        belongs = _track_artist.c.track_id == key
    artist = or_(_named("artists", _artist.c.id, word), _named("artists", _artist.c.canonical_id, word))
    return [own, select(_artist.c.id).select_from(source).where(belongs, artist).exists()]


def _named(kind: Kind, key: Any, word: str) -> ColumnElement[bool]:
    return select(_word.c.entity_id).where(_word.c.entity_id == key, _of_kind(kind), *_begins(word)).exists()


def _rows(query: Select[Any]) -> Select[Any]:
    return select(query.subquery().c.entity_id)


def _of_kind(kind: Kind) -> Any:
    return _word.c.kind == KINDS[ENTITIES[kind].name]


def _begins(word: str) -> tuple[Any, Any]:
    return _word.c.word >= word, _word.c.word < word + _LAST


# ---- ranking ----


def _plays(connection: Connection, kind: Kind, ids: Collection[int], viewer: Account | None) -> dict[int, int]:
    """Return how often visible listeners played each of these entries; no zeros."""
    key, plays = ROLLUPS[kind].c[KEYS[kind]], func.sum(ROLLUPS[kind].c.plays)
    ordered = sorted(ids)
    found: dict[int, int] = {}
    for start in range(0, len(ordered), _MOST_BOUND):
        part = key.in_(ordered[start : start + _MOST_BOUND])
        found |= dict(connection.execute(visible_sums(kind, viewer, key, plays).where(part).group_by(key)).all())
    return found


def _hits(connection: Connection, kind: Kind, best: Sequence[tuple[int, int]]) -> list[Hit]:
    entity = ENTITIES[kind]
    name = entity.c.name if kind == "artists" else entity.c.title
    ids = [id_ for id_, _ in best]
    rows = connection.execute(select(entity.c.id, entity.c.uuid, name).where(entity.c.id.in_(ids)))
    shown = {id_: Entity(uuid, text) for id_, uuid, text in rows}
    artists = artists_of(connection, kind, ids)
    return [Hit(shown[id_], artists.get(id_, ()), plays) for id_, plays in best]
