"""When a person listens: over time, around the clock, day after day, at a stretch; milestones and discoveries."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from goscrobble.services import habits, ids
from goscrobble.web import current_core
from goscrobble.web.api.asking import RangeQuery, owner_of, period_of
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Named, Scrobble, moment
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_habits", __name__, url_prefix="/api/v1")


class ActivityQuery(RangeQuery):
    """Which period, and by what."""

    unit: Literal["day", "week", "month", "year"] = Field(default="day", description="A week begins on Monday.")


class Active(BaseModel):
    """Plays of a day, or of the week, month or year that begins on it."""

    start: date
    plays: int
    seconds: int = Field(description="Time listened.")

    @classmethod
    def of(cls, unit: habits.Activity) -> Active:
        """Return the activity in this shape."""
        return cls(start=unit.start, plays=unit.plays, seconds=unit.seconds)


class Activity(BaseModel):
    """Plays over time, oldest first, without gaps; of the first and last unit only the days of the period count."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "activity": [
                    {"start": "2026-05-31", "plays": 0, "seconds": 0},
                    {"start": "2026-06-01", "plays": 12, "seconds": 2790},
                ],
                "next": None,
            }
        }
    )

    activity: list[Active]
    next: None = None


class Clock(BaseModel):
    """Plays by hour of the week, in the listener's own time."""

    days: list[list[int]] = Field(
        description="Seven days, Monday first, of 24 hours each, midnight first.",
        examples=[[[0] * 21 + [3, 1, 0], *[[0] * 24] * 6]],
    )


class Streak(BaseModel):
    """Days in a row with plays, both included."""

    first: date
    last: date
    days: int

    @classmethod
    def of(cls, streak: habits.Streak | None) -> Streak | None:
        """Return the streak in this shape."""
        return None if streak is None else cls(first=streak.first, last=streak.last, days=streak.days)


class Streaks(BaseModel):
    """Days in a row with plays."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "current": {"first": "2026-05-30", "last": "2026-06-01", "days": 3},
                "longest": {"first": "2025-01-01", "last": "2025-02-09", "days": 40},
            }
        }
    )

    current: Streak | None = Field(description="It lives until the end of the day after its last.")
    longest: Streak | None = Field(description="Of equally long ones the latest.")


class SessionsQuery(RangeQuery):
    """Which period, and how many."""

    range: Annotated[str, Text(20)] = Field(
        default="365d",
        description="7d, 30d, 90d, 365d, all, a year (2024), a month (2024-03) or an ISO week (2024-W11).",
    )
    limit: int = Field(default=10, ge=1, le=habits.MOST)


class Session(BaseModel):
    """From the start of the first play to the end of the last."""

    start: datetime
    end: datetime
    plays: int
    seconds: int = Field(description="Time listened.")

    @classmethod
    def of(cls, sitting: habits.Sitting) -> Session:
        """Return the sitting in this shape."""
        return cls(start=moment(sitting.start), end=moment(sitting.end), plays=sitting.plays, seconds=sitting.seconds)


class Sessions(BaseModel):
    """The longest stretches of listening, longest first. One ends after 30 silent minutes."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "sessions": [
                    {"start": "2026-05-31T19:02:11Z", "end": "2026-05-31T23:40:51Z", "plays": 71, "seconds": 16012}
                ],
                "next": None,
            }
        }
    )

    sessions: list[Session]
    next: None = None


class MilestonesQuery(BaseModel):
    """Which milestones."""

    kind: Literal["plays", "artist"] | None = Field(
        default=None, description="Plays of a round number, or first plays of an artist; without it both."
    )
    limit: int = Field(default=50, ge=1, le=habits.MOST)
    offset: int = Field(default=0, ge=0, le=2**31 - 1)


class Milestone(BaseModel):
    """A play to remember."""

    kind: Literal["plays", "artist"]
    number: int | None = Field(description="Of plays: the how many-th it was.")
    artist: Named | None = Field(description="Of an artist: who was heard for the first time.")
    scrobble: Scrobble


class Milestones(BaseModel):
    """The 1st, 100th, 500th, 1,000th, 2,000th … play and the first of each artist, newest first."""

    milestones: list[Milestone]
    next: int | None = Field(description="The offset of the next page.")


class DiscoveriesQuery(RangeQuery):
    """Which period, and by what."""

    unit: Literal["day", "week", "month", "year"] = Field(default="month", description="A week begins on Monday.")
    limit: int = Field(default=50, ge=1, le=habits.MOST, description="Of the artists that are named.")


class Discovered(BaseModel):
    """How many artists were heard for the first time in the day, week, month or year that begins on it."""

    start: date
    artists: int


class NewArtist(Named):
    """An artist that was new."""

    first_played_at: datetime
    plays: int = Field(description="Of all time, unless said otherwise.")

    @classmethod
    def of(cls, new: habits.NewArtist) -> NewArtist:
        """Return the artist in this shape."""
        first = moment(new.first_played_at)
        return cls(id=new.artist.id, name=new.artist.name, first_played_at=first, plays=new.plays)


class Discoveries(BaseModel):
    """New artists over time, oldest first and without gaps, and the last ones by name, newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "discoveries": [{"start": "2026-05-01", "artists": 0}, {"start": "2026-06-01", "artists": 1}],
                "artists": [
                    {
                        "id": "4f0fb4a9-3a4e-4b0c-a5ce-8d24d8a0b5a6",
                        "name": "Can",
                        "first_played_at": "2026-06-01T11:00:00Z",
                        "plays": 5,
                    }
                ],
                "next": None,
            }
        }
    )

    discoveries: list[Discovered]
    artists: list[NewArtist]
    next: None = None


@blueprint.get("/users/<username>/activity")
@describe(
    tags=["Users"], summary="A person's plays over time", query=ActivityQuery, answers={200: Activity}, auth="optional"
)
def activity(username: str) -> dict[str, Any]:
    """Answer plays by day, week, month or year."""
    owner, wanted = owner_of(username), query(ActivityQuery)
    found = habits.activity(current_core(), owner, wanted.unit, period_of(wanted, owner))
    return Activity(activity=[Active.of(it) for it in found]).model_dump(mode="json")


@blueprint.get("/users/<username>/clock")
@describe(
    tags=["Users"],
    summary="A person's plays by hour and weekday",
    query=RangeQuery,
    answers={200: Clock},
    auth="optional",
)
def clock(username: str) -> dict[str, Any]:
    """Answer plays by hour of the week."""
    owner = owner_of(username)
    hours = habits.clock(current_core(), owner, period_of(query(RangeQuery), owner)).hours
    return Clock(days=[list(hours[day : day + 24]) for day in range(0, 7 * 24, 24)]).model_dump(mode="json")


@blueprint.get("/users/<username>/streaks")
@describe(tags=["Users"], summary="A person's days in a row with plays", answers={200: Streaks}, auth="optional")
def streaks(username: str) -> dict[str, Any]:
    """Answer the current and the longest streak."""
    found = habits.streaks(current_core(), owner_of(username))
    return Streaks(current=Streak.of(found.current), longest=Streak.of(found.longest)).model_dump(mode="json")


@blueprint.get("/users/<username>/sessions")
@describe(
    tags=["Users"],
    summary="A person's longest stretches of listening",
    query=SessionsQuery,
    answers={200: Sessions},
    auth="optional",
)
def sessions(username: str) -> dict[str, Any]:
    """Answer the longest sittings of a period."""
    owner, wanted = owner_of(username), query(SessionsQuery)
    found = habits.sittings(current_core(), owner, period_of(wanted, owner), limit=wanted.limit)
    return Sessions(sessions=[Session.of(it) for it in found]).model_dump(mode="json")


@blueprint.get("/users/<username>/milestones")
@describe(
    tags=["Users"],
    summary="A person's plays to remember",
    query=MilestonesQuery,
    answers={200: Milestones},
    auth="optional",
)
def milestones(username: str) -> dict[str, Any]:
    """Answer a page of milestones."""
    owner, wanted, own_ids = owner_of(username), query(MilestonesQuery), ids.of(current_core())
    found = habits.milestones(current_core(), owner, kind=wanted.kind, limit=wanted.limit + 1, offset=wanted.offset)
    shown = [
        Milestone(
            kind=it.kind,
            number=it.number,
            artist=None if it.artist is None else Named(id=it.artist.id, name=it.artist.name),
            scrobble=Scrobble.of(it.scrobble, own_ids),
        )
        for it in found[: wanted.limit]
    ]
    more = wanted.offset + wanted.limit if len(found) > wanted.limit else None
    return Milestones(milestones=shown, next=more).model_dump(mode="json")


@blueprint.get("/users/<username>/discoveries")
@describe(
    tags=["Users"],
    summary="A person's new artists",
    query=DiscoveriesQuery,
    answers={200: Discoveries},
    auth="optional",
)
def discoveries(username: str) -> dict[str, Any]:
    """Answer new artists by unit, and the last of them."""
    owner, wanted = owner_of(username), query(DiscoveriesQuery)
    found = habits.discoveries(current_core(), owner, period_of(wanted, owner), wanted.unit, limit=wanted.limit)
    return Discoveries(
        discoveries=[Discovered(start=it.start, artists=it.artists) for it in found.units],
        artists=[NewArtist.of(it) for it in found.newest],
    ).model_dump(mode="json")
