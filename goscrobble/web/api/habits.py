"""When a person listens: activity over time, around the clock, day after day."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, Field

from goscrobble.services import habits
from goscrobble.web import current_core
from goscrobble.web.api.asking import RangeQuery, owner_of, period_of
from goscrobble.web.api.openapi import describe
from goscrobble.web.body import query

blueprint = Blueprint("api_habits", __name__, url_prefix="/api/v1")


class ActivityQuery(RangeQuery):
    """Which period, and by what."""

    unit: Literal["day", "week", "month", "year"] = Field(default="day", description="A week begins on Monday.")


class Active(BaseModel):
    """Plays of a day, or of the week, month or year that begins on it."""

    start: date
    plays: int
    seconds: int = Field(description="Time listened.")


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


@blueprint.get("/users/<username>/activity")
@describe(
    tags=["Users"], summary="A person's plays over time", query=ActivityQuery, answers={200: Activity}, auth="optional"
)
def activity(username: str) -> dict[str, Any]:
    """Answer plays by day, week, month or year."""
    owner, wanted = owner_of(username), query(ActivityQuery)
    found = habits.activity(current_core(), owner, wanted.unit, period_of(wanted, owner))
    shown = [Active(start=it.start, plays=it.plays, seconds=it.seconds) for it in found]
    return Activity(activity=shown).model_dump(mode="json")


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
