"""`/u/<username>/years/<year>`: a year of listening, to look back on and to show."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, abort, render_template

from goscrobble.domain.periods import zone
from goscrobble.services import accounts, years
from goscrobble.web import charts, current_core
from goscrobble.web.pages import plays, user, visitor

LAST_DAY = (12, 31)

blueprint = Blueprint("years", __name__)


@blueprint.get("/u/<username>/years/<year>")
def show(username: str, year: str) -> str:
    """Show a year."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    if not (year.isascii() and year.isdecimal() and len(year) == len("2025")):
        abort(404)
    review = years.review(core, owner, int(year))
    tz = zone(owner.time_zone)
    today = datetime.fromtimestamp(core.now(), tz).date()
    first, last = date(review.year, 1, 1), date(review.year, *LAST_DAY)
    return render_template(
        "year.html",
        **user.head(core, owner, viewer),
        year=review,
        is_over=today > last,
        sitting_day=None if review.sitting is None else datetime.fromtimestamp(review.sitting.start, tz).date(),
        first_play=None if review.first is None else plays.shown(review.first, tz),
        last_play=None if review.last is None else plays.shown(review.last, tz),
        months=charts.bars([(it.start, it.plays, it.seconds) for it in review.months]),
        heat=charts.heat_map({date.fromordinal(day): count for day, count, _ in review.days}, first, last),
        clock=charts.week_clock(review.clock.hours),
    )
