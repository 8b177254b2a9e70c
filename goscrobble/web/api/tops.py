"""A person's top lists and totals, of any range."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.domain.periods import previous, zone
from goscrobble.errors import BadInput
from goscrobble.services import statistics
from goscrobble.services.statistics import TopEntry
from goscrobble.web import current_core
from goscrobble.web.api.asking import RangeQuery, owner_of, period_of
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import TopArtist, TopTitle, Totals, top_artist, top_title
from goscrobble.web.body import query

blueprint = Blueprint("api_tops", __name__, url_prefix="/api/v1")


class TopQuery(RangeQuery):
    """Which period, and how to rank."""

    by: Literal["plays", "time"] = "plays"
    limit: int = Field(default=50, ge=1, le=statistics.MOST)
    offset: int = Field(default=0, ge=0, le=2**31 - 1)
    movement: bool = Field(default=False, description="Tell rank and plays in the equally long period before.")


class TopArtists(BaseModel):
    """Top artists of a period, best first; `next` is the offset of the next page."""

    artists: list[TopArtist]
    next: int | None


class TopAlbums(BaseModel):
    """Top albums of a period, best first; `next` is the offset of the next page."""

    albums: list[TopTitle]
    next: int | None


class TopTracks(BaseModel):
    """Top tracks of a period, best first; `next` is the offset of the next page."""

    tracks: list[TopTitle]
    next: int | None


@blueprint.get("/users/<username>/top/artists")
@describe(tags=["Users"], summary="A person's top artists", query=TopQuery, answers={200: TopArtists}, auth="optional")
def artists(username: str) -> dict[str, Any]:
    """Answer a page of top artists."""
    entries, more = _top(username, "artists")
    return as_json(TopArtists(artists=[top_artist(entry) for entry in entries], next=more))


@blueprint.get("/users/<username>/top/albums")
@describe(tags=["Users"], summary="A person's top albums", query=TopQuery, answers={200: TopAlbums}, auth="optional")
def albums(username: str) -> dict[str, Any]:
    """Answer a page of top albums."""
    entries, more = _top(username, "albums")
    return as_json(TopAlbums(albums=[top_title(entry) for entry in entries], next=more))


@blueprint.get("/users/<username>/top/tracks")
@describe(tags=["Users"], summary="A person's top tracks", query=TopQuery, answers={200: TopTracks}, auth="optional")
def tracks(username: str) -> dict[str, Any]:
    """Answer a page of top tracks."""
    entries, more = _top(username, "tracks")
    return as_json(TopTracks(tracks=[top_title(entry) for entry in entries], next=more))


@blueprint.get("/users/<username>/stats")
@describe(tags=["Users"], summary="A person's totals", query=RangeQuery, answers={200: Totals}, auth="optional")
def stats(username: str) -> dict[str, Any]:
    """Answer what a period adds up to."""
    owner = owner_of(username)
    sums = statistics.totals(current_core(), owner, period_of(query(RangeQuery), owner))
    return Totals.of(sums).model_dump(mode="json")


def as_json(answer: BaseModel) -> dict[str, Any]:
    """Return a list of tops as JSON, without the movement where none was asked for."""
    return answer.model_dump(mode="json", exclude_unset=True)


def _top(username: str, kind: statistics.Kind) -> tuple[list[TopEntry], int | None]:
    owner, wanted = owner_of(username), query(TopQuery)
    period = period_of(wanted, owner)
    before = previous(period, zone(owner.time_zone)) if wanted.movement else None
    if wanted.movement and before is None:
        raise BadInput("movement needs a range that another one can come before, such as 30d or 2024")
    found = statistics.top(
        current_core(),
        owner,
        kind,
        period,
        by=wanted.by,
        limit=wanted.limit + 1,
        offset=wanted.offset,
        movement=before,
    )
    return found[: wanted.limit], wanted.offset + wanted.limit if len(found) > wanted.limit else None
