"""Search over the catalogue and the people."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import searching
from goscrobble.web import current_core
from goscrobble.web.api.asking import viewer
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Named, Titled
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_search", __name__, url_prefix="/api/v1")


class SearchQuery(BaseModel):
    """What to look for."""

    q: Annotated[str, Text(searching.LONGEST, min_length=1)] = Field(
        description="Words, or beginnings of words, of which each must match. Case, accents and punctuation do not "
        "matter.",
        examples=["bjork jog"],
    )
    limit: int = Field(default=10, ge=1, le=searching.MOST, description="How many of each kind.")


class FoundArtist(Named):
    """An artist, and how often it was played."""

    plays: int


class FoundTitle(Titled):
    """An album or track, and how often it was played."""

    artists: list[Named]
    plays: int


class FoundUser(BaseModel):
    """A person whose name begins so."""

    username: str


class Found(BaseModel):
    """What was found, best first: whole names, then beginnings of names, then other words, each by plays."""

    artists: list[FoundArtist]
    albums: list[FoundTitle]
    tracks: list[FoundTitle]
    users: list[FoundUser]
    complete: bool = Field(
        description=f"false if a word is so common that not all entries were looked at: more than {searching.READ} "
        "have it, or too many to rank. More words find more."
    )


@blueprint.get("/search")
@describe(
    tags=["Catalogue"],
    summary="Find artists, albums, tracks and people",
    query=SearchQuery,
    answers={200: Found},
    auth="optional",
)
def search() -> dict[str, Any]:
    """Answer a search."""
    who, wanted = viewer(), query(SearchQuery)
    found = searching.search(current_core(), wanted.q, who, limit=wanted.limit)
    return Found(
        artists=[FoundArtist(id=hit.entity.id, name=hit.entity.name, plays=hit.plays) for hit in found.artists],
        albums=[_title(hit) for hit in found.albums],
        tracks=[_title(hit) for hit in found.tracks],
        users=[FoundUser(username=name) for name in found.users],
        complete=found.complete,
    ).model_dump(mode="json")


def _title(hit: searching.Hit) -> FoundTitle:
    artists = [Named(id=artist.id, name=artist.name) for artist in hit.artists]
    return FoundTitle(id=hit.entity.id, title=hit.entity.name, artists=artists, plays=hit.plays)
