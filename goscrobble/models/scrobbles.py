"""Plays, and the reports that they are derived from."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, BigId, IntPk, UnixTime


class ScrobbleRow(Base):
    """A play as shown. Its id outlives every correction and is never given again."""

    __tablename__ = "scrobble"
    __table_args__ = (UniqueConstraint("user_id", "played_at", "track_id"), {"sqlite_autoincrement": True})

    id: Mapped[IntPk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    played_at: Mapped[UnixTime]
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"))
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id"))
    duration: Mapped[int | None]  # seconds
    listened: Mapped[int | None]  # seconds
    source: Mapped[str] = mapped_column(String(40))
    also_heard_by: Mapped[str | None] = mapped_column(Text)  # other sources, comma separated
    first_told_at: Mapped[UnixTime]  # its reports stand in `heard` between these two
    last_told_at: Mapped[UnixTime]
    told_id: Mapped[int | None] = mapped_column(BigId)  # the words that are shown; None while an upgrade is not over
    album_told_id: Mapped[int | None] = mapped_column(BigId)  # the album's


class Heard(Base):
    """One report: what one voice told of one listen. Kept for ever; `play_id` says which play it belongs to now."""

    __tablename__ = "heard"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    told_at: Mapped[UnixTime] = mapped_column(BigInteger, primary_key=True)
    told_id: Mapped[int] = mapped_column(ForeignKey("told.id"), primary_key=True)
    voice: Mapped[str] = mapped_column(String(120), primary_key=True)
    nth: Mapped[int] = mapped_column(primary_key=True)
    stamp: Mapped[str] = mapped_column(String(12))
    duration: Mapped[int | None]
    listened: Mapped[int | None]
    origin: Mapped[str | None] = mapped_column(String(40))
    play_id: Mapped[int] = mapped_column(BigId)
    fixed: Mapped[bool] = mapped_column(default=False, server_default=false())


class DeletedPlay(Base):
    """What a play was before its owner deleted or edited it last, and where its reports stand. No names, only keys."""

    __tablename__ = "deleted_play"
    __table_args__ = (Index("ix_deleted_play_deleted_at", "deleted_at"), {"sqlite_with_rowid": False})

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    play_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    played_at: Mapped[UnixTime]
    track_id: Mapped[int] = mapped_column(BigId)
    album_id: Mapped[int | None] = mapped_column(BigId)
    duration: Mapped[int | None]
    listened: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(40))
    also_heard_by: Mapped[str | None] = mapped_column(Text)
    first_told_at: Mapped[UnixTime]
    last_told_at: Mapped[UnixTime]
    deleted_at: Mapped[UnixTime]
    told_id: Mapped[int | None] = mapped_column(BigId)
    album_told_id: Mapped[int | None] = mapped_column(BigId)


class PlaySession(Base):
    """A player with a track on: kept until it is judged a listen or not."""

    __tablename__ = "play_session"
    __table_args__ = (Index("ix_play_session_due_at", "due_at"), {"sqlite_with_rowid": False})

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    voice: Mapped[str] = mapped_column(String(120), primary_key=True)
    player: Mapped[str] = mapped_column(String(200), primary_key=True)
    item: Mapped[str] = mapped_column(String(200), primary_key=True)
    draft: Mapped[str] = mapped_column(Text)  # JSON of a ScrobbleDraft
    state: Mapped[str] = mapped_column(String(8))  # playing, paused, stopped
    started_at: Mapped[float]
    last_at: Mapped[float]  # time of the last event
    heard: Mapped[float]  # seconds, pauses not counted, up to last_at
    position: Mapped[float | None]
    due_at: Mapped[int | None] = mapped_column(BigInteger)  # when the clock judges; None: it has
    judged: Mapped[bool] = mapped_column(default=False, server_default=false())
    shown_until: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # end of "now playing"
    told: Mapped[int | None]  # seconds heard when the listen was told last; None: it did not count yet
    gap: Mapped[float | None]  # seconds between the last two events; None: the player does not tell how it goes on
    is_lone: Mapped[bool] = mapped_column(default=False, server_default=false())  # only its end was told
