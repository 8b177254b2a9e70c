"""What a listener connected: source accounts, what happened on them, and what their plugins keep for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, BigId, IntPk, UnixTime, Uuid


class SourceAccount(Base):
    """One connection of one listener to one plugin: an address that a player posts to, or an account that is polled."""

    __tablename__ = "source_account"
    __table_args__ = (
        UniqueConstraint("user_id", "plugin", "voice"),
        Index("ix_source_account_poll_at", "poll_at"),
        {"sqlite_autoincrement": True},  # the id of one that is gone is never given to another: a poll may be under way
    )

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    plugin: Mapped[str] = mapped_column(String(40))
    source: Mapped[int] = mapped_column(default=0, server_default="0")  # which of the plugin's sources
    name: Mapped[str] = mapped_column(String(100))
    voice: Mapped[str] = mapped_column(String(60))  # UUID of the token it speaks with, "account", or its own UUID
    settings: Mapped[str] = mapped_column(Text)  # JSON; secrets in it are encrypted
    is_paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    question: Mapped[str | None] = mapped_column(Text)  # JSON: what its plugin asks its owner
    problem: Mapped[str | None] = mapped_column(Text)  # why the last poll did not succeed
    is_refused: Mapped[bool] = mapped_column(default=False, server_default=false())  # not polled until its owner acts
    events: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # how many were noted, ever
    last_heard_at: Mapped[int | None] = mapped_column(BigInteger)
    cursor: Mapped[str | None] = mapped_column(Text)  # how far it was polled, in the plugin's own words
    poll_at: Mapped[int | None] = mapped_column(BigInteger)  # when it is polled next; None: it is not
    poll_owner: Mapped[str | None] = mapped_column(String(80))
    poll_until: Mapped[int | None] = mapped_column(BigInteger)  # end of that worker's lease
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")  # polls that failed in a row
    created_at: Mapped[UnixTime]


class SourceEvent(Base):
    """One of the last things that happened on a source account. A ring: the slot is the number modulo its size."""

    __tablename__ = "source_event"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    source_account_id: Mapped[int] = mapped_column(
        ForeignKey("source_account.id", ondelete="CASCADE"), primary_key=True
    )
    slot: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[UnixTime]
    what: Mapped[str] = mapped_column(Text)  # the track, or "" where nothing was told that could be read
    outcome: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)


class SourceValue(Base):
    """What a plugin keeps for one source account."""

    __tablename__ = "source_value"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    source_account_id: Mapped[int] = mapped_column(
        ForeignKey("source_account.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)  # order of making
    value: Mapped[str] = mapped_column(Text)  # JSON


class PausedHost(Base):
    """A host of another service that failed a connection, or asked it to wait."""

    __tablename__ = "paused_host"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    host: Mapped[str] = mapped_column(String(255), primary_key=True)  # with scheme, and port if named
    asker: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)  # the connection; 0: all of them
    user_id: Mapped[int]  # whose connection; 0 likewise
    failures: Mapped[int]
    paused_at: Mapped[UnixTime] = mapped_column(BigInteger)  # when that was
    not_before: Mapped[int] = mapped_column(BigInteger)  # when it is asked again
