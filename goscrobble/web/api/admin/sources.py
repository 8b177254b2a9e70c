"""Everybody's connections and how they are, without what is set in them and without what was played."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import sources
from goscrobble.services.sources import SourceState
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import moment
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_admin_sources", __name__, url_prefix="/api/v1/admin/sources")


class AnySource(BaseModel):
    """Somebody's connection, as administrators see it."""

    id: str
    username: str
    plugin: str
    name: str
    state: SourceState
    problem: str | None
    last_heard_at: datetime | None
    next_poll_at: datetime | None
    created_at: datetime


class SourceQuery(BaseModel):
    """Which connections to list."""

    troubled: bool = Field(default=False, description="Only those whose last poll did not succeed.")
    cursor: Annotated[str, Text(64)] = Field(default="", description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class AnySources(BaseModel):
    """A page of connections, oldest first."""

    sources: list[AnySource]
    next: str | None


@blueprint.get("")
@describe(tags=["Admin"], summary="Everybody's connections", query=SourceQuery, answers={200: AnySources}, auth="admin")
def list_sources() -> dict[str, Any]:
    """Answer a page of connections."""
    auth.require_admin()
    wanted, core = query(SourceQuery), current_core()
    page = sources.of_everybody(core, troubled=wanted.troubled, cursor=wanted.cursor, limit=wanted.limit)
    found = [
        AnySource(
            id=row.uuid,
            username=username,
            plugin=row.plugin,
            name=row.name,
            state=sources.state_of(core, row),
            problem=row.problem,
            last_heard_at=None if row.last_heard_at is None else moment(row.last_heard_at),
            next_poll_at=None if row.poll_at is None else moment(row.poll_at),
            created_at=moment(row.created_at),
        )
        for username, row in page.rows
    ]
    return AnySources(sources=found, next=page.next).model_dump(mode="json")
