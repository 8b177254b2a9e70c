"""The whole site: what all public listeners hear and heard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeVar

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import history, ids, listening_now, site
from goscrobble.services.statistics import Kind, TopEntry
from goscrobble.web import current_core
from goscrobble.web.api.asking import RangeQuery, site_period_of, viewer
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Playing, TopArtist, TopTitle, UserScrobble, moment, top_artist, top_title
from goscrobble.web.api.tops import TopAlbums, TopArtists, TopTracks, as_json
from goscrobble.web.body import query

blueprint = Blueprint("api_site", __name__, url_prefix="/api/v1")

Line = TypeVar("Line", TopArtist, TopTitle)
_AGE = "From when this is: at most a minute ago."


class PlaysOfMany(BaseModel):
    """The newest plays of public users."""

    scrobbles: list[UserScrobble]
    next: None = None


class PlayingOf(Playing):
    """What somebody's player has on right now."""

    username: str


class PlayingEverywhere(BaseModel):
    """What players have on right now, the latest started first."""

    now_playing: list[PlayingOf]
    next: None = None


class RecentQuery(BaseModel):
    """How many."""

    limit: int = Field(default=50, ge=1, le=history.MOST)


class NowQuery(BaseModel):
    """How many."""

    limit: int = Field(default=20, ge=1, le=listening_now.MOST)


class SiteTopQuery(RangeQuery):
    """Which period, and how to rank."""

    by: Literal["plays", "time"] = "plays"
    limit: int = Field(default=50, ge=1, le=site.MOST)
    offset: int = Field(default=0, ge=0, le=site.MOST)


class SiteTotals(BaseModel):
    """What the plays of all public users add up to."""

    listeners: int
    plays: int
    seconds: int
    artists: int
    albums: int
    tracks: int
    computed_at: datetime = Field(description=_AGE)


class SiteArtists(TopArtists):
    """The artists that public users played most, best first."""

    computed_at: datetime = Field(description=_AGE)


class SiteAlbums(TopAlbums):
    """The albums that public users played most, best first."""

    computed_at: datetime = Field(description=_AGE)


class SiteTracks(TopTracks):
    """The tracks that public users played most, best first."""

    computed_at: datetime = Field(description=_AGE)


@blueprint.get("/recent")
@describe(
    tags=["Site"],
    summary="The newest plays of public users",
    query=RecentQuery,
    answers={200: PlaysOfMany},
)
def recent() -> dict[str, Any]:
    """Answer the newest plays of the site."""
    core = current_core()
    found = history.most_recent(core, limit=query(RecentQuery).limit)
    plays = [UserScrobble.of_user(name, play, ids.of(core)) for name, play in found]
    return PlaysOfMany(scrobbles=plays).model_dump(mode="json")


@blueprint.get("/now-playing")
@describe(
    tags=["Site"],
    summary="What plays now, of all whom one may see",
    query=NowQuery,
    answers={200: PlayingEverywhere},
    auth="optional",
)
def now_playing() -> dict[str, Any]:
    """Answer what is heard on the site at this moment."""
    found = listening_now.everywhere(current_core(), viewer(), limit=query(NowQuery).limit)
    playing = [PlayingOf(username=name, **Playing.of(one).model_dump()) for name, one in found]
    return PlayingEverywhere(now_playing=playing).model_dump(mode="json")


@blueprint.get("/stats")
@describe(tags=["Site"], summary="What public users' plays add up to", answers={200: SiteTotals})
def stats() -> dict[str, Any]:
    """Answer the totals of the site."""
    sums = site.totals(current_core())
    return SiteTotals(
        listeners=sums.listeners,
        plays=sums.plays,
        seconds=sums.seconds,
        artists=sums.artists,
        albums=sums.albums,
        tracks=sums.tracks,
        computed_at=moment(sums.computed_at),
    ).model_dump(mode="json")


@blueprint.get("/top/artists")
@describe(tags=["Site"], summary="Public users' top artists", query=SiteTopQuery, answers={200: SiteArtists})
def artists() -> dict[str, Any]:
    """Answer a page of the site's top artists."""
    page, more, at = _top("artists", top_artist)
    return as_json(SiteArtists(artists=page, next=more, computed_at=at))


@blueprint.get("/top/albums")
@describe(tags=["Site"], summary="Public users' top albums", query=SiteTopQuery, answers={200: SiteAlbums})
def albums() -> dict[str, Any]:
    """Answer a page of the site's top albums."""
    page, more, at = _top("albums", top_title)
    return as_json(SiteAlbums(albums=page, next=more, computed_at=at))


@blueprint.get("/top/tracks")
@describe(tags=["Site"], summary="Public users' top tracks", query=SiteTopQuery, answers={200: SiteTracks})
def tracks() -> dict[str, Any]:
    """Answer a page of the site's top tracks."""
    page, more, at = _top("tracks", top_title)
    return as_json(SiteTracks(tracks=page, next=more, computed_at=at))


def _top(kind: Kind, shape: Callable[[TopEntry], Line]) -> tuple[list[Line], int | None, datetime]:
    wanted = query(SiteTopQuery)
    found = site.chart(current_core(), kind, site_period_of(wanted), by=wanted.by)
    end = wanted.offset + wanted.limit
    page = [shape(entry) for entry in found.entries[wanted.offset : end]]
    return page, end if len(found.entries) > end else None, moment(found.computed_at)
