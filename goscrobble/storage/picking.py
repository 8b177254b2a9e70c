"""Which plays of somebody are of some music, without looking at each.

What is looked for leads to tracks that the listener has heard and when, and tracks are in the index of the plays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, or_, select

from goscrobble.domain.words import Asked
from goscrobble.errors import BadInput
from goscrobble.models import Album, ScrobbleRow, Told, Track, TrackArtist, UserTrack, table
from goscrobble.storage import catalogue, matching
from goscrobble.storage.counting import ENTITIES, KEYS, ROLLUPS, Kind, merged_entries
from goscrobble.storage.dialect import among
from goscrobble.storage.entries import Own, texts_of

_scrobble, _heard, _told = table(ScrobbleRow), table(UserTrack), table(Told)
_album, _track, _track_artist = table(Album), table(Track), table(TrackArtist)

Conditions = tuple[ColumnElement[bool], ...]


def of_entry(connection: Connection, user_id: int, kind: Kind, uuid: str) -> Conditions:
    """Return the conditions for plays of an artist, album or track, by any name that was merged into it."""
    entry = catalogue.find(connection, kind, uuid)
    return _of(connection, user_id, {kind: () if entry is None else entry.ids})


def of_words(connection: Connection, user_id: int, q: str) -> Conditions:
    """Return the conditions for plays with these words.

    Each word begins one of the title or its artists, or of the album or its artist. Raises BadInput for words that too
    many names have.
    """
    asked = Asked.of(q)
    words = asked.words or [asked.whole]
    return _of(connection, user_id, {kind: _entries(connection, user_id, kind, words, asked) for kind in ENTITIES})


def _of(connection: Connection, user_id: int, wanted: Mapping[Kind, Collection[int]]) -> Conditions:
    """Return the conditions for plays of any of these: tracks, which the index has, and the time they were heard in.

    Every play of an album was told so, hence its tracks are known.
    """
    artists, albums, tracks = (wanted.get(kind, ()) for kind in ("artists", "albums", "tracks"))
    credited = select(_track_artist.c.track_id).where(among(connection, _track_artist.c.artist_id, artists))
    on_albums = select(_told.c.track_id).where(among(connection, _told.c.album_id, albums))
    track = _heard.c.track_id
    shown_as_credited = select(_track.c.id).where(_track.c.canonical_id.in_(credited))
    named = or_(*(track.in_(found) for found in (_set(connection, _track, tracks), credited, shown_as_credited)))
    query = select(track, named.label("is_named"), _heard.c.first_at, _heard.c.last_at)
    query = query.where(_heard.c.user_id == user_id, or_(named, track.in_(on_albums)))
    rows = connection.execute(query).all()
    titled = [row.track_id for row in rows if row.is_named]
    others = [row.track_id for row in rows if not row.is_named]
    return (
        _scrobble.c.played_at >= min((row.first_at for row in rows), default=0),
        _scrobble.c.played_at <= max((row.last_at for row in rows), default=0),
        or_(
            _scrobble.c.track_id.in_(_set(connection, _track, titled)),
            and_(
                _scrobble.c.track_id.in_(_set(connection, _track, others)),
                _scrobble.c.album_id.in_(_set(connection, _album, albums)),
            ),
        ),
    )


def _set(connection: Connection, entity: Table, ids: Collection[int]) -> Select[tuple[int]]:
    """Return ids as a set that a database makes once, to look each row up in.

    Given as a list, PostgreSQL compares each row with all of it, or reads a whole index once for each of it: seconds.
    """
    return select(entity.c.id).where(among(connection, entity.c.id, ids))


def _entries(connection: Connection, user_id: int, kind: Kind, words: Sequence[str], asked: Asked) -> set[int]:
    """Return the entries with these words, and those that are shown as one of them. Raises BadInput for too many.

    As the listener spells them: how others do is nobody's business here.
    """
    found, is_all = matching.entries(connection, kind, words)
    if not is_all:
        raise BadInput("q has words that very many names have; write more of them")
    entity = ENTITIES[kind]
    merged = select(entity.c.id).where(among(connection, entity.c.canonical_id, found))
    entries = {*found, *connection.execute(merged).scalars()}
    rollup = ROLLUPS[kind]
    played = select(rollup.c[KEYS[kind]]).where(
        rollup.c.user_id == user_id, among(connection, rollup.c[KEYS[kind]], entries)
    )
    ids = set(connection.execute(played).scalars())
    into = merged_entries(connection)[kind]
    shown = {id_: into.get(id_, id_) for id_ in ids}
    texts = texts_of(connection, kind, set(shown.values()), Own(user_id))
    return {id_ for id_ in ids if asked.is_answered(*texts[shown[id_]])}
