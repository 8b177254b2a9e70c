"""`/search`: artists, albums, tracks and people by name; as a page, and as the list that appears as one types."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from goscrobble.services import searching
from goscrobble.web import current_core
from goscrobble.web.pages import visitor

SHOWN = 20  # of each kind on the page
SUGGESTED = 4  # of each kind below the field

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
def show() -> str:
    """Show what `?q=` finds."""
    q, found = _found(SHOWN)
    return render_template("search.html", q=q, found=found)


@blueprint.get("/search/suggestions")
def suggest() -> str:
    """Answer the options of the combobox, without a page around them."""
    q, found = _found(SUGGESTED)
    return render_template("suggestions.html", q=q, found=found)


def _found(limit: int) -> tuple[str, searching.Found | None]:
    """Return what is asked for and what it finds; None if nothing is asked. Raises BadInput."""
    q = request.args.get("q", "").strip()
    return q, searching.search(current_core(), q, visitor.account(), limit=limit) if q else None
