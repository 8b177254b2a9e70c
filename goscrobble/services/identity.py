"""Identity: which artist, album and track of the catalogue a listener's draft names.

`domain.identity` has the rule. What a listener told once is never identified again, and nobody else's words have a part
in it: entries are shared by those who came to the same names.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from goscrobble.domain.drafts import NO_IDS, ScrobbleDraft, TrackIds
from goscrobble.domain.identity import SAME_LENGTH
from goscrobble.domain.names import artist_keys, title_key
from goscrobble.domain.scrobbles import Entity
from goscrobble.errors import NotFound
from goscrobble.services.core import Core
from goscrobble.services.learning import Learning, Wanted
from goscrobble.services.learning import key as digest_of
from goscrobble.storage import music, scrobbles
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
        learnt_now = _by_digest(Learning(connection, names.user_id, now).learn(_distinct(new), there))
        for wanted, draft in new.items():
            same_words = [*told.get(wanted[0], ()), *learnt_now[wanted[0]]]
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
    return digest_of(*parts)


def _order(wanted: Wanted) -> tuple[bytes, int]:
    return wanted[0], wanted[1] or 0
