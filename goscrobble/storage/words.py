"""The words that search finds names by, written with the names. Names never change, so neither do their words."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert

from goscrobble.domain.words import words_of
from goscrobble.models import SearchWord, table
from goscrobble.storage.dialect import Compiled

KINDS: Mapping[str, int] = {"artist": 0, "album": 1, "track": 2}  # by the entity's table
_word = table(SearchWord)
_made: dict[str, Compiled] = {}


def add_words(connection: Connection, entity: str, names: Mapping[int, str]) -> None:
    """Note what new entries (names by id) of a table are found by."""
    kind = KINDS[entity]
    rows = [(word, id_) for id_, name in names.items() for word in words_of(name)]
    if rows:
        values = [{"word": word, "kind": kind, "entity_id": id_} for word, id_ in sorted(rows)]
        _insert(connection).run(connection, values)


def _insert(connection: Connection) -> Compiled:
    dialect = connection.dialect.name
    if dialect not in _made:
        _made[dialect] = Compiled(connection, insert(_word), _word.c.keys())
    return _made[dialect]
