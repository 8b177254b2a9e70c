"""`/u/<username>/milestones`: the plays to remember, days in a row, and the longest times without a pause."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from flask import Blueprint, render_template, request

from goscrobble.domain.periods import parse_range, zone
from goscrobble.errors import BadInput
from goscrobble.services import accounts, habits
from goscrobble.web import current_core
from goscrobble.web.pages import plays, rankings, user, visitor

ENTRIES = 50  # of one page
SITTINGS = 5
SITTINGS_OF = "365d"  # as the API has it

blueprint = Blueprint("milestones", __name__)


@blueprint.get("/u/<username>/milestones")
def show(username: str) -> str:
    """Show a page of milestones; `?kind=plays` or `artist` chooses among them, `?page=` goes on."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    tz = zone(owner.time_zone)
    kind, page = _kind(), rankings.page_number()
    found = habits.milestones(core, owner, kind=kind, limit=ENTRIES + 1, offset=(page - 1) * ENTRIES)
    sittings = habits.sittings(core, owner, parse_range(SITTINGS_OF, tz, core.now()), limit=SITTINGS)
    return render_template(
        "milestones.html",
        **user.head(core, owner, viewer),
        kind=kind,
        page=page,
        entries=[(it, plays.shown(it.scrobble, tz)) for it in found[:ENTRIES]],
        has_more=len(found) > ENTRIES,
        streaks=habits.streaks(core, owner),
        sittings=[(it, datetime.fromtimestamp(it.start, tz)) for it in sittings],
    )


def _kind() -> habits.MilestoneKind | None:
    kind = request.args.get("kind")
    if kind not in {None, "plays", "artist"}:
        raise BadInput("kind is plays or artist")
    return cast("habits.MilestoneKind | None", kind)
