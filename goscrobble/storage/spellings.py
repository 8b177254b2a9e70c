"""How listeners spell the names of artists, albums and tracks: written down here, and the words that search finds.

`storage.entries` decides which spelling somebody is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, delete, select, update

from goscrobble.domain.words import words_of
from goscrobble.models import SearchWord, Spelling, table
from goscrobble.storage.dialect import inserting, upsert
from goscrobble.storage.prepared import Prepared

KIND_NUMBERS = {"artists": 0, "albums": 1, "tracks": 2}
_spelling, _word = table(Spelling), table(SearchWord)
_ADD = Prepared(lambda dialect: inserting(dialect, _spelling).on_conflict_do_nothing(), _spelling.c.keys())
_ADD_WORDS = Prepared(lambda dialect: inserting(dialect, _word).on_conflict_do_nothing(), _word.c.keys())


@dataclass(frozen=True, slots=True)
class Spelt:
    """A name that a listener told. `number` is that of the words it came with."""

    kind: str  # a key of KIND_NUMBERS
    entry: int
    text: str
    number: int


def add(connection: Connection, user_id: int, spelt: Iterable[Spelt]) -> None:
    """Note how a listener spells names, and what search finds them by. What is known stays."""
    rows: dict[tuple[int, int, bytes], dict[str, object]] = {}
    for one in sorted(spelt, key=lambda one: one.number):
        key = (KIND_NUMBERS[one.kind], one.entry, _digest(one.text))
        rows.setdefault(key, _values(user_id, one))
    if not rows:
        return
    _ADD.run(connection, [rows[key] for key in sorted(rows)])
    words = {(kind, word, entry) for (kind, entry, _), row in rows.items() for word in words_of(str(row["text"]))}
    named = ({"kind": kind, "word": word, "entity_id": entry} for kind, word, entry in sorted(words))
    _ADD_WORDS.run(connection, list(named))


def correct(connection: Connection, user_id: int, spelt: Collection[Spelt]) -> None:
    """Make these the spellings that a listener wants, in place of what they told or wanted before."""
    add(connection, user_id, spelt)
    withdraw(connection, user_id, spelt)
    for one in spelt:
        statement = upsert(connection, _spelling).values(_values(user_id, one) | {"is_correction": True})
        change = {"is_correction": True}
        connection.execute(statement.on_conflict_do_update(index_elements=list(_spelling.primary_key), set_=change))


def withdraw(connection: Connection, user_id: int, spelt: Iterable[Spelt]) -> None:
    """Forget what a listener corrected of these entries: what their sources told is shown again."""
    for one in spelt:
        connection.execute(
            update(_spelling)
            .where(
                _spelling.c.kind == KIND_NUMBERS[one.kind],
                _spelling.c.entity_id == one.entry,
                _spelling.c.user_id == user_id,
            )
            .values(is_correction=False)
        )


def erase_some(connection: Connection, user_id: int, limit: int) -> bool:
    """Forget some of a listener's spellings, and words that nobody else's have; returns whether there may be more."""
    query = select(_spelling.c.kind, _spelling.c.entity_id).where(_spelling.c.user_id == user_id).limit(limit)
    entries = {tuple(row) for row in connection.execute(query)}
    for kind in {kind for kind, _ in entries}:
        ids = [entry for of, entry in entries if of == kind]
        of_these = _spelling.c.kind == kind, _spelling.c.entity_id.in_(ids)
        connection.execute(delete(_spelling).where(_spelling.c.user_id == user_id, *of_these))
        left: dict[int, set[str]] = {entry: set() for entry in ids}
        for entry, text in connection.execute(select(_spelling.c.entity_id, _spelling.c.text).where(*of_these)):
            left[entry] |= words_of(text)
        known = select(_word.c.entity_id, _word.c.word).where(_word.c.kind == kind, _word.c.entity_id.in_(ids))
        gone = [(entry, word) for entry, word in connection.execute(known) if word not in left[entry]]
        if gone:
            key = (
                _word.c.kind == kind,
                _word.c.word == bindparam("the_word"),
                _word.c.entity_id == bindparam("the_entry"),
            )
            values = [{"the_word": word, "the_entry": entry} for entry, word in sorted(gone)]
            connection.execute(delete(_word).where(*key), values)
    return bool(entries)


def _values(user_id: int, one: Spelt) -> dict[str, object]:
    return {
        "kind": KIND_NUMBERS[one.kind],
        "entity_id": one.entry,
        "user_id": user_id,
        "digest": _digest(one.text),
        "text": one.text,
        "number": one.number,
        "is_correction": False,
    }


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
