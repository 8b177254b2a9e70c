"""`/u/<username>`: what a listener hears, heard, and hears most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import parse_range, zone
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.errors import BadInput
from goscrobble.services import accounts, history, playback, sources, statistics
from goscrobble.services.core import Core
from goscrobble.web import current_core
from goscrobble.web.pages import formats, visitor
from goscrobble.web.pages.connections import Connection

PLAYS = 50  # of one page
TOPS = 10  # entries of one ranking
RANGES = (("7d", "7 days"), ("30d", "30 days"), ("365d", "1 year"), ("all", "All time"))
DEFAULT_RANGE = "30d"
RANKINGS: tuple[tuple[str, statistics.Kind], ...] = (("Artists", "artists"), ("Albums", "albums"), ("Tracks", "tracks"))

blueprint = Blueprint("user", __name__)


@dataclass(frozen=True, slots=True)
class Play:
    """A play as it is shown, at its owner's local time."""

    at: datetime
    title: str
    artists: tuple[str, ...]
    album: str | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A local day and its plays, newest first."""

    date: date
    name: str
    plays: tuple[Play, ...]


@blueprint.get("/u/<username>")
def show(username: str) -> str:
    """Show a listener's page; `?range=` chooses that of the rankings, `?before=` turns to older plays."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    tz = zone(owner.time_zone)
    chosen, cursor = request.args.get("range", DEFAULT_RANGE), request.args.get("before")
    try:
        period = parse_range(chosen, tz, core.now())
    except ValueError as error:
        raise BadInput(str(error)) from None
    plays, following = history.recent(core, owner, limit=PLAYS, cursor=cursor)
    page = {
        "owner": owner,
        "is_own": viewer is not None and viewer.id == owner.id,
        "is_older": cursor is not None,
        "days": list(by_day(plays, tz, datetime.fromtimestamp(core.now(), tz).date())),
        "next": following,
    }
    if cursor is not None:
        return render_template("user.html", **page)
    totals = statistics.totals(core, owner)
    return render_template(
        "user.html",
        **page,
        playing=playback.now_playing(core, owner.id),
        questions=_questions(core, owner) if page["is_own"] else [],
        totals=totals,
        first_day=datetime.fromtimestamp(totals.first_at, tz).date() if totals.first_at is not None else None,
        is_empty=not plays,
        ranges=RANGES if chosen in dict(RANGES) else (*RANGES, (chosen, chosen)),
        range=chosen,
        tops=[(title, statistics.top(core, owner, kind, period, limit=TOPS)) for title, kind in RANKINGS],
    )


def _questions(core: Core, owner: Account) -> list[Connection]:
    """Return the connections of the one who looks at their own page that wait for an answer."""
    found = (Connection.of(core, row) for row in sources.list_all(core, owner))
    return [connection for connection in found if connection.question is not None]


def by_day(plays: Iterable[Scrobble], tz: ZoneInfo, today: date) -> Iterator[Day]:
    """Group plays, newest first, by the local day they began on."""
    for day, members in groupby((_as_shown(play, tz) for play in plays), key=lambda play: play.at.date()):
        yield Day(day, formats.day_name(day, today), tuple(members))


def _as_shown(play: Scrobble, tz: ZoneInfo) -> Play:
    told_by = dict.fromkeys((play.source, *play.also_heard_by))
    return Play(
        at=datetime.fromtimestamp(play.played_at, tz),
        title=play.track.name,
        artists=tuple(artist.name for artist in play.artists),
        album=play.album.name if play.album else None,
        sources=tuple(visitor.source_name(source) for source in told_by),
    )
