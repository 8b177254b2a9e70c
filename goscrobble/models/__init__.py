"""The tables. Import models from here."""

from goscrobble.models.base import Base, db, table
from goscrobble.models.jobs import Job, Setting
from goscrobble.models.music import Album, Artist, Identifier, Told, Track, TrackArtist
from goscrobble.models.rollups import (
    UserAlbum,
    UserArtist,
    UserClock,
    UserDay,
    UserTrack,
    UserYearAlbum,
    UserYearArtist,
    UserYearTrack,
)
from goscrobble.models.scrobbles import DeletedPlay, Heard, PlaySession, ScrobbleRow
from goscrobble.models.users import ApiToken, RefreshToken, ResetToken, User, WebSession

__all__ = [
    "Album",
    "ApiToken",
    "Artist",
    "Base",
    "DeletedPlay",
    "Heard",
    "Identifier",
    "Job",
    "PlaySession",
    "RefreshToken",
    "ResetToken",
    "ScrobbleRow",
    "Setting",
    "Told",
    "Track",
    "TrackArtist",
    "User",
    "UserAlbum",
    "UserArtist",
    "UserClock",
    "UserDay",
    "UserTrack",
    "UserYearAlbum",
    "UserYearArtist",
    "UserYearTrack",
    "WebSession",
    "db",
    "table",
]
