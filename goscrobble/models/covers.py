"""Pictures of artists and albums that people uploaded."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from goscrobble.models.base import Base, BigId, UnixTime


class Cover(Base):
    """The picture of an artist or album, re-encoded by us. Kept here, not as a file: nodes share only the database."""

    __tablename__ = "cover"

    entity: Mapped[str] = mapped_column(String(6), primary_key=True)  # artist, album
    entity_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    small: Mapped[bytes] = mapped_column(LargeBinary)  # WebP, 64 pixels square
    large: Mapped[bytes] = mapped_column(LargeBinary)  # WebP, 300 pixels square
    digest: Mapped[str] = mapped_column(String(16))  # changes with the picture, for caches
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"), index=True)
    uploaded_at: Mapped[UnixTime]
