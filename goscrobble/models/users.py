"""Accounts and everything a person signs in or calls with. Secrets are stored hashed (SHA-256 of 256 random bits)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, IntPk, UnixTime, Uuid


class User(Base):
    """A person's account."""

    __tablename__ = "user_account"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - a deleted account's id is never given again

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    username: Mapped[str] = mapped_column(String(64))
    username_key: Mapped[str] = mapped_column(String(64), unique=True)  # lower case
    email: Mapped[str] = mapped_column(Text)
    email_key: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_mod: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_disabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    privacy: Mapped[str] = mapped_column(String(10), default="public", server_default="public")
    token_version: Mapped[int] = mapped_column(default=0, server_default="0")  # raising it ends every JWT
    revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # counts writes of plays
    created_at: Mapped[UnixTime]


class ApiToken(Base):
    """A named credential for players and scripts; its text is shown once."""

    __tablename__ = "api_token"

    id: Mapped[IntPk]
    uuid: Mapped[Uuid]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[str] = mapped_column(String(40))  # comma separated: ingest, read, write
    created_at: Mapped[UnixTime]
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)


class RefreshToken(Base):
    """One link of a chain: each is exchanged once for the next; a second use ends the whole family."""

    __tablename__ = "refresh_token"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    family: Mapped[str] = mapped_column(String(36), index=True)
    token_version: Mapped[int]
    created_at: Mapped[UnixTime]
    expires_at: Mapped[UnixTime] = mapped_column(BigInteger, index=True)
    used_at: Mapped[int | None] = mapped_column(BigInteger)


class ResetToken(Base):
    """Permission to set one new password, mailed."""

    __tablename__ = "reset_token"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    token_version: Mapped[int]
    expires_at: Mapped[UnixTime]


class WebSession(Base):
    """A browser that is signed in."""

    __tablename__ = "web_session"
    __table_args__ = (Index("ix_web_session_expires_at", "expires_at"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    token_version: Mapped[int]
    created_at: Mapped[UnixTime]
    seen_at: Mapped[UnixTime]
    expires_at: Mapped[UnixTime]
