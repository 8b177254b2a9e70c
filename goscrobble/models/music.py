"""The catalogue: artists, albums and tracks that several listeners may share, and the words in which each told them.

What is shared has no names of its own: what an entry is called depends on who told of it, and on who may know that.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, BigId, IntPk, Name, UnixTime, Uuid


class Artist(Base):
    """One artist; `key` is a digest of the folded name."""

    __tablename__ = "artist"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("artist.id"), index=True)
    created_at: Mapped[UnixTime]


class Album(Base):
    """One album; `key` is a digest of folded title and artist."""

    __tablename__ = "album"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"), index=True)
    created_at: Mapped[UnixTime]


class Track(Base):
    """One recording as listeners know it; `key` is a digest of folded title and artists."""

    __tablename__ = "track"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("track.id"), index=True)
    created_at: Mapped[UnixTime]


class TrackArtist(Base):
    """The artists credited on a track, in order."""

    __tablename__ = "track_artist"
    __table_args__ = (Index("ix_track_artist_artist_id", "artist_id"), {"sqlite_with_rowid": False})

    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"))


class AlbumArtist(Base):
    """Whom a listener takes an album to be by. Who told of it earlier has a lower `number`."""

    __tablename__ = "album_artist"
    __table_args__ = (Index("ix_album_artist_artist_id", "artist_id"), {"sqlite_with_rowid": False})

    album_id: Mapped[int] = mapped_column(ForeignKey("album.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"))
    number: Mapped[int] = mapped_column(BigId)


class Spelling(Base):
    """How a listener spelt the name of an artist, album or track. `number` orders spellings by when they were told."""

    __tablename__ = "spelling"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)  # as in `search_word`
    entity_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)  # of the text, which may be long
    text: Mapped[Name]
    number: Mapped[int] = mapped_column(BigId)
    is_correction: Mapped[bool] = mapped_column(default=False, server_default=false())


class Told(Base):
    """Names and ids exactly as a listener's source told them, once each; reports point here.

    Never changed, but for the length, once it is known. Rows without a listener are from before each had their own.
    """

    __tablename__ = "told"
    __table_args__ = (
        UniqueConstraint("user_id", "digest", "variant"),
        Index("ix_told_user_id_title_key", "user_id", "title_key"),
        Index("ix_told_user_id_album_key", "user_id", "album_key"),
        {"sqlite_autoincrement": True},  # processes remember rows by their ids
    )

    id: Mapped[IntPk]
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    title: Mapped[Name]
    artists: Mapped[str] = mapped_column(Text)  # JSON list
    album: Mapped[str | None] = mapped_column(Text)
    album_artists: Mapped[str] = mapped_column(Text)  # JSON list
    ids: Mapped[str] = mapped_column(Text)  # JSON object
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), index=True)  # as identified
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    variant: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # same words, another length
    duration: Mapped[int | None]  # seconds, the first that was told
    title_key: Mapped[bytes | None] = mapped_column(LargeBinary(16))  # digest of the folded title
    album_key: Mapped[bytes | None] = mapped_column(LargeBinary(16))  # of the album's
    artist_ids: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")  # JSON list: whom `artists` names
