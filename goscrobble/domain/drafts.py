"""What a source tells: a listen (`ScrobbleDraft`), or that something is playing (`Playing`). Values, no user, no id."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat


class Stamp(StrEnum):
    """What moment of a listen the time of a report marks, best first: the order is the rank in `domain.twins`."""

    SELF = "self"  # told or corrected by the person: the start
    START = "start"  # the start
    ENDL = "endl"  # the end, with the seconds listened (Spotify's extended history)
    POLL = "poll"  # the start, to the minute (Subsonic now playing)
    MENDL = "mendl"  # the end, to the minute, with the seconds listened (Spotify's account data)
    SUBMIT = "submit"  # the moment half of the track or four minutes were heard
    NOW = "now"  # some moment after that, up to the end: the source gives no time
    ARRIVAL = "arrival"  # no time was given and we stamped it ourselves; shown there until a better report comes
    END = "end"  # the end
    EITHER_START = "either-start"  # start or end, probably the start (multi-scrobbler's native body)
    EITHER = "either"  # start or end, probably the end (Spotify recently played)
    MEITHER = "meither"  # start or end, to the minute (Last.fm exports)

    @property
    def rank(self) -> int:
        """0 is the best stamp."""
        return _RANKS[self]


_RANKS = {stamp: rank for rank, stamp in enumerate(Stamp)}


class TrackIds(BaseModel):
    """Identifiers as told, well-formed or absent: lower-case UUIDs for MusicBrainz, the service's own spelling else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recording_mbid: str | None = None
    release_track_mbid: str | None = None
    release_mbid: str | None = None
    release_group_mbid: str | None = None
    artist_mbids: tuple[str, ...] = ()
    isrc: str | None = None
    spotify: str | None = None

    def of_track(self) -> tuple[tuple[str, str], ...]:
        """(kind, value) of each identifier that names the track itself, sorted."""
        kinds = ("isrc", "recording_mbid", "release_track_mbid", "spotify")
        return tuple((kind, value) for kind in kinds if (value := getattr(self, kind)))


NO_IDS = TrackIds()
Seconds = Annotated[int, Field(ge=0, le=2**31 - 1)]


class ScrobbleDraft(BaseModel):
    """A listen as its source told it. What `normalise` of a plugin returns and `ingest.submit` takes.

    Times are Unix seconds (UTC), lengths whole seconds, rounded once. `duration` is the track's length, `listened`
    what was heard of it; with the stamp EITHER it is the most that can have been heard if that marks the end, and no
    time listened. Names are verbatim; the server tidies and judges them. `origin` tells two ways by which one listen
    was reported: give it where the source knows who played the sound, and leave it out where it does not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    artists: tuple[str, ...]
    played_at: int
    stamp: Stamp = Stamp.START
    album: str | None = None
    album_artists: tuple[str, ...] = ()
    duration: Seconds | None = None
    listened: Seconds | None = None
    ids: TrackIds = NO_IDS
    origin: str | None = None  # where the sound came from, if known: "jellyfin", "spotify", …
    client: str = ""  # the program that told it, as it calls itself
    nth: int = 0  # how-many-eth equal row of one minute in one file


PlayState = Literal["playing", "paused", "stopped"]


class Playing(BaseModel):
    """One event of a player, for `observe`: what it does with a track at a moment.

    The server makes plays of the events: a track counts once half of it or four minutes were heard. A source that tells
    its listens by itself sets `shown_only`, so that an event shows what plays now and is never made a second play.


    `at` is Unix seconds; `position` is seconds into the track, None where unknown; `completed` is the source's own
    verdict at a stop. `draft` names the track; its `played_at` and `stamp` are ignored. `stamp` tells how well it is
    known when playing began, where the event is the first of a listen: `POLL` is to the minute.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    player: str  # which device, unique within the source's connection
    item: str  # which track, as the source identifies it
    draft: ScrobbleDraft
    state: PlayState
    at: FiniteFloat
    position: Annotated[FiniteFloat, Field(ge=0, le=2**31 - 1)] | None = None
    completed: bool = False
    starts: bool = False  # the source says that playing begins with this event
    stamp: Literal[Stamp.START, Stamp.POLL] = Stamp.START
    shown_only: bool = False  # shows what plays and is never judged: the source tells its listens by itself


class NowPlaying(BaseModel):
    """What a player plays at this moment, as shown on pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    artists: tuple[str, ...]
    album: str | None
    duration: int | None
    source: str
    player: str
    started_at: int  # Unix seconds
    paused: bool = False
