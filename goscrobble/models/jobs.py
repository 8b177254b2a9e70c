"""Background work, and what an administrator set while the server ran."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, IntPk, UnixTime


class Job(Base):
    """One piece of work, claimed under a lease: done at least once, so its handler is idempotent."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)

    id: Mapped[IntPk]
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(String(120), unique=True)  # at most one waiting job of this key
    payload: Mapped[str] = mapped_column(Text)  # JSON
    state: Mapped[str] = mapped_column(String(8))  # waiting, running, dead
    run_at: Mapped[UnixTime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    lease_until: Mapped[int | None] = mapped_column(BigInteger)
    owner: Mapped[str | None] = mapped_column(String(80))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[UnixTime]


class Setting(Base):
    """A run-time setting that differs from its default."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)  # as in /config
    value: Mapped[str] = mapped_column(Text)  # JSON
    changed_at: Mapped[UnixTime]
