"""What entries of the catalogue are called, by the ids that sums and plays hold.

An entry has no name of its own. In a listener's own lists it is called as that listener spells it. Where it is shared,
as most public listeners spell it; where none of them told of it, as those do whom the viewer may see.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, case, func, literal_column, select, union_all

from goscrobble.domain.accounts import Account
from goscrobble.domain.scrobbles import Entity
from goscrobble.models import AlbumArtist, Artist, Spelling, Told, TrackArtist, User, table
from goscrobble.storage.counting import ENTITIES, Kind
from goscrobble.storage.dialect import among
from goscrobble.storage.spellings import KIND_NUMBERS
from goscrobble.storage.users import visible_to

_artist, _credit, _album_artist = table(Artist), table(TrackArtist), table(AlbumArtist)
_spelling, _told, _user = table(Spelling), table(Told), table(User)


@dataclass(frozen=True, slots=True)
class Own:
    """The words of one listener, for lists of what they heard."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Shared:
    """The words of the many, as somebody may see them (None: whoever is not signed in)."""

    viewer: Account | None


Whose = Own | Shared


@dataclass(frozen=True, slots=True)
class Named:
    """An entry as it is shown. `artists` are those of an album or track, in order; empty for an artist."""

    entity: Entity
    artists: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Spelt:
    """A spelling of an entry. A higher `number` was told later; `artist_ids` tells the order of a track's artists."""

    text: str
    user_id: int
    number: int
    is_correction: bool
    is_public: bool
    artist_ids: str


def names_of(connection: Connection, kind: Kind, ids: Collection[int], whose: Whose) -> dict[int, Entity]:
    """Return the public id and the name of each of these."""
    return {entry: _entity(uuid, best) for entry, (uuid, best) in _chosen(connection, {kind: ids}, whose)[kind].items()}


def named(connection: Connection, ids: Mapping[Kind, Collection[int]], whose: Whose) -> dict[Kind, dict[int, Named]]:
    """Return what these are called, and who made them."""
    chosen = _chosen(connection, ids, whose)
    makers = _makers(connection, chosen, whose)
    artists = names_of(
        connection, "artists", {it for some in makers.values() for ids in some.values() for it in ids}, whose
    )
    return {
        kind: {
            entry: Named(_entity(*found), tuple(artists[it] for it in makers[kind].get(entry, ())))
            for entry, found in entries.items()
        }
        for kind, entries in chosen.items()
    }


def texts_of(
    connection: Connection, kind: Kind, ids: Collection[int], whose: Whose
) -> dict[int, tuple[list[str], list[str]]]:
    """Return all spellings of each of these, and all of its artists: what a search for it may have meant."""
    makers = _makers(connection, _chosen(connection, {kind: ids}, whose), whose)[kind]
    names = _all_texts(connection, kind, ids, whose)
    artists = _all_texts(connection, "artists", {it for some in makers.values() for it in some}, whose)
    return {
        entry: (names.get(entry, []), [text for it in makers.get(entry, ()) for text in artists.get(it, ())])
        for entry in ids
    }


def artist_uuids(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Return the public id of each artist; that of a merged one is the one of which it is part."""
    shown = _artist.alias("shown")
    query = select(_artist.c.id, shown.c.uuid).join(
        shown, shown.c.id == func.coalesce(_artist.c.canonical_id, _artist.c.id)
    )
    return dict(connection.execute(query.where(among(connection, _artist.c.id, ids))).all()) if ids else {}


# ---- the choice ----

_Chosen = dict[Kind, dict[int, tuple[str, Spelt | None]]]  # by kind and id: UUID and spelling


def _entity(uuid: str, best: Spelt | None) -> Entity:
    return Entity(uuid, best.text if best else "")


def _chosen(connection: Connection, ids: Mapping[Kind, Collection[int]], whose: Whose) -> _Chosen:
    choose = _own_choice if isinstance(whose, Own) else _common_choice
    return {
        kind: {entry: (uuid, choose(spelt)) for entry, (uuid, spelt) in entries.items()}
        for kind, entries in _read(connection, ids, whose).items()
    }


def _own_choice(spelt: Sequence[Spelt]) -> Spelt | None:
    """Return what the listener corrected it to, else what they told first."""
    return next((one for one in spelt if one.is_correction), spelt[0] if spelt else None)


def _common_choice(spelt: Sequence[Spelt]) -> Spelt | None:
    """Return what most listeners told, or corrected it to; ties by the first."""
    counting = [one for one in spelt if one.is_public] or spelt
    corrected = {one.user_id for one in counting if one.is_correction}
    votes = [one for one in counting if one.is_correction or one.user_id not in corrected]
    counted = Counter(one.text for one in votes)
    return max(votes, key=lambda one: (counted[one.text], -one.number), default=None)


# ---- who made it ----


def _makers(connection: Connection, chosen: _Chosen, whose: Whose) -> dict[Kind, dict[int, list[int]]]:
    """Return the artists of what was chosen, in order, by kind and id."""
    return {
        "artists": {},
        "albums": _album_artists(connection, chosen.get("albums", {}), whose),
        "tracks": _track_artists(connection, chosen.get("tracks", {})),
    }


def _track_artists(connection: Connection, tracks: Mapping[int, tuple[str, Spelt | None]]) -> dict[int, list[int]]:
    """Return the artists credited on each track, in the order of the words that are shown."""
    if not tracks:
        return {}
    query = select(_credit.c.track_id, _shown(_credit.c.artist_id), _credit.c.artist_id)
    query = query.join(_artist, _artist.c.id == _credit.c.artist_id).where(
        among(connection, _credit.c.track_id, tracks)
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for track, shown, artist in connection.execute(query.order_by(_credit.c.track_id, _credit.c.position)):
        found.setdefault(track, []).append((artist, shown))
    ordered = {}
    for track, credited in found.items():
        best = tracks[track][1]
        told = json.loads(best.artist_ids) if best else []
        place = {artist: i for i, artist in enumerate(told)}
        credited.sort(key=lambda one: place.get(one[0], len(place)))
        ordered[track] = list(dict.fromkeys(shown for _, shown in credited))
    return ordered


def _album_artists(connection: Connection, albums: Collection[int], whose: Whose) -> dict[int, list[int]]:
    """Return the artist of each album: whom most of those listeners take it to be by, ties by who told first."""
    if not albums:
        return {}
    query = (
        select(_album_artist.c.album_id, _shown(_album_artist.c.artist_id), _album_artist.c.number, *_told_by(whose))
        .join(_artist, _artist.c.id == _album_artist.c.artist_id)
        .where(among(connection, _album_artist.c.album_id, albums))
        .order_by(_album_artist.c.album_id, _album_artist.c.number)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(_of(query, _album_artist, whose)):
        found.setdefault(row.album_id, []).append(row)
    made = {}
    for album, rows in found.items():
        counting = [row.shown for row in rows if row.is_public] or [row.shown for row in rows]
        made[album] = [Counter(counting).most_common(1)[0][0]]
    return made


# ---- what is read ----


def _read(
    connection: Connection, ids: Mapping[Kind, Collection[int]], whose: Whose
) -> dict[Kind, dict[int, tuple[str, list[Spelt]]]]:
    """Return UUID and spellings of each entry; of one that nobody told by its own name, those merged into it."""
    found: dict[Kind, dict[int, tuple[str, list[Spelt]]]] = {kind: {} for kind in ids}
    wanted = {kind: some for kind, some in ids.items() if some}
    if not wanted:
        return found
    queries = [_uuids(connection, kind, some) for kind, some in wanted.items()]
    queries += [_spellings(connection, kind, some, whose) for kind, some in wanted.items()]
    spelt = []
    for kind, entry, uuid, *rest in connection.execute(union_all(*queries)):
        if uuid:
            found[kind][entry] = uuid, []
        else:
            spelt.append((kind, entry, rest))
    for kind, entry, rest in spelt:
        found[kind][entry][1].append(_spelling_of(rest))
    for kind, entries in found.items():
        if nameless := [entry for entry, (_, some) in entries.items() if not some]:
            for _, entry, _, *rest in connection.execute(_merged_spellings(connection, kind, nameless, whose)):
                entries[entry][1].append(_spelling_of(rest))
        for _, some in entries.values():
            some.sort(key=lambda one: one.number)
    return found


def _all_texts(connection: Connection, kind: Kind, ids: Collection[int], whose: Whose) -> dict[int, list[str]]:
    """Return all spellings of entries and of what was merged into them."""
    if not ids:
        return {}
    queries = _spellings(connection, kind, ids, whose), _merged_spellings(connection, kind, ids, whose)
    found: dict[int, list[str]] = {}
    for _, entry, _, text, *_ in connection.execute(union_all(*queries)):
        found.setdefault(entry, []).append(text)
    return found


def _spelling_of(row: Sequence[Any]) -> Spelt:
    text, user_id, number, is_correction, is_public, artist_ids = row
    return Spelt(text, user_id, number, bool(is_correction), bool(is_public), artist_ids or "[]")


def _uuids(connection: Connection, kind: Kind, ids: Collection[int]) -> Select[Any]:
    entity = ENTITIES[kind]
    nothing = "''", "0", "0", "0", "0", "''"
    columns = (literal_column(f"'{kind}'").label("kind"), entity.c.id, entity.c.uuid, *map(literal_column, nothing))
    return select(*columns).where(among(connection, entity.c.id, ids))


def _spellings(connection: Connection, kind: Kind, ids: Collection[int], whose: Whose) -> Select[Any]:
    return _told_spellings(kind, _spelling.c.entity_id, whose).where(among(connection, _spelling.c.entity_id, ids))


def _merged_spellings(connection: Connection, kind: Kind, ids: Collection[int], whose: Whose) -> Select[Any]:
    entity = ENTITIES[kind]
    query = _told_spellings(kind, entity.c.canonical_id, whose).join(entity, entity.c.id == _spelling.c.entity_id)
    return query.where(among(connection, entity.c.canonical_id, ids))


def _told_spellings(kind: Kind, entry: ColumnElement[int], whose: Whose) -> Select[Any]:
    order: ColumnElement[str] = _told.c.artist_ids if kind == "tracks" else literal_column("''")
    correction = case((_spelling.c.is_correction, 1), else_=0)
    columns: tuple[Any, ...] = (
        literal_column(f"'{kind}'"),
        entry,
        literal_column("''"),
        _spelling.c.text,
        _spelling.c.user_id,
        _spelling.c.number,
    )
    query = select(*columns, correction, *_told_by(whose), order).select_from(_spelling)
    if kind == "tracks":
        query = query.outerjoin(_told, _told.c.id == _spelling.c.number)
    return _of(query.where(_spelling.c.kind == KIND_NUMBERS[kind]), _spelling, whose)


def _told_by(whose: Whose) -> tuple[ColumnElement[int]]:
    """Return the column that tells (1 or 0) whether a listener is public."""
    public = literal_column("1") if isinstance(whose, Own) else case((visible_to(None), 1), else_=0)
    return (public.label("is_public"),)


def _of(query: Select[Any], told: Table, whose: Whose) -> Select[Any]:
    """Return what a query finds of those listeners whose words count."""
    if isinstance(whose, Own):
        return query.where(told.c.user_id == whose.user_id)
    return query.join(_user, _user.c.id == told.c.user_id).where(visible_to(whose.viewer))


def _shown(artist: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(_artist.c.canonical_id, artist).label("shown")
