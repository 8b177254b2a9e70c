"""`/u/<username>/discoveries`: the artists that somebody heard for the first time, and when."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template

from goscrobble.domain.habits import Unit
from goscrobble.domain.periods import zone
from goscrobble.services import accounts, habits, statistics
from goscrobble.web import charts, current_core
from goscrobble.web.pages import ranges, user, visitor

NEWEST = 48  # artists that are named
DEFAULT = "365d"  # a month has too few to draw

blueprint = Blueprint("discoveries", __name__)


@blueprint.get("/u/<username>/discoveries")
def show(username: str) -> str:
    """Show how many artists were new in each month, and the newest; `?range=` or `?from=&to=` choose the time."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    tz = zone(owner.time_zone)
    chosen = ranges.chosen(owner, DEFAULT)
    unit: Unit = "day" if chosen.unit == "day" else "month"
    found = habits.discoveries(core, owner, chosen.period, unit, limit=NEWEST)
    return render_template(
        "discoveries.html",
        **user.head(core, owner, viewer),
        ranges=ranges.named(),
        chosen=chosen,
        unit=unit,
        heard=statistics.totals(core, owner, chosen.period).artists,
        new=charts.bars([(it.start, it.artists, 0) for it in found.units]),
        newest=[(it, datetime.fromtimestamp(it.first_played_at, tz)) for it in found.newest],
    )
