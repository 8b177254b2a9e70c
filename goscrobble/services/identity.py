"""Identity: which artist, album and track of the catalogue a listener's draft names.

`domain.identity` has the rule. What a listener told once is never identified again, and nobody else's words have a part
in it: entries are shared by those who came to the same names.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from goscrobble.domain.drafts import NO_IDS, ScrobbleDraft, TrackIds
from goscrobble.domain.identity import (
    SAME_LENGTH,
    VARIOUS,
    Entry,
    OtherTrack,
    SameTrack,
    Words,
    has_various_artists,
    same_album,
    same_track,
    words_of,
)
from goscrobble.domain.names import artist_keys, fold, title_key
from goscrobble.domain.scrobbles import Entity
from goscrobble.errors import NotFound
from goscrobble.services.core import Core
from goscrobble.storage import music, scrobbles, spellings
from goscrobble.storage.database import Connection, Database
from goscrobble.storage.spellings import Spelt

_REMEMBERED = 100_000  # words as told that a process keeps at hand


@dataclass(frozen=True, slots=True)
class Identified:
    """Words as told, with what they were identified as and the keys that matching uses.

    What a merge of the catalogue makes of these entries later is resolved at reading.
    """

    told_id: int
    title: str
    duration: int | None  # seconds, the first that was told with these words
    track_id: int
    album_id: int | None
    artist_ids: tuple[int, ...]
    title_key: str
    artist_keys: frozenset[str]
    ids: frozenset[tuple[str, str]]
    track: Entity
    album: Entity | None
    artists: tuple[Entity, ...]


Wanted = tuple[bytes, int | None]  # digest of a draft's words, and the length it tells


@dataclass(frozen=True, slots=True)
class Names:
    """What some tidy drafts of a listener name; `new` are those that are not at hand."""

    user_id: int
    wanted: list[Wanted]  # of each draft
    known: dict[Wanted, Identified]
    new: dict[Wanted, ScrobbleDraft]

    def of_drafts(self) -> list[Identified]:
        """Return what each draft names, once all is known."""
        return [self.known[wanted] for wanted in self.wanted]


def identify(core: Core, user_id: int, drafts: Sequence[ScrobbleDraft]) -> list[Identified]:
    """Return what each tidy draft names; new names enter the catalogue in a transaction of their own."""
    return learn_apart(core, recollect(core.database, user_id, drafts)).of_drafts()


def recollect(database: Database, user_id: int, drafts: Sequence[ScrobbleDraft]) -> Names:
    """Return what this process remembers of the words of these tidy drafts."""
    memory = _memory(database)
    wanted = [(_digest(draft), draft.duration) for draft in drafts]
    by_wanted = dict(zip(wanted, drafts, strict=True))
    known: dict[Wanted, Identified] = {}
    for one, draft in by_wanted.items():
        found = _fitting(memory.by_digest.get((user_id, one[0]), ()), draft)
        if found is not None:
            known[one] = found
    new = {one: by_wanted[one] for one in sorted(by_wanted, key=_order) if one not in known}
    return Names(user_id, wanted, known, new)


def learn(connection: Connection, names: Names, now: int) -> Names:
    """Find the new ones of these names, or enter them into the catalogue.

    `remember` the result when it is committed, not before.
    """
    if not names.new:
        return names
    known = dict(names.known)
    told = _by_digest(music.find_told(connection, names.user_id, {digest for digest, _ in names.new}))
    lengths: dict[int, int] = {}
    new: dict[Wanted, ScrobbleDraft] = {}
    for wanted, draft in names.new.items():
        earlier = told.get(wanted[0], [])
        found = _fitting(earlier, draft) or _without_length(earlier)
        if found is None:
            new[wanted] = draft
            continue
        if found.duration is None and draft.duration:
            learnt = replace(found, duration=draft.duration)
            lengths[found.told_id] = draft.duration
            told[wanted[0]] = [learnt if one is found else one for one in earlier]
            found = learnt
        known[wanted] = found
    music.learn_durations(connection, lengths)
    if new:
        there = {digest: len(some) for digest, some in told.items()}
        told = _by_digest(_Learning(connection, names.user_id, now).learn(_distinct(new), there))
        for wanted, draft in new.items():
            same_words = told[wanted[0]]
            known[wanted] = _fitting(same_words, draft) or same_words[0]
    return Names(names.user_id, names.wanted, known, {})


def learn_apart(core: Core, names: Names) -> Names:
    """Do the same in a transaction of its own, and remember the result. Raises NotFound if the account is gone."""
    if not names.new:
        return names
    now = int(core.now())

    def work(connection: Connection) -> Names:
        scrobbles.hold_user(connection, names.user_id)  # one after another: what comes later builds on what was told
        if scrobbles.revision_of(connection, names.user_id) is None:
            raise NotFound("This account no longer exists")
        return learn(connection, names, now)

    learnt = core.database.write(work)
    remember(core.database, learnt)
    return learnt


def remember(database: Database, names: Names) -> None:
    """Keep names at hand. They must be in the database: what was learnt may still be rolled back until the commit."""
    memory = _memory(database)
    for (digest, _), known in names.known.items():
        memory.take((names.user_id, digest), known)


def recall(database: Database, connection: Connection, told_ids: Iterable[int]) -> dict[int, Identified]:
    """Return the names behind stored reports."""
    memory = _memory(database)
    wanted = set(told_ids)
    found = {told_id: known for told_id in wanted if (known := memory.by_id.get(told_id)) is not None}
    if len(found) < len(wanted):
        rows = music.told_by_id(connection, wanted - found.keys())
        found |= {row.id: _identified(row) for row in rows}
        memory.by_id.update(found)
    return found


def spelt(known: Identified, *, title: bool = True, artists: bool = True, album: bool = True) -> list[Spelt]:
    """Return the names that these words spell."""
    names = [Spelt("tracks", known.track_id, known.track.name, known.told_id)] if title else []
    if artists and len(known.artists) == len(known.artist_ids):
        pairs = zip(known.artist_ids, known.artists, strict=True)
        names += [Spelt("artists", entry, artist.name, known.told_id) for entry, artist in pairs]
    if album and known.album is not None and known.album_id is not None:
        names.append(Spelt("albums", known.album_id, known.album.name, known.told_id))
    return names


class _Memory:
    """Words as told that this process has met. They never change, but for a length that was unknown."""

    def __init__(self) -> None:
        self.by_digest: OrderedDict[tuple[int, bytes], tuple[Identified, ...]] = OrderedDict()
        self.by_id: dict[int, Identified] = {}

    def take(self, key: tuple[int, bytes], known: Identified) -> None:
        others = (one for one in self.by_digest.get(key, ()) if one.told_id != known.told_id)
        self.by_digest[key] = tuple(sorted((*others, known), key=lambda one: one.told_id))
        self.by_id[known.told_id] = known
        if len(self.by_digest) > _REMEMBERED:
            self.by_digest.popitem(last=False)
        if len(self.by_id) > 2 * _REMEMBERED:
            self.by_id.clear()


def _memory(database: Database) -> _Memory:
    memory: _Memory = database.learnt.setdefault("names", _Memory())
    return memory


def _fitting(known: Sequence[Identified], draft: ScrobbleDraft) -> Identified | None:
    """Return which of equal words these are: on an album, tracks of one title are told apart by their lengths."""
    if not known or draft.duration is None:
        return known[0] if known else None
    if draft.album is None:
        return known[0] if known[0].duration else None
    lengths = [(abs(one.duration - draft.duration), one) for one in known if one.duration]
    apart, nearest = min(lengths, key=lambda pair: pair[0], default=(SAME_LENGTH + 1, None))
    return nearest if apart <= SAME_LENGTH else None


def _without_length(known: Sequence[Identified]) -> Identified | None:
    return next((one for one in known if one.duration is None), None)


def _distinct(drafts: Mapping[Wanted, ScrobbleDraft]) -> dict[Wanted, ScrobbleDraft]:
    """Return one draft of each track that equal words tell of, one that tells the length where there is one."""
    found: dict[bytes, list[ScrobbleDraft]] = {}
    for (digest, _), draft in drafts.items():
        known = found.setdefault(digest, [])
        same = next((i for i, one in enumerate(known) if _same_length(one, draft)), None)
        if same is None:
            known.append(draft)
        elif known[same].duration is None:
            known[same] = draft
    return {(digest, draft.duration): draft for digest, known in found.items() for draft in known}


def _same_length(one: ScrobbleDraft, other: ScrobbleDraft) -> bool:
    if one.album is None or one.duration is None or other.duration is None:
        return True
    return abs(one.duration - other.duration) <= SAME_LENGTH


def _by_digest(rows: Iterable[music.ToldRow]) -> dict[bytes, list[Identified]]:
    found: dict[bytes, list[Identified]] = {}
    for row in rows:
        found.setdefault(row.digest, []).append(_identified(row))
    return found


def _identified(row: music.ToldRow) -> Identified:
    names = tuple(json.loads(row.artists))
    ids = TrackIds(**json.loads(row.ids)) if row.ids != "{}" else NO_IDS
    uuids = dict(row.credited)
    return Identified(
        row.id,
        row.title,
        row.duration,
        row.track_id,
        row.album_id,
        tuple(artist for artist, _ in row.credited),
        title_key(row.title),
        artist_keys(row.title, names),
        frozenset(ids.of_track()),
        Entity(row.track_uuid, row.title),
        Entity(row.album_uuid, row.album or "") if row.album_uuid else None,
        tuple(Entity(uuids[id_], name) for id_, name in zip(json.loads(row.artist_ids), names, strict=True)),
    )


def _digest(draft: ScrobbleDraft) -> bytes:
    parts = [draft.title, *draft.artists, "\x1e", draft.album or "", *draft.album_artists, "\x1e"]
    if draft.ids is not NO_IDS:
        parts.append(draft.ids.model_dump_json(exclude_defaults=True))
    return _key(*parts)


def _order(wanted: Wanted) -> tuple[bytes, int]:
    return wanted[0], wanted[1] or 0


def _key(*parts: str) -> bytes:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


class _Learning:
    """Identifies words that a listener never told before, in the transaction that enters them."""

    def __init__(self, connection: Connection, user_id: int, now: int) -> None:
        self._connection, self._user_id, self._now = connection, user_id, now

    def learn(self, drafts: Mapping[Wanted, ScrobbleDraft], variants: Mapping[bytes, int]) -> list[music.ToldRow]:
        """Enter words, and whatever they name that is not there; returns all rows with such words.

        `variants` tells how many rows of equal words are there.
        """
        earlier = _Earlier(self._connection, self._user_id, drafts.values())
        words = {wanted: earlier.identify(draft) for wanted, draft in drafts.items()}
        makers = {one.album: earlier.maker_of(one) for one in words.values() if one.album is not None}
        names = {name for draft in drafts.values() for name in (*draft.artists, *draft.album_artists)}
        artists = music.ensure_artists(self._connection, {*map(_artist_key, names), *makers.values()}, self._now)
        credited = {
            one.track: tuple(dict.fromkeys(artists[_artist_key(name)] for name in drafts[wanted].artists))
            for wanted, one in reversed(words.items())
            if isinstance(one.track, bytes)
        }
        made = music.ensure_tracks(self._connection, credited, self._now)
        tracks = {wanted: _id(one.track, made) for wanted, one in words.items() if one.track is not None}
        made = music.ensure_albums(self._connection, {it for it in makers if isinstance(it, bytes)}, self._now)
        albums = {wanted: _id(one.album, made) for wanted, one in words.items() if one.album is not None}
        of_track = music.credits(self._connection, set(tracks.values()))
        counted = dict(variants)
        rows = []
        for wanted, draft in drafts.items():
            track, digest = tracks[wanted], wanted[0]
            own = [artists[_artist_key(name)] for name in draft.artists]
            named = {"track_id": track, "album_id": albums.get(wanted), "artist_ids": _linked(own, of_track[track])}
            rows.append(
                {"user_id": self._user_id, "digest": digest, "variant": counted.get(digest, 0)} | _row(draft) | named
            )
            counted[digest] = counted.get(digest, 0) + 1
        music.add_told(self._connection, rows)
        told = music.find_told(self._connection, self._user_id, {digest for digest, _ in drafts})
        numbers = {row.digest: row.id for row in reversed(told)}
        spelt = [
            one
            for wanted, draft in drafts.items()
            for one in _spelt(draft, tracks[wanted], albums.get(wanted), artists, numbers[wanted[0]])
        ]
        by = {}
        for wanted, album in reversed(albums.items()):
            maker = makers[words[wanted].album or b""]
            by[album] = artists[maker], numbers[wanted[0]]
            if maker == _artist_key(VARIOUS):
                spelt.append(Spelt("artists", artists[maker], VARIOUS, numbers[wanted[0]]))
        spellings.add(self._connection, self._user_id, spelt)
        music.put_album_artists(self._connection, self._user_id, by)
        return told


class _Earlier:
    """What a listener told before with the same titles or albums, and what of the new words was identified so far."""

    def __init__(self, connection: Connection, user_id: int, drafts: Iterable[ScrobbleDraft]) -> None:
        self._titled: dict[str, list[Words]] = {}
        self._on_album: dict[str, list[Words]] = {}
        drafts = list(drafts)
        titles = {_title_key(draft.title) for draft in drafts}
        albums = {_title_key(draft.album) for draft in drafts if draft.album}
        for row in music.told_like(connection, user_id, titles, albums):
            self._add(_earlier_words(row))

    def identify(self, draft: ScrobbleDraft) -> Words:
        """Return the draft's words with the entries they name: their ids, or keys of those that may not be there."""
        words = words_of(draft)
        album = None
        if draft.album:
            album = same_album(words, self._on_album.get(words.album_title, ())) or _album_key(words)
        named = words.title, *sorted(words.artists)
        match same_track(words, album, self._titled.get(words.title, ())):
            case SameTrack(known):
                track = known
            case OtherTrack(sign):
                track = _key(*named, "\x1e", words.album_title, sign)
            case _:
                track = _key(*named)
        found = replace(words, track=track, album=album)
        self._add(found)
        return found

    def maker_of(self, words: Words) -> bytes:
        """Return the key of the artist whom the listener takes an album to be by, given all that they told of it."""
        told = [one for one in self._on_album[words.album_title] if one.album == words.album]
        if has_various_artists(told):
            return _artist_key(VARIOUS)
        return _key(next((one for one in told if one.is_album_artist_told), told[0]).album_artist)

    def _add(self, words: Words) -> None:
        self._titled.setdefault(words.title, []).append(words)
        self._on_album.setdefault(words.album_title, []).append(words)


def _earlier_words(row: music.EarlierRow) -> Words:
    draft = ScrobbleDraft(
        title=row.title,
        artists=tuple(json.loads(row.artists)),
        played_at=0,
        album=row.album,
        album_artists=tuple(json.loads(row.album_artists)),
        duration=row.duration,
        ids=TrackIds(**json.loads(row.ids)),
    )
    return words_of(draft, track=row.track_id, album=row.album_id)


def _row(draft: ScrobbleDraft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "artists": json.dumps(draft.artists),
        "album": draft.album,
        "album_artists": json.dumps(draft.album_artists),
        "ids": draft.ids.model_dump_json(exclude_defaults=True),
        "duration": draft.duration,
        "title_key": _title_key(draft.title),
        "album_key": _title_key(draft.album) if draft.album else None,
    }


def _spelt(
    draft: ScrobbleDraft, track: int, album: int | None, artists: Mapping[bytes, int], number: int
) -> Iterator[Spelt]:
    yield Spelt("tracks", track, draft.title, number)
    names = {_artist_key(name): name for name in (*draft.album_artists[::-1], *draft.artists[::-1])}
    for key, name in names.items():  # of one who is told in two ways at once, the track's own counts
        yield Spelt("artists", artists[key], name, number)
    if album is not None and draft.album:
        yield Spelt("albums", album, draft.album, number)


def _id(entry: Entry, made: Mapping[bytes, int]) -> int:
    return entry if isinstance(entry, int) else made[entry]


def _linked(own: Sequence[int], credited: Sequence[int]) -> str:
    """Return (as JSON) which of a track's artists each told name leads to: an id may have joined two spellings."""
    return json.dumps([it if it in credited else credited[min(i, len(credited) - 1)] for i, it in enumerate(own)])


def _title_key(title: str) -> bytes:
    return _key(fold(title))


def _artist_key(name: str) -> bytes:
    return _key(fold(name))


def _album_key(words: Words) -> bytes:
    return _key(words.album_title, words.album_artist)
