"""What others may see of a person: profile, history, now playing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import parse_dates, zone
from goscrobble.errors import BadInput
from goscrobble.services import history, ids, playback, statistics
from goscrobble.web import current_core
from goscrobble.web.api.asking import owner_of
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Playing, Scrobble, Totals, moment
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_users", __name__, url_prefix="/api/v1")

_UUID = Text(36, min_length=36)


class Profile(Totals):
    """A person, and what their history adds up to."""

    uuid: str
    username: str
    time_zone: str
    created_at: datetime


class Plays(BaseModel):
    """A page of plays, newest first; `next` is the cursor of the next page."""

    scrobbles: list[Scrobble]
    next: str | None


class NowPlaying(BaseModel):
    """What a person's players have on right now."""

    now_playing: list[Playing]
    next: None = None


class HistoryQuery(BaseModel):
    """Which plays."""

    from_: Annotated[str, Text(40)] | None = Field(
        default=None, alias="from", description="First day (2024-03-31), or Unix seconds."
    )
    to: Annotated[str, Text(40)] | None = Field(default=None, description="Last day, or Unix seconds (not included).")
    limit: int = Field(default=50, ge=1, le=history.MOST)
    cursor: Annotated[str, Text(100)] | None = Field(default=None, description="`next` of the page before.")
    artist: Annotated[str, _UUID] | None = Field(default=None, description="An artist's id.")
    album: Annotated[str, _UUID] | None = Field(default=None, description="An album's id.")
    track: Annotated[str, _UUID] | None = Field(default=None, description="A track's id.")
    source: Annotated[str, Text(40)] | None = Field(default=None, description="A plugin that told of it, first or not.")
    q: Annotated[str, Text(history.LONGEST)] = Field(
        default="", description="Words that begin words of the title or its artists, or of the album or its artist."
    )


@blueprint.get("/users/<username>")
@describe(tags=["Users"], summary="A person's profile", answers={200: Profile}, auth="optional")
def profile(username: str) -> dict[str, Any]:
    """Answer a profile."""
    owner = owner_of(username)
    sums = statistics.totals(current_core(), owner)
    return Profile(
        uuid=owner.uuid,
        username=owner.username,
        time_zone=owner.time_zone,
        created_at=moment(owner.created_at),
        **Totals.of(sums).model_dump(),
    ).model_dump(mode="json")


@blueprint.get("/users/<username>/scrobbles")
@describe(
    tags=["Users"],
    summary="A person's history, newest first",
    query=HistoryQuery,
    answers={200: Plays},
    auth="optional",
)
def scrobbles(username: str) -> dict[str, Any]:
    """Answer a page of a history."""
    owner, wanted = owner_of(username), query(HistoryQuery)
    filters = history.Filters(
        start=_moment(wanted.from_, owner, last=False),
        end=_moment(wanted.to, owner, last=True),
        artist=wanted.artist,
        album=wanted.album,
        track=wanted.track,
        source=wanted.source,
        q=wanted.q.strip(),
    )
    if filters.start is not None and filters.end is not None:
        is_day = not _is_seconds(wanted.to)  # a day is part of the range, a second is not
        if filters.start > filters.end - is_day:
            raise BadInput("from is after to")
    plays, cursor = history.recent(current_core(), owner, filters, limit=wanted.limit, cursor=wanted.cursor)
    own_ids = ids.of(current_core())
    return Plays(scrobbles=[Scrobble.of(play, own_ids) for play in plays], next=cursor).model_dump(mode="json")


@blueprint.get("/users/<username>/now-playing")
@describe(tags=["Users"], summary="What plays now", answers={200: NowPlaying}, auth="optional")
def now_playing(username: str) -> dict[str, Any]:
    """Answer what a person's players have on."""
    playing = playback.now_playing(current_core(), owner_of(username).id)
    return NowPlaying(now_playing=[Playing.of(one) for one in playing]).model_dump(mode="json")


def _moment(text: str | None, owner: Account, *, last: bool) -> int | None:
    """Return Unix seconds of a day of the owner's (its end, where it is the last), or of Unix seconds."""
    if text is None:
        return None
    if _is_seconds(text):
        if int(text) > int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()):
            raise BadInput("from and to must be dates like 2024-03-31, or Unix seconds")
        return int(text)
    try:
        day = parse_dates(text, text, zone(owner.time_zone), current_core().now())
    except ValueError as error:
        raise BadInput(str(error)) from None
    return day.end if last else day.start


def _is_seconds(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdigit()
