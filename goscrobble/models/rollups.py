"""Sums kept in the transaction that changes plays. Days and hours are the user's own."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from goscrobble.models.base import Base, UnixTime


class _OfUser:
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    @declared_attr
    def user_id(self) -> Mapped[int]:
        return mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True, sort_order=-3)

    plays: Mapped[int] = mapped_column(sort_order=1)
    seconds: Mapped[int] = mapped_column(BigInteger, sort_order=2)


class _AllTime(_OfUser):
    first_at: Mapped[int] = mapped_column(BigInteger, sort_order=3)
    last_at: Mapped[int] = mapped_column(BigInteger, sort_order=4)


class UserDay(_OfUser, Base):
    """Plays of a local day (proleptic ordinal)."""

    __tablename__ = "user_day"
    day: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


class UserDayPlays(Base):
    """The plays of a local day, in columns packed as storage.day_plays says: ranges are counted from them."""

    __tablename__ = "user_day_plays"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own shape

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    tracks: Mapped[bytes] = mapped_column(LargeBinary)
    artists: Mapped[bytes] = mapped_column(LargeBinary)  # those of several: the track, as storage.day_plays says
    albums: Mapped[bytes] = mapped_column(LargeBinary)  # 0: none
    seconds: Mapped[bytes] = mapped_column(LargeBinary)
    starts: Mapped[bytes] = mapped_column(LargeBinary)  # Unix time


class UserClock(_OfUser, Base):
    """Plays of a local hour of the week, 0 (Monday 00:00) to 167."""

    __tablename__ = "user_clock"
    hour: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


class UserArtist(_AllTime, Base):
    """Each credited artist counts one play."""

    __tablename__ = "user_artist"
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"), primary_key=True, index=True, sort_order=-1)


class UserTrack(_AllTime, Base):
    """Plays of a track."""

    __tablename__ = "user_track"
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"), primary_key=True, index=True, sort_order=-1)


class UserAlbum(_AllTime, Base):
    """Plays of an album."""

    __tablename__ = "user_album"
    album_id: Mapped[int] = mapped_column(ForeignKey("album.id"), primary_key=True, index=True, sort_order=-1)


class SiteChart(Base):
    """A chart of the whole site, as computed a moment ago."""

    __tablename__ = "site_chart"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)  # what, which days, ranked by what
    document: Mapped[str] = mapped_column(Text)  # JSON
    basis: Mapped[str] = mapped_column(String(80))  # equal as long as nothing that counts has changed
    computed_at: Mapped[UnixTime]
    asked_at: Mapped[UnixTime]
