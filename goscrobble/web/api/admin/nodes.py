"""What runs where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint
from pydantic import BaseModel, Field

from goscrobble.services import nodes
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import moment

blueprint = Blueprint("api_admin_nodes", __name__, url_prefix="/api/v1/admin/nodes")


class Node(BaseModel):
    """A process that serves or works."""

    host: str
    pid: int
    role: str = Field(examples=["web and jobs"])
    version: str
    plugins: dict[str, str] = Field(description="Version of each plugin, and how it was loaded if it was not.")
    started_at: datetime
    seen_at: datetime

    @classmethod
    def of(cls, node: nodes.Node) -> Node:
        """Return the process in this shape."""
        return cls(
            host=node.host,
            pid=node.pid,
            role=node.role,
            version=node.version,
            plugins=dict(node.plugins),
            started_at=moment(node.started_at),
            seen_at=moment(node.seen_at),
        )


class Nodes(BaseModel):
    """All processes that were heard of within the last 90 seconds."""

    nodes: list[Node]
    next: None = None
    differences: list[str] = Field(description="A sentence about each thing that is not the same in all of them.")


@blueprint.get("")
@describe(tags=["Admin"], summary="What runs where", answers={200: Nodes}, auth="admin")
def list_nodes() -> dict[str, Any]:
    """Answer the processes."""
    auth.require_admin()
    found = nodes.running(current_core())
    return Nodes(nodes=[Node.of(one) for one in found], differences=nodes.differences(found)).model_dump(mode="json")
