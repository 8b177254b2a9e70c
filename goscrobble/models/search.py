"""What search finds names by."""

from __future__ import annotations

from sqlalchemy import Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, BigId

# Words are compared byte by byte, so that a prefix is a range of the key on every server.
_Word = String(40).with_variant(String(40, collation="C"), "postgresql")


class SearchWord(Base):
    """A word of a name, folded without accents: one row for each word of each artist, album and track."""

    __tablename__ = "search_word"
    __table_args__ = (Index("ix_search_word_entity_id", "kind", "entity_id"), {"sqlite_with_rowid": False})

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # 0 artist, 1 album, 2 track
    word: Mapped[str] = mapped_column(_Word, primary_key=True)
    entity_id: Mapped[int] = mapped_column(BigId, primary_key=True)
