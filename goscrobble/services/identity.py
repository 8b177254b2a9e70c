"""Identity: which artist, album and track of the catalogue a draft names.

Ids first, but an id is believed only if the folded title or the main artist agrees too: one listener's bad tags must
not rename others' plays. Then folded names; then a new entry. What was told once is never identified again.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from goscrobble.domain.drafts import NO_IDS, ScrobbleDraft, TrackIds
from goscrobble.domain.names import artist_keys, fold, title_key
from goscrobble.domain.scrobbles import Entity
from goscrobble.services.core import Core
from goscrobble.storage import music
from goscrobble.storage.database import Connection, Database

_REMEMBERED = 100_000  # names as told that a process keeps at hand


@dataclass(frozen=True, slots=True)
class Identified:
    """Names as told, with what they were identified as and the keys that matching uses. Never changes.

    What a merge of the catalogue makes of these entries later is resolved at reading.
    """

    told_id: int
    title: str
    track_id: int
    album_id: int | None
    artist_ids: tuple[int, ...]
    title_key: str
    artist_keys: frozenset[str]
    ids: frozenset[tuple[str, str]]
    track: Entity
    album: Entity | None
    artists: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What some tidy drafts name, by digest of the names; `new` are those that are not at hand."""

    digests: list[bytes]  # of each draft
    known: dict[bytes, Identified]
    new: dict[bytes, ScrobbleDraft]

    def of_drafts(self) -> list[Identified]:
        """Return what each draft names, once all is known."""
        return [self.known[digest] for digest in self.digests]


def identify(core: Core, drafts: Sequence[ScrobbleDraft]) -> list[Identified]:
    """Return what each tidy draft names; new names enter the catalogue in a transaction of their own."""
    return learn_apart(core, recollect(core.database, drafts)).of_drafts()


def recollect(database: Database, drafts: Sequence[ScrobbleDraft]) -> Names:
    """Return what this process remembers of the names of these tidy drafts."""
    memory = _memory(database)
    digests = [_digest(draft) for draft in drafts]
    known = {digest: found for digest in digests if (found := memory.by_digest.get(digest)) is not None}
    new = {
        digest: draft
        for digest, draft in sorted(zip(digests, drafts, strict=True), key=itemgetter(0))
        if digest not in known
    }
    return Names(digests, known, new)


def learn(connection: Connection, names: Names, now: int) -> Names:
    """Find the new ones of these names, or enter them into the catalogue.

    `remember` the result when it is committed, not before.
    """
    if not names.new:
        return names
    known = names.known | _by_digest(music.find_told(connection, digests=list(names.new)))
    new = {digest: draft for digest, draft in names.new.items() if digest not in known}
    if new:
        known |= _by_digest(_learn(connection, new, now))
    return Names(names.digests, known, {})


def learn_apart(core: Core, names: Names) -> Names:
    """Do the same in a transaction of its own, and remember the result."""
    if not names.new:
        return names
    now = int(core.now())
    learnt = core.database.write(lambda connection: learn(connection, names, now))
    remember(core.database, learnt)
    return learnt


def remember(database: Database, names: Names) -> None:
    """Keep names at hand. They must be in the database: what was learnt may still be rolled back until the commit."""
    _memory(database).take(names.known)


def recall(database: Database, connection: Connection, told_ids: Iterable[int]) -> dict[int, Identified]:
    """Return the names behind stored reports."""
    memory = _memory(database)
    wanted = set(told_ids)
    found = {told_id: known for told_id in wanted if (known := memory.by_id.get(told_id)) is not None}
    if len(found) < len(wanted):
        read = _by_digest(music.find_told(connection, ids=wanted - found.keys()))
        memory.take(read)
        found |= {known.told_id: known for known in read.values()}
    return found


class _Memory:
    """Names as told that this process has met; they never change, so this cannot go stale."""

    def __init__(self) -> None:
        self.by_digest: OrderedDict[bytes, Identified] = OrderedDict()
        self.by_id: dict[int, Identified] = {}

    def take(self, names: Mapping[bytes, Identified]) -> None:
        for digest, known in names.items():
            self.by_digest[digest] = self.by_id[known.told_id] = known
        while len(self.by_digest) > _REMEMBERED:
            _, oldest = self.by_digest.popitem(last=False)
            self.by_id.pop(oldest.told_id, None)


def _memory(database: Database) -> _Memory:
    memory: _Memory = database.learnt.setdefault("names", _Memory())
    return memory


def _by_digest(rows: Iterable[music.ToldRow]) -> dict[bytes, Identified]:
    return {row.digest: _identified(row) for row in rows}


def _identified(row: music.ToldRow) -> Identified:
    artists = tuple(json.loads(row.artists))
    ids = TrackIds(**json.loads(row.ids)) if row.ids != "{}" else NO_IDS
    return Identified(
        row.id,
        row.title,
        row.track_id,
        row.album_id,
        tuple(artist for artist, _ in row.credited),
        title_key(row.title),
        artist_keys(row.title, artists),
        frozenset(ids.of_track()),
        Entity(row.track_uuid, row.track_title),
        Entity(row.album_uuid, row.album_title or "") if row.album_uuid else None,
        tuple(artist for _, artist in row.credited),
    )


def _digest(draft: ScrobbleDraft) -> bytes:
    parts = [draft.title, *draft.artists, "\x1e", draft.album or "", *draft.album_artists, "\x1e"]
    if draft.ids is not NO_IDS:
        parts.append(draft.ids.model_dump_json(exclude_defaults=True))
    return _key(*parts)


def _key(*parts: str) -> bytes:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


def _learn(connection: Connection, drafts: dict[bytes, ScrobbleDraft], now: int) -> Iterable[music.ToldRow]:
    artists = music.ensure_artists(connection, _artist_names(drafts.values()), now)
    tracks = _tracks(connection, drafts, artists, now)
    albums = _albums(connection, drafts.values(), artists, now)
    told: dict[bytes, dict[str, Any]] = {}
    identifiers: list[tuple[str, str, str, int]] = []
    durations: dict[int, int] = {}
    for digest, draft in drafts.items():
        track, album = tracks[digest], albums.get(_album_key(draft)) if draft.album else None
        told[digest] = {
            "title": draft.title,
            "artists": json.dumps(draft.artists),
            "album": draft.album,
            "album_artists": json.dumps(draft.album_artists),
            "ids": draft.ids.model_dump_json(exclude_defaults=True),
            "track_id": track,
            "album_id": album,
        }
        identifiers += [("track", kind, value, track) for kind, value in draft.ids.of_track()]
        if album is not None:
            named = (("release_mbid", draft.ids.release_mbid), ("release_group_mbid", draft.ids.release_group_mbid))
            identifiers += [("album", kind, value, album) for kind, value in named if value]
        if len(draft.ids.artist_mbids) == len(draft.artists):  # else nobody knows whose they are
            pairs = zip(draft.artists, draft.ids.artist_mbids, strict=True)
            identifiers += [("artist", "artist_mbid", mbid, artists[_artist_key(name)]) for name, mbid in pairs]
        if draft.duration:
            durations[track] = draft.duration
    music.add_identifiers(connection, identifiers)
    music.learn_durations(connection, durations)
    music.add_told(connection, told)
    return music.find_told(connection, digests=list(told))


def _artist_key(name: str) -> bytes:
    return _key(fold(name))


def _artist_names(drafts: Iterable[ScrobbleDraft]) -> dict[bytes, str]:
    return {_artist_key(name): name for draft in drafts for name in (*draft.artists, *draft.album_artists)}


def _track_key(draft: ScrobbleDraft) -> bytes:
    return _key(fold(draft.title), *sorted({fold(name) for name in draft.artists}))


def _tracks(
    connection: Connection, drafts: dict[bytes, ScrobbleDraft], artists: dict[bytes, int], now: int
) -> dict[bytes, int]:
    """Return the track of each draft, by id where one is believed, else by folded names."""
    pairs = {pair for draft in drafts.values() for pair in draft.ids.of_track()}
    by_pair: dict[tuple[str, str], int | bytes] = dict(music.find_by_identifiers(connection, pairs)) if pairs else {}
    names = {
        track: (fold(title), fold(credited[0]))
        for track, (title, credited) in music.names_of_tracks(
            connection, {track for track in by_pair.values() if isinstance(track, int)}
        ).items()
    }
    meant: dict[bytes, int | bytes] = {}  # digest -> a known track's id, or the key of one to find or create
    told_as: dict[bytes, tuple[str, str]] = {}
    wanted: dict[bytes, tuple[str, int | None, tuple[int, ...]]] = {}
    for digest, draft in drafts.items():
        mine = fold(draft.title), fold(draft.artists[0])
        own: int | bytes = _track_key(draft)
        for pair in draft.ids.of_track():
            other = by_pair.setdefault(pair, own)
            theirs = names.get(other) if isinstance(other, int) else told_as.get(other, mine)
            if theirs is not None and (mine[0] == theirs[0] or mine[1] == theirs[1]):
                own = other
                break
        meant[digest] = own
        if isinstance(own, bytes) and own not in wanted:
            told_as[own] = mine
            credited = tuple(dict.fromkeys(artists[_artist_key(name)] for name in draft.artists))
            wanted[own] = draft.title, draft.duration, credited
    ids = music.ensure_tracks(connection, wanted, now)
    return {digest: ids[track] if isinstance(track, bytes) else track for digest, track in meant.items()}


def _main_artist(draft: ScrobbleDraft) -> str:
    return (draft.album_artists or draft.artists)[0]


def _album_key(draft: ScrobbleDraft) -> bytes:
    return _key(fold(draft.album or ""), fold(_main_artist(draft)))


def _albums(
    connection: Connection, drafts: Iterable[ScrobbleDraft], artists: dict[bytes, int], now: int
) -> dict[bytes, int]:
    wanted = {
        _album_key(draft): (draft.album, artists[_artist_key(_main_artist(draft))]) for draft in drafts if draft.album
    }
    return music.ensure_albums(connection, wanted, now)
