"""The catalogue: an artist, album or track, its listeners and its plays, as far as the caller may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.domain.scrobbles import Entity
from goscrobble.services import catalogue, ids
from goscrobble.web import current_core
from goscrobble.web.api.asking import viewer
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Named, Titled, UserScrobble, moment
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_catalogue", __name__, url_prefix="/api/v1")
_KINDS: tuple[catalogue.Kind, ...] = ("artists", "albums", "tracks")


class Month(BaseModel):
    """How many plays a month had."""

    month: str = Field(description="2026-05")
    plays: int


class Plays(BaseModel):
    """What plays add up to."""

    plays: int
    seconds: int
    first_played_at: datetime | None
    last_played_at: datetime | None


class Own(Plays):
    """The caller's own plays."""

    rank: int = Field(description="The place in the caller's chart of all time.")
    activity: list[Month] = Field(description="Months of the caller's time zone, from the first play to the last.")


class Entry(Plays):
    """An entry of the catalogue, as its listeners make it: those whom the caller may see."""

    listeners: int
    activity: list[Month] | None = Field(
        description="Months (UTC), from the first play to the last; null for an entry whose listeners have so many "
        "plays that counting would take too long."
    )
    mine: Own | None = Field(description="The caller's own plays; null for whoever has none, or is not signed in.")


class ListedTitle(Titled):
    """A track or album, and how often it was played."""

    artists: list[Named]
    plays: int
    seconds: int
    listeners: int


class ArtistPage(Entry, Named):
    """An artist, with the most played albums and tracks."""

    albums: list[ListedTitle]
    tracks: list[ListedTitle]


class AlbumPage(Entry, Titled):
    """An album, with its most played tracks, which count where their listeners have heard the album too."""

    artists: list[Named]
    tracks: list[ListedTitle]


class TrackPage(Entry, Titled):
    """A track, with the albums it was played on, which count where their listeners have heard the track too."""

    artists: list[Named]
    duration: int | None = Field(description="Seconds.")
    albums: list[ListedTitle]


class Listener(Plays):
    """Somebody who has played it."""

    username: str


class Listeners(BaseModel):
    """Who has played it, most plays first; `next` is the offset of the next page."""

    listeners: list[Listener]
    next: int | None


class EntryPlays(BaseModel):
    """Plays of it, newest first; `next` is the cursor of the next page."""

    scrobbles: list[UserScrobble]
    next: str | None


class ListenersQuery(BaseModel):
    """Which page."""

    limit: int = Field(default=50, ge=1, le=catalogue.MOST)
    offset: int = Field(default=0, ge=0, le=2**31 - 1)


class PlaysQuery(BaseModel):
    """Which page."""

    limit: int = Field(default=50, ge=1, le=catalogue.MOST)
    cursor: Annotated[str, Text(100)] | None = Field(default=None, description="`next` of the page before.")


@blueprint.get("/artists/<entry>")
@describe(tags=["Catalogue"], summary="An artist", answers={200: ArtistPage}, auth="optional")
def artist(entry: str) -> dict[str, Any]:
    """Answer an artist."""
    page = catalogue.find(current_core(), "artists", entry, viewer())
    fields = _entry(page) | {"name": page.entity.name, "albums": _listed(page.albums), "tracks": _listed(page.tracks)}
    return ArtistPage.model_validate(fields).model_dump(mode="json")


@blueprint.get("/albums/<entry>")
@describe(tags=["Catalogue"], summary="An album", answers={200: AlbumPage}, auth="optional")
def album(entry: str) -> dict[str, Any]:
    """Answer an album."""
    page = catalogue.find(current_core(), "albums", entry, viewer())
    fields = {"title": page.entity.name, "artists": _named(page.artists), "tracks": _listed(page.tracks)}
    return AlbumPage.model_validate(_entry(page) | fields).model_dump(mode="json")


@blueprint.get("/tracks/<entry>")
@describe(tags=["Catalogue"], summary="A track", answers={200: TrackPage}, auth="optional")
def track(entry: str) -> dict[str, Any]:
    """Answer a track."""
    page = catalogue.find(current_core(), "tracks", entry, viewer())
    fields = {"title": page.entity.name, "artists": _named(page.artists), "albums": _listed(page.albums)}
    return TrackPage.model_validate(_entry(page) | fields | {"duration": page.duration}).model_dump(mode="json")


@describe(
    tags=["Catalogue"],
    summary="Who listens to it",
    query=ListenersQuery,
    answers={200: Listeners},
    auth="optional",
)
def listeners(kind: catalogue.Kind, entry: str) -> dict[str, Any]:
    """Answer a page of listeners."""
    who, wanted = viewer(), query(ListenersQuery)
    found, more = catalogue.listeners(current_core(), kind, entry, who, limit=wanted.limit, offset=wanted.offset)
    return Listeners(
        listeners=[
            Listener(
                username=one.username,
                plays=one.plays,
                seconds=one.seconds,
                first_played_at=moment(one.first_at),
                last_played_at=moment(one.last_at),
            )
            for one in found
        ],
        next=more,
    ).model_dump(mode="json")


@describe(
    tags=["Catalogue"],
    summary="Its plays, newest first",
    query=PlaysQuery,
    answers={200: EntryPlays},
    auth="optional",
)
def scrobbles(kind: catalogue.Kind, entry: str) -> dict[str, Any]:
    """Answer a page of plays."""
    who, wanted, own_ids = viewer(), query(PlaysQuery), ids.of(current_core())
    found, more = catalogue.scrobbles(current_core(), kind, entry, who, limit=wanted.limit, cursor=wanted.cursor)
    return EntryPlays(scrobbles=[UserScrobble.of_user(*one, own_ids) for one in found], next=more).model_dump(
        mode="json"
    )


for _kind in _KINDS:
    for _view in (listeners, scrobbles):
        _name = _view.__name__
        blueprint.add_url_rule(f"/{_kind}/<entry>/{_name}", f"{_kind}_{_name}", _view, defaults={"kind": _kind})


# ---- shapes ----


def _entry(page: catalogue.Page) -> dict[str, Any]:
    own = page.own
    mine = None if own is None else _plays(own.sums) | {"rank": own.rank, "activity": _months(own.months)}
    return _plays(page.sums) | {
        "id": page.entity.id,
        "listeners": 0 if page.sums is None else page.sums.listeners,
        "activity": None if page.months is None else _months(page.months),
        "mine": mine,
    }


def _plays(sums: catalogue.Sums | None) -> dict[str, Any]:
    if sums is None:
        return {"plays": 0, "seconds": 0, "first_played_at": None, "last_played_at": None}
    return {
        "plays": sums.plays,
        "seconds": sums.seconds,
        "first_played_at": moment(sums.first_at),
        "last_played_at": moment(sums.last_at),
    }


def _months(months: Iterable[catalogue.Month]) -> list[dict[str, Any]]:
    return [{"month": f"{one.start:%Y-%m}", "plays": one.plays} for one in months]


def _named(artists: Iterable[Entity]) -> list[dict[str, str]]:
    return [{"id": artist.id, "name": artist.name} for artist in artists]


def _listed(entries: Iterable[catalogue.Listed]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.entity.id,
            "title": one.entity.name,
            "artists": _named(one.artists),
            "plays": one.plays,
            "seconds": one.seconds,
            "listeners": one.listeners,
        }
        for one in entries
    ]
