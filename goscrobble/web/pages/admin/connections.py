"""`/admin/connections`: everybody's connections and how they are, without credentials and without what was played."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from goscrobble.services import sources
from goscrobble.web import current_core
from goscrobble.web.pages.connections import Connection

ROWS = 50  # of one page

blueprint = Blueprint("connections", __name__, url_prefix="/connections")


@blueprint.get("")
def show() -> str:
    """Show a page of connections; `?show=trouble` those with a problem, `?after=` turns pages."""
    core, troubled, after = current_core(), request.args.get("show") == "trouble", request.args.get("after", "")
    page = sources.of_everybody(core, troubled=troubled, cursor=after, limit=ROWS)
    return render_template(
        "admin/connections.html",
        connections=[(username, row, Connection.of(core, row)) for username, row in page.rows],
        troubled=troubled,
        next=page.next,
        is_later=bool(after),
    )
