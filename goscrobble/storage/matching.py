"""Which entries of the catalogue have some words. However common a word is, only so many rows of it are looked at.

Every statement asks one simple thing of one index, and sets are made here: given all of it at once, either database
begins with the wrong word now and then, which takes a thousand times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from goscrobble.domain.words import LONGEST
from goscrobble.models import AlbumArtist, SearchWord, TrackArtist, table
from goscrobble.storage.counting import Kind, merged_entries
from goscrobble.storage.dialect import among
from goscrobble.storage.spellings import KIND_NUMBERS

READ = 20_000  # rows of one word, or of one artist's entries, that are looked at
RANKED = {"artists": 300, "albums": 600, "tracks": 1500}  # entries that are ranked by plays: fewer hear each track

_word, _album_artist, _track_artist = table(SearchWord), table(AlbumArtist), table(TrackArtist)
_LAST = "\U0010ffff"  # sorts behind whatever a word can go on with
_TRIED = 5  # words of a query of which the rarest is looked for: the longest


@dataclass(frozen=True, slots=True)
class Match:
    """Ids of entries in the order in which they are to be ranked, best first; `complete`: there are no others."""

    named: list[int]  # whose whole name is this
    begun: list[int]  # whose name begins so
    other: list[int]
    complete: bool


def match(connection: Connection, kind: Kind, words: Sequence[str], whole: str) -> Match:
    """Return the entries that each of the words begins a word of, and those whose name, written together, it begins.

    A word may also be one of the artist's, as long as another is of the title. `whole` is `words.whole_of` the query.
    """
    other, complete = entries(connection, kind, words) if words else ([], True)
    most = RANKED[kind]
    query = select(_word.c.word, _word.c.entity_id).where(*_begins(kind, whole))
    rows = connection.execute(query.order_by(_word.c.word, _word.c.entity_id).limit(most + 1)).all()
    if words and len(whole) == LONGEST:  # what follows was cut off, and only the words tell about it
        rows = [row for row in rows if row.entity_id in set(other)]
    named = [id_ for word, id_ in rows[:most] if word == whole]
    begun = [id_ for word, id_ in rows[:most] if word != whole]
    return Match(named, begun, other[:most], complete and max(len(rows), len(other)) <= most)


def entries(connection: Connection, kind: Kind, words: Sequence[str]) -> tuple[list[int], bool]:
    """Return the entries that each of the words (at least one) begins a word of, and whether these are all.

    A word may also be one of the artist's, as long as another is of the title.
    """
    if len(words) == 1:
        ids = _titled(connection, kind, words[0])
        return list(dict.fromkeys(ids[:READ])), len(ids) <= READ
    found, complete = _Words(connection, kind).find(words)
    return sorted(found), complete


class _Words:
    """A search for entries of one kind by several words."""

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self._connection = connection
        self._kind: Kind = kind
        self._merged = {} if kind == "artists" else merged_entries(connection)["artists"]

    def find(self, words: Sequence[str]) -> tuple[set[int], bool]:
        """Return the entries, and whether these are all: begin with the rarest word, keep what has the others too."""
        longest = sorted(words, key=lambda word: (-len(word), word))
        first = {word: self._with(word) for word in longest[:_TRIED]}
        rarest = min(first, key=lambda word: len(first[word][0]) + len(first[word][1]))
        titled, credited, complete = first[rarest]
        found, by_title = titled | credited, set(titled)
        for word in longest:
            if word == rarest or not found:
                continue
            titled, credited, is_all = first.get(word, (set(), set(), False))
            if not is_all:
                titled = _having(self._connection, self._kind, word, found)
                credited = self._credited_among(word, found - titled)
            by_title |= titled
            found &= titled | credited
        return found & by_title, complete

    def _with(self, word: str) -> tuple[set[int], set[int], bool]:
        """Return the entries with a word, those of artists who have it, and whether these are all."""
        titled = _titled(self._connection, self._kind, word)
        if self._kind == "artists":
            return set(titled), set(), len(titled) <= READ
        artists = _titled(self._connection, "artists", word)
        named = set(artists)
        named |= {own for own, shown in self._merged.items() if shown in named}
        artist, entry = self._credits()
        by_artist = select(entry).where(among(self._connection, artist, named)).limit(READ + 1)
        credited = list(self._connection.execute(by_artist).scalars())
        return set(titled), set(credited), max(len(titled), len(artists), len(credited)) <= READ

    def _credited_among(self, word: str, entries: AbstractSet[int]) -> set[int]:
        """Return those of these entries whose artist has a word."""
        if self._kind == "artists":
            return set()
        artist, entry = self._credits()
        rows = self._connection.execute(select(entry, artist).where(among(self._connection, entry, entries))).all()
        names = {own for _, own in rows}
        named = _having(self._connection, "artists", word, names | {self._merged.get(own, own) for own in names})
        return {id_ for id_, own in rows if own in named or self._merged.get(own) in named}

    def _credits(self) -> tuple[ColumnElement[int], ColumnElement[int]]:
        if self._kind == "albums":
            return _album_artist.c.artist_id, _album_artist.c.album_id
        return _track_artist.c.artist_id, _track_artist.c.track_id


def _titled(connection: Connection, kind: Kind, word: str) -> list[int]:
    """Return the entries with a word, shorter words first and of each the older entries; at most READ + 1."""
    query = select(_word.c.entity_id).where(*_begins(kind, word)).order_by(_word.c.word, _word.c.entity_id)
    return list(connection.execute(query.limit(READ + 1)).scalars())


def _having(connection: Connection, kind: Kind, word: str, ids: AbstractSet[int]) -> set[int]:
    """Return those of these entries that have a word themselves."""
    query = select(_word.c.entity_id).where(*_begins(kind, word), among(connection, _word.c.entity_id, ids))
    return set(connection.execute(query).scalars())


def _begins(kind: Kind, word: str) -> tuple[Any, Any, Any]:
    return _word.c.kind == KIND_NUMBERS[kind], _word.c.word >= word, _word.c.word < word + _LAST
