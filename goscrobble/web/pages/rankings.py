"""`/u/<username>/charts/<kind>`: the artists, albums or tracks somebody played most, in any time."""

from __future__ import annotations

from typing import Literal, cast

from flask import Blueprint, abort, render_template, request

from goscrobble.errors import BadInput
from goscrobble.services import accounts, statistics
from goscrobble.web import current_core
from goscrobble.web.pages import formats, ranges, user, visitor
from goscrobble.web.translations import gettext as _

ENTRIES = 50  # of one page
LAST_PAGE = 10_000

blueprint = Blueprint("rankings", __name__)


@blueprint.get("/u/<username>/charts/<kind>")
def show(username: str, kind: str) -> str:
    """Show a chart; `?range=` or `?from=&to=` choose its time, `?by=time` counts hours, `?page=` goes on."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    if kind not in user.KINDS:
        abort(404)
    chosen, by, page = ranges.chosen(owner), _by(), page_number()
    found = statistics.top(
        core,
        owner,
        kind,
        chosen.period,
        by=by,
        limit=ENTRIES + 1,
        offset=(page - 1) * ENTRIES,
        movement=chosen.before,
    )
    return render_template(
        "rankings.html",
        **user.head(core, owner, viewer),
        kind=kind,
        by=by,
        page=page,
        entries=found[:ENTRIES],
        has_more=len(found) > ENTRIES,
        most=_most(found, by)
        if page == 1
        else _most(statistics.top(core, owner, kind, chosen.period, by=by, limit=1), by),
        ranges=ranges.named(),
        chosen=chosen,
    )


def page_number() -> int:
    """Return which page is asked for, the first is 1. Raises BadInput."""
    text = request.args.get("page", "1")
    if not (
        text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= LAST_PAGE and len(text) < len(str(LAST_PAGE)) + 1
    ):
        raise BadInput(_("page is a number from 1 to %(last)s", last=formats.number(LAST_PAGE)))
    return int(text)


def _by() -> Literal["plays", "time"]:
    by = request.args.get("by", "plays")
    if by not in {"plays", "time"}:
        raise BadInput("by is plays or time")
    return cast('Literal["plays", "time"]', by)


def _most(entries: list[statistics.TopEntry], by: str) -> int:
    return max((entry.plays if by == "plays" else entry.seconds for entry in entries[:1]), default=0)
