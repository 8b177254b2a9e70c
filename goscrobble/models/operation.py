"""What an administrator wants to know: plugins that failed, what was changed by whom, which processes run."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, IntPk, UnixTime


class PluginFailure(Base):
    """What one hook of one plugin raised: how often, when last, and until when it is left alone for it."""

    __tablename__ = "plugin_failure"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    plugin: Mapped[str] = mapped_column(String(40), primary_key=True)
    hook: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    recent: Mapped[str] = mapped_column(Text)  # JSON list: Unix times of the last few
    last_at: Mapped[UnixTime]
    error: Mapped[str] = mapped_column(Text)  # without credentials
    place: Mapped[str] = mapped_column(Text)  # file, function and line
    tripped_until: Mapped[int | None] = mapped_column(BigInteger)


class InstanceKey(Base):
    """A key that the instance made for itself, in its database rather than in a file: no secret from whoever has it."""

    __tablename__ = "instance_key"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditEntry(Base):
    """Something that an administrator did."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_at", "at"),)

    id: Mapped[IntPk]
    at: Mapped[UnixTime]
    actor: Mapped[str] = mapped_column(String(64))  # a username as it was then, or "command line"
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(Text)  # whom or what it was done to
    detail: Mapped[str] = mapped_column(Text)


class Node(Base):
    """A process that serves or works, as it last told."""

    __tablename__ = "node"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    host: Mapped[str] = mapped_column(String(80))
    pid: Mapped[int]
    role: Mapped[str] = mapped_column(String(20))
    version: Mapped[str] = mapped_column(String(40))
    plugins: Mapped[str] = mapped_column(Text)  # JSON: name → version and how it loaded
    started_at: Mapped[UnixTime]
    seen_at: Mapped[UnixTime]
