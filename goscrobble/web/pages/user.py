"""`/u/<username>`: what a listener hears, heard lately, and how they listen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, render_template

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.services import accounts, history, playback, positions, sources, statistics
from goscrobble.services.core import Core
from goscrobble.services.overview import overview
from goscrobble.web import charts, current_core
from goscrobble.web.pages import plays, ranges, visitor
from goscrobble.web.pages.connections import Connection

PLAYS = 14
TOPS: dict[statistics.Kind, int] = {"artists": 8, "albums": 8, "tracks": 10}  # entries of a chart
MILESTONES = 3
YEAR = 53 * 7  # days of the heat map
KINDS: tuple[statistics.Kind, ...] = ("artists", "albums", "tracks")

blueprint = Blueprint("user", __name__)


@blueprint.get("/u/<username>")
def show(username: str) -> str:
    """Show a listener's page; `?range=`, or `?from=` and `?to=`, choose the time that its charts are about."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    tz = zone(owner.time_zone)
    today = datetime.fromtimestamp(core.now(), tz).date()
    chosen = ranges.chosen(owner)
    position = positions.seal(core, positions.current(core))  # before the plays are read, so that none falls between
    recent, _ = history.recent(core, owner, limit=PLAYS)
    is_own = viewer is not None and viewer.id == owner.id
    return render_template(
        "user.html",
        **head(core, owner, viewer),
        position=position,
        playing=playback.now_playing(core, owner.id),
        questions=_questions(core, owner) if is_own else [],
        recent=[plays.shown(play, tz, today) for play in recent],
        ranges=ranges.named(),
        chosen=chosen,
        source_names=visitor.source_names(core),
        **(_statistics(core, owner, chosen, today) if recent else {}),
    )


def _statistics(core: Core, owner: Account, chosen: ranges.Chosen, today: date) -> dict[str, object]:
    """Return what the page tells of a history that is not empty."""
    found = overview(
        core, owner, chosen.period, chosen.before, unit=chosen.unit, tops=TOPS, last_days=YEAR, milestones=MILESTONES
    )
    first_day = today - timedelta(days=YEAR - 1)
    return {
        "counted": found.sums,
        "before": found.before,
        "tops": [*found.tops.items()],
        "activity": charts.bars([(it.start, it.plays, it.seconds) for it in found.activity]),
        "heat": charts.heat_map({it.start: it.plays for it in found.last_days}, first_day, today),
        "clock": charts.week_clock(found.clock.hours),
        "streaks": found.streaks,
        "milestones": found.milestones,
    }


def _questions(core: Core, owner: Account) -> list[Connection]:
    """Return the connections of the one who looks at their own page that wait for an answer."""
    found = (Connection.of(core, row) for row in sources.list_all(core, owner))
    return [connection for connection in found if connection.question is not None]


# ---- what all pages of a person begin with ----


@dataclass(frozen=True, slots=True)
class Person:
    """Whose pages these are, what there is to go to, and how long their history is."""

    username: str
    privacy: str
    time_zone: str
    plays: int
    first_day: date | None
    years: tuple[int, ...]  # with plays in or between them, the newest first


def head(core: Core, owner: Account, viewer: Account | None) -> dict[str, object]:
    """Return what the templates of all pages of a person are told: `person`, `owner`, `is_own`."""
    tz = zone(owner.time_zone)
    today = datetime.fromtimestamp(core.now(), tz).date()
    plays, first_at = statistics.extent(core, owner)
    first = None if first_at is None else datetime.fromtimestamp(first_at, tz).date()
    years = () if first is None else tuple(range(today.year, min(first.year, today.year) - 1, -1))
    person = Person(owner.username, owner.privacy, owner.time_zone, plays, first, years)
    return {"person": person, "owner": owner, "is_own": viewer is not None and viewer.id == owner.id}
