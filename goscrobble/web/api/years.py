"""A person's year in review: one document."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.errors import BadInput
from goscrobble.services import ids, years
from goscrobble.services.statistics import Totals
from goscrobble.web import current_core
from goscrobble.web.api.asking import owner_of
from goscrobble.web.api.habits import Active, NewArtist, Session, Streak
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Scrobble, TopArtist, TopTitle, top_artist, top_title

blueprint = Blueprint("api_years", __name__, url_prefix="/api/v1")


class Sums(BaseModel):
    """What plays add up to; artists, albums and tracks are different ones."""

    plays: int
    seconds: int
    artists: int
    albums: int
    tracks: int

    @classmethod
    def of(cls, totals: Totals) -> Sums:
        """Return the totals in this shape."""
        return cls(
            plays=totals.plays,
            seconds=totals.seconds,
            artists=totals.artists,
            albums=totals.albums,
            tracks=totals.tracks,
        )


class NewArtists(BaseModel):
    """Who was heard for the first time."""

    count: int
    artists: list[NewArtist] = Field(description="The most played of them, with the plays of this year.")


class YearReview(BaseModel):
    """A year of listening, in the listener's own days. Without plays: zeros, empty lists and nulls."""

    year: int = Field(examples=[2025])
    totals: Sums
    previous: Sums = Field(description="Of the year before.")
    days: int = Field(description="Days with plays.")
    artists: list[TopArtist] = Field(description="The ten most played.")
    albums: list[TopTitle] = Field(description="The ten most played.")
    tracks: list[TopTitle] = Field(description="The ten most played.")
    months: list[Active] = Field(description="January to December.")
    clock: list[list[int]] = Field(description="Plays by hour: seven days, Monday first, of 24 hours each.")
    streak: Streak | None = Field(description="The longest inside the year.")
    busiest_day: Active | None
    longest_session: Session | None
    first: Scrobble | None
    last: Scrobble | None
    new_artists: NewArtists


@blueprint.get("/users/<username>/years/<year>")
@describe(tags=["Users"], summary="A person's year in review", answers={200: YearReview}, auth="optional", errors=[400])
def review(username: str, year: str) -> dict[str, Any]:
    """Answer a year."""
    owner = owner_of(username)
    if not (len(year) == len("2025") and year.isascii() and year.isdigit()):
        raise BadInput("A year has four digits, as 2025")
    found = years.review(current_core(), owner, int(year))
    busiest, hours, own_ids = found.busiest, found.clock.hours, ids.of(current_core())
    return YearReview(
        year=found.year,
        totals=Sums.of(found.totals),
        previous=Sums.of(found.previous),
        days=len(found.days),
        artists=[top_artist(entry) for entry in found.artists],
        albums=[top_title(entry) for entry in found.albums],
        tracks=[top_title(entry) for entry in found.tracks],
        months=[Active.of(month) for month in found.months],
        clock=[list(hours[day : day + 24]) for day in range(0, 7 * 24, 24)],
        streak=Streak.of(found.streak),
        busiest_day=None if busiest is None else Active.of(busiest),
        longest_session=None if found.sitting is None else Session.of(found.sitting),
        first=None if found.first is None else Scrobble.of(found.first, own_ids),
        last=None if found.last is None else Scrobble.of(found.last, own_ids),
        new_artists=NewArtists(count=found.new_artists, artists=[NewArtist.of(it) for it in found.newcomers]),
    ).model_dump(mode="json")
