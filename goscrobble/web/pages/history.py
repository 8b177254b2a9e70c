"""`/u/<username>/history`: every play, newest first."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template, request

from goscrobble.domain.periods import zone
from goscrobble.services import accounts, history
from goscrobble.web import current_core
from goscrobble.web.pages import plays, user, visitor

PLAYS = 50  # of one page

blueprint = Blueprint("history", __name__)


@blueprint.get("/u/<username>/history")
def show(username: str) -> str:
    """Show a page of plays; `?before=` turns to older ones."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    tz, cursor = zone(owner.time_zone), request.args.get("before")
    today = datetime.fromtimestamp(core.now(), tz).date()
    found, following = history.recent(core, owner, limit=PLAYS, cursor=cursor)
    return render_template(
        "history.html",
        person=user.person(core, owner, today),
        owner=owner,
        is_own=viewer is not None and viewer.id == owner.id,
        is_older=cursor is not None,
        days=list(plays.by_day(found, tz, today)),
        next=following,
    )
