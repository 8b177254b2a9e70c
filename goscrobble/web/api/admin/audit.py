"""What administrators did."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import administration
from goscrobble.services.administration import Action
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import moment
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_admin_audit", __name__, url_prefix="/api/v1/admin/audit")


class AuditEntry(BaseModel):
    """Something that an administrator did."""

    id: int
    at: datetime
    actor: str = Field(description='A username as it was then, or "command line".')
    action: str = Field(examples=["account.disable"])
    subject: str = Field(description="Whom or what it was done to.")
    detail: str

    @classmethod
    def of(cls, entry: administration.Entry) -> AuditEntry:
        """Return the entry in this shape."""
        return cls(
            id=entry.id,
            at=moment(entry.at),
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
        )


class AuditQuery(BaseModel):
    """Which entries to list."""

    action: Action | None = Field(default=None, description="Only these.")
    search: Annotated[str, Text(200)] = Field(default="", description="Part of the subject, or of who did it.")
    cursor: Annotated[str, Text(64)] = Field(default="", description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class Audit(BaseModel):
    """A page of what administrators did, newest first."""

    entries: list[AuditEntry]
    next: str | None


@blueprint.get("")
@describe(tags=["Admin"], summary="What administrators did", query=AuditQuery, answers={200: Audit}, auth="admin")
def list_entries() -> dict[str, Any]:
    """Answer a page of entries."""
    auth.require_admin()
    wanted = query(AuditQuery)
    page = administration.list_entries(
        current_core(), action=wanted.action or "", search=wanted.search, cursor=wanted.cursor, limit=wanted.limit
    )
    return Audit(entries=[AuditEntry.of(entry) for entry in page.entries], next=page.next).model_dump(mode="json")
