"""The tables. Import models from here."""

from goscrobble.models.base import Base, db, table
from goscrobble.models.covers import Cover
from goscrobble.models.jobs import Job, Setting
from goscrobble.models.music import Album, AlbumArtist, Artist, Spelling, Told, Track, TrackArtist
from goscrobble.models.operation import AuditEntry, InstanceKey, Node, PluginFailure
from goscrobble.models.rollups import (
    SiteChart,
    UserAlbum,
    UserArtist,
    UserClock,
    UserDay,
    UserDayPlays,
    UserTrack,
)
from goscrobble.models.scrobbles import DeletedPlay, Heard, PlaySession, ScrobbleRow
from goscrobble.models.search import SearchWord
from goscrobble.models.sources import PausedHost, SourceAccount, SourceEvent, SourceValue
from goscrobble.models.users import ApiToken, RefreshToken, ResetToken, User, WebSession

__all__ = [
    "Album",
    "AlbumArtist",
    "ApiToken",
    "Artist",
    "AuditEntry",
    "Base",
    "Cover",
    "DeletedPlay",
    "Heard",
    "InstanceKey",
    "Job",
    "Node",
    "PausedHost",
    "PlaySession",
    "PluginFailure",
    "RefreshToken",
    "ResetToken",
    "ScrobbleRow",
    "SearchWord",
    "Setting",
    "SiteChart",
    "SourceAccount",
    "SourceEvent",
    "SourceValue",
    "Spelling",
    "Told",
    "Track",
    "TrackArtist",
    "User",
    "UserAlbum",
    "UserArtist",
    "UserClock",
    "UserDay",
    "UserDayPlays",
    "UserTrack",
    "WebSession",
    "db",
    "table",
]
