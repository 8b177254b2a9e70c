"""`/`: what this is, what is heard here now, and what was heard most."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, render_template

from goscrobble.domain.periods import day_bounds, zone
from goscrobble.services import history, listening_now, positions, settings, site, statistics
from goscrobble.services.core import Core
from goscrobble.web import current_core
from goscrobble.web.pages import plays, user, visitor

PLAYS = 12
TOPS = 6  # entries of one chart
DAYS = 30  # of the charts

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> str:
    """Show the front page: to everybody the public listening, to members also what members may see playing."""
    core, viewer = current_core(), visitor.account()
    position = positions.seal(core, positions.current(core))  # before the plays are read, so that none falls between
    tz = zone(viewer.time_zone if viewer is not None else settings.runtime(core).default_timezone)
    today = datetime.fromtimestamp(core.now(), tz).date()
    totals = site.totals(core)
    return render_template(
        "home.html",
        position=position,
        time_zone=tz.key,
        playing=listening_now.everywhere(core, viewer),
        recent=[plays.shown(play, tz, today, name) for name, play in history.most_recent(core, limit=PLAYS)],
        most_recent=PLAYS,
        totals=totals,
        tops=_tops(core) if totals.plays else [],
        days=DAYS,
        sources=[source.title for _, _, source in visitor.sources(core)],
        **visitor.door(core),
    )


def _tops(core: Core) -> list[tuple[str, list[statistics.TopEntry]]]:
    tz = zone(settings.runtime(core).default_timezone)
    today = datetime.fromtimestamp(core.now(), tz).date()
    first = today - timedelta(days=DAYS - 1)
    period = day_bounds(first.toordinal(), today.toordinal() + 1, tz)
    return [(kind, site.chart(core, kind, period).entries[:TOPS]) for kind in user.KINDS]
