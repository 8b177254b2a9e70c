"""`/artist/<uuid>`, `/album/<uuid>`, `/track/<uuid>`: music, and who of those one may see listens to it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template

from goscrobble.domain.periods import zone
from goscrobble.services import catalogue
from goscrobble.web import charts, current_core
from goscrobble.web.pages import plays, visitor

LISTENERS = 8
PLAYS = 8

blueprint = Blueprint("music", __name__)


@blueprint.get("/artist/<uuid>")
def artist(uuid: str) -> str:
    """Show an artist."""
    return _page("artists", uuid)


@blueprint.get("/album/<uuid>")
def album(uuid: str) -> str:
    """Show an album."""
    return _page("albums", uuid)


@blueprint.get("/track/<uuid>")
def track(uuid: str) -> str:
    """Show a track."""
    return _page("tracks", uuid)


def _page(kind: catalogue.Kind, uuid: str) -> str:
    core, viewer = current_core(), visitor.account()
    page = catalogue.find(core, kind, uuid, viewer)
    listeners, more_listeners = catalogue.listeners(core, kind, uuid, viewer, limit=LISTENERS)
    recent, _ = catalogue.scrobbles(core, kind, uuid, viewer, limit=PLAYS)
    tz = zone(viewer.time_zone if viewer is not None else "UTC")
    today = datetime.fromtimestamp(core.now(), tz).date()
    months = page.own.months if page.own is not None else page.months or []
    return render_template(
        "music.html",
        page=page,
        kind=kind[:-1],
        listeners=listeners,
        has_more_listeners=more_listeners is not None,
        recent=[plays.shown(play, tz, today, username) for username, play in recent],
        months=charts.bars([(it.start, it.plays, 0) for it in months]) if len(months) > 1 else None,
        own_first=None if page.own is None else _day(page.own.sums.first_at, tz),
        own_last=None if page.own is None else _day(page.own.sums.last_at, tz),
        first=None if page.sums is None else datetime.fromtimestamp(page.sums.first_at, UTC).date(),
    )


def _day(at: int, tz: ZoneInfo) -> date:
    return datetime.fromtimestamp(at, tz).date()
