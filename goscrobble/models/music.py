"""The catalogue: artists, albums, tracks as identified, and names as sources told them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, BigId, IntPk, Name, UnixTime, Uuid


class Artist(Base):
    """One artist; `key` is a digest of the folded name."""

    __tablename__ = "artist"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    name: Mapped[Name]
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("artist.id"), index=True)
    created_at: Mapped[UnixTime]


class Album(Base):
    """One album of one artist; `key` is a digest of folded title and artist."""

    __tablename__ = "album"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    title: Mapped[Name]
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"), index=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"), index=True)
    created_at: Mapped[UnixTime]


class Track(Base):
    """One recording as listeners know it; `key` is a digest of folded title and artists."""

    __tablename__ = "track"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    title: Mapped[Name]
    key: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    duration: Mapped[int | None]  # seconds, once a source told it
    canonical_id: Mapped[int | None] = mapped_column(ForeignKey("track.id"), index=True)
    created_at: Mapped[UnixTime]


class TrackArtist(Base):
    """The artists credited on a track, in order."""

    __tablename__ = "track_artist"
    __table_args__ = (Index("ix_track_artist_artist_id", "artist_id"), {"sqlite_with_rowid": False})

    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"))


class Identifier(Base):
    """An id of another service (MusicBrainz, Spotify, ISRC) that names a track, album or artist of ours."""

    __tablename__ = "identifier"
    __table_args__ = (Index("ix_identifier_entity_id", "entity", "entity_id"), {"sqlite_with_rowid": False})

    entity: Mapped[str] = mapped_column(String(6), primary_key=True)  # track, album, artist
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)
    entity_id: Mapped[int] = mapped_column(BigId)


class Told(Base):
    """Names and ids exactly as a source told them, once each; reports point here. Never changed."""

    __tablename__ = "told"

    id: Mapped[IntPk]
    digest: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    title: Mapped[Name]
    artists: Mapped[str] = mapped_column(Text)  # JSON list
    album: Mapped[str | None] = mapped_column(Text)
    album_artists: Mapped[str] = mapped_column(Text)  # JSON list
    ids: Mapped[str] = mapped_column(Text)  # JSON object
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), index=True)  # as identified
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"), index=True)
