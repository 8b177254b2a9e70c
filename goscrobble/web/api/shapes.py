"""How plays and top lists look in JSON: times RFC 3339 with Z, lengths in seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from goscrobble.domain import scrobbles
from goscrobble.domain.drafts import NowPlaying
from goscrobble.services import statistics
from goscrobble.services.ids import PublicIds
from goscrobble.services.statistics import TopEntry


def moment(at: int) -> datetime:
    """Return a Unix time as JSON shows it."""
    return datetime.fromtimestamp(at, UTC)


class Named(BaseModel):
    """An artist, by its id."""

    id: str
    name: str


class Titled(BaseModel):
    """A track or album, by its id."""

    id: str
    title: str


class Scrobble(BaseModel):
    """A play."""

    id: str = Field(description="Opaque; it stays when the play is corrected.")
    played_at: datetime = Field(description="When the listen began.")
    track: Titled
    artists: list[Named]
    album: Titled | None
    duration: int | None = Field(description="The track's length, seconds.")
    listened: int | None = Field(description="What was heard of it, seconds.")
    source: str = Field(description="The plugin that told it best.")
    also_heard_by: list[str] = Field(description="Other sources that told of the same listen.")

    @classmethod
    def of(cls, play: scrobbles.Scrobble, ids: PublicIds) -> Scrobble:
        """Return the play in this shape."""
        return cls(
            id=ids.token(play.id),
            played_at=moment(play.played_at),
            track=Titled(id=play.track.id, title=play.track.name),
            artists=[Named(id=artist.id, name=artist.name) for artist in play.artists],
            album=None if play.album is None else Titled(id=play.album.id, title=play.album.name),
            duration=play.duration,
            listened=play.listened,
            source=play.source,
            also_heard_by=list(play.also_heard_by),
        )


class UserScrobble(Scrobble):
    """A play, and whose it is."""

    username: str

    @classmethod
    def of_user(cls, username: str, play: scrobbles.Scrobble, ids: PublicIds) -> UserScrobble:
        """Return a user's play in this shape."""
        return cls(username=username, **Scrobble.of(play, ids).model_dump())


class Playing(BaseModel):
    """What a player has on right now."""

    track: str
    artists: list[str]
    album: str | None
    duration: int | None
    source: str
    started_at: datetime
    paused: bool

    @classmethod
    def of(cls, playing: NowPlaying) -> Playing:
        """Return it in this shape."""
        return cls(
            track=playing.title,
            artists=list(playing.artists),
            album=playing.album,
            duration=playing.duration,
            source=playing.source,
            started_at=moment(playing.started_at),
            paused=playing.paused,
        )


class Totals(BaseModel):
    """What the plays of a period add up to."""

    plays: int
    seconds: int
    artists: int
    albums: int
    tracks: int
    first_played_at: datetime | None
    last_played_at: datetime | None

    @classmethod
    def of(cls, sums: statistics.Totals) -> Totals:
        """Return them in this shape."""
        return cls(
            plays=sums.plays,
            seconds=sums.seconds,
            artists=sums.artists,
            albums=sums.albums,
            tracks=sums.tracks,
            first_played_at=None if sums.first_at is None else moment(sums.first_at),
            last_played_at=None if sums.last_at is None else moment(sums.last_at),
        )


class _Counted(BaseModel):
    rank: int
    plays: int
    seconds: int
    first_played_at: datetime = Field(description="Of all time.")
    last_played_at: datetime = Field(description="Of all time.")
    previous_rank: int | None = Field(
        default=None, description="In the period before; null: not played. With `movement`."
    )
    previous_plays: int | None = Field(default=None, description="With `movement`: in the period before.")


class TopArtist(_Counted, Named):
    """A line of a list of top artists."""


class TopTitle(_Counted, Titled):
    """A line of a list of top albums or tracks."""

    artists: list[Named]


def top_entry(entry: TopEntry) -> dict[str, object]:
    """Return a line of a top list, as `TopArtist` has it."""
    moved = {"previous_rank": entry.previous_rank, "previous_plays": entry.previous_plays}
    return {
        "id": entry.entity.id,
        "rank": entry.rank,
        "plays": entry.plays,
        "seconds": entry.seconds,
        "first_played_at": moment(entry.first_played_at),
        "last_played_at": moment(entry.last_played_at),
        **(moved if entry.previous_plays is not None else {}),
    }


def top_artist(entry: TopEntry) -> TopArtist:
    """Return a line of a list of top artists."""
    return TopArtist.model_validate(top_entry(entry) | {"name": entry.entity.name})


def top_title(entry: TopEntry) -> TopTitle:
    """Return a line of a list of top albums or tracks."""
    artists = [{"id": artist.id, "name": artist.name} for artist in entry.artists]
    return TopTitle.model_validate(top_entry(entry) | {"title": entry.entity.name, "artists": artists})
