"""`/admin/audit`: what administrators did."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from goscrobble.services import administration
from goscrobble.web import current_core
from goscrobble.web.pages.admin import words

ROWS = 50  # of one page
LONGEST_SEARCH = 200  # characters

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@blueprint.get("")
def show() -> str:
    """Show a page of deeds, newest first; `?action=` and `?search=` choose, `?before=` turns pages."""
    action, search = request.args.get("action", ""), request.args.get("search", "")[:LONGEST_SEARCH]
    before = request.args.get("before", "")
    listing = administration.list_entries(current_core(), action=action, search=search, cursor=before, limit=ROWS)
    return render_template(
        "admin/audit.html",
        listing=listing,
        actions=words.DEEDS,
        action=action,
        search=search,
        is_later=bool(before),
    )
