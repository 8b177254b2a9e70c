"""Two people side by side, or one person at two times."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import comparing
from goscrobble.services.statistics import TopEntry, Totals
from goscrobble.web import current_core
from goscrobble.web.api.asking import RangeQuery, owner_of, period_of
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Named
from goscrobble.web.api.years import Sums
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_comparing", __name__, url_prefix="/api/v1")


class UsersQuery(RangeQuery):
    """Which period, and which of the artists in common."""

    limit: int = Field(default=50, ge=1, le=comparing.MOST)
    offset: int = Field(default=0, ge=0, le=2**31 - 1)


class Compared(Sums):
    """A person, and what the plays add up to."""

    username: str


class Shared(Named):
    """An artist that both play."""

    plays: int
    other_plays: int
    share: float = Field(description="Of the plays of all artists, 0 to 1.")
    other_share: float


class ComparedUsers(BaseModel):
    """Two people. Artists in common come in the order of the smaller of both's shares."""

    user: Compared
    other: Compared
    similarity: float = Field(
        description="0 to 1: the sum, over all artists, of the smaller of both's shares.", examples=[0.3125]
    )
    common: int = Field(description="How many artists both play.")
    artists: list[Shared]
    next: int | None = Field(description="The offset of the next page.")


class PeriodsQuery(BaseModel):
    """Two periods, by their first and last days."""

    from_: Annotated[str, Text(10)] = Field(alias="from", description="First day of the one, 2024-03-01.")
    to: Annotated[str, Text(10)] = Field(description="Last day of the one, 2024-03-31.")
    other_from: Annotated[str, Text(10)] = Field(description="First day of the other, 2024-02-01.")
    other_to: Annotated[str, Text(10)] = Field(description="Last day of the other, 2024-02-29.")
    limit: int = Field(default=50, ge=1, le=comparing.MOST)


class Moved(Named):
    """An artist in both periods. A rank of null: not played in that period."""

    rank: int | None
    plays: int
    other_rank: int | None
    other_plays: int
    movement: Literal["risen", "fallen", "same", "new", "gone"] = Field(description="From the other period to the one.")


class ComparedPeriods(BaseModel):
    """Two times of one person: the change is that from the other period to the one."""

    totals: Sums
    other_totals: Sums
    change: Sums = Field(description="Less than 0 where there were fewer.")
    artists: list[Moved] = Field(description="The most played of the one period.")
    other_artists: list[Moved] = Field(description="The most played of the other.")


@blueprint.get("/users/<username>/compare/<other>")
@describe(
    tags=["Users"],
    summary="How alike two people listen",
    query=UsersQuery,
    answers={200: ComparedUsers},
    auth="optional",
)
def users(username: str, other: str) -> dict[str, Any]:
    """Answer what two people have in common."""
    one, another, wanted = owner_of(username), owner_of(other), query(UsersQuery)
    found = comparing.users(
        current_core(), one, another, period_of(wanted, one), limit=wanted.limit + 1, offset=wanted.offset
    )
    shared = [
        Shared(
            id=it.artist.id,
            name=it.artist.name,
            plays=it.plays,
            other_plays=it.other_plays,
            share=round(it.share, 6),
            other_share=round(it.other_share, 6),
        )
        for it in found.artists[: wanted.limit]
    ]
    return ComparedUsers(
        user=Compared(username=one.username, **Sums.of(found.totals).model_dump()),
        other=Compared(username=another.username, **Sums.of(found.other_totals).model_dump()),
        similarity=round(found.similarity, 6),
        common=found.common,
        artists=shared,
        next=wanted.offset + wanted.limit if len(found.artists) > wanted.limit else None,
    ).model_dump(mode="json")


@blueprint.get("/users/<username>/compare")
@describe(
    tags=["Users"],
    summary="A person's two periods side by side",
    query=PeriodsQuery,
    answers={200: ComparedPeriods},
    auth="optional",
)
def periods(username: str) -> dict[str, Any]:
    """Answer two periods of one person."""
    owner, wanted = owner_of(username), query(PeriodsQuery)
    one = RangeQuery.model_validate({"from": wanted.from_, "to": wanted.to})
    other = RangeQuery.model_validate({"from": wanted.other_from, "to": wanted.other_to})
    found = comparing.periods(current_core(), owner, period_of(one, owner), period_of(other, owner), limit=wanted.limit)
    return ComparedPeriods(
        totals=Sums.of(found.totals),
        other_totals=Sums.of(found.other_totals),
        change=_change(found.totals, found.other_totals),
        artists=[_moved(entry) for entry in found.artists],
        other_artists=[_moved(entry, is_other=True) for entry in found.other_artists],
    ).model_dump(mode="json")


def _change(one: Totals, other: Totals) -> Sums:
    before = Sums.of(other).model_dump()
    return Sums(**{name: value - before[name] for name, value in Sums.of(one).model_dump().items()})


def _moved(entry: TopEntry, *, is_other: bool = False) -> Moved:
    here: tuple[int | None, int] = (entry.rank, entry.plays)
    there = (entry.previous_rank, entry.previous_plays or 0)
    (rank, plays), (other_rank, other_plays) = (there, here) if is_other else (here, there)
    return Moved(
        id=entry.entity.id,
        name=entry.entity.name,
        rank=rank,
        plays=plays,
        other_rank=other_rank,
        other_plays=other_plays,
        movement=_movement(rank, other_rank),
    )


def _movement(rank: int | None, other_rank: int | None) -> Literal["risen", "fallen", "same", "new", "gone"]:
    if rank is None:
        return "gone"
    if other_rank is None:
        return "new"
    if rank == other_rank:
        return "same"
    return "risen" if rank < other_rank else "fallen"
