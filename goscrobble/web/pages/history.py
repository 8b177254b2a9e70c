"""`/u/<username>/history`: every play, newest first, or those that the address asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Blueprint, render_template, request

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.domain.scrobbles import Entity, Scrobble
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, NotFound
from goscrobble.services import accounts, corrections, history, ids, ingest
from goscrobble.services.core import Core
from goscrobble.web import current_core
from goscrobble.web.pages import plays, ranges, user, visitor

PLAYS = 50  # of one page
MUSIC = ("artist", "album", "track")  # what a filter by an id may be of
FILTERS = ("range", "from", "to", "source", "q", *MUSIC)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

blueprint = Blueprint("history", __name__)


@blueprint.get("/u/<username>/history")
def show(username: str) -> str:
    """Show a page of plays, all or filtered (FILTERS); `?before=` turns to older ones."""
    core, viewer = current_core(), visitor.account()
    owner = accounts.visible(core, username, viewer)
    tz, cursor = zone(owner.time_zone), request.args.get("before")
    today = datetime.fromtimestamp(core.now(), tz).date()
    asked, is_own = _asked(core, owner), viewer is not None and viewer.id == owner.id
    found, following = history.recent(core, owner, asked.filters, limit=PLAYS, cursor=cursor)
    return render_template(
        "history.html",
        **user.head(core, owner, viewer),
        is_older=cursor is not None,
        asked=asked,
        kept=kept(),
        place=place(),
        done=visitor.done() if is_own else "",
        deleted=_undoable(core, owner, "deleted") if is_own else "",
        edited=_undoable(core, owner, "edited") if is_own else "",
        pieces=_pieces(asked.filters, found),
        days=list(plays.by_day(found, tz, today)),
        next=following,
    )


# ---- what is asked for ----


@dataclass(frozen=True, slots=True)
class Asked:
    """Which plays are asked for, and what the form needs to say so."""

    filters: history.Filters
    time: ranges.Chosen
    sources: dict[str, str]  # what can be chosen, by their names in addresses


@dataclass(frozen=True, slots=True)
class Piece:
    """An artist, album or track that is asked for; `entity` is None where no play tells its name."""

    kind: str
    entity: Entity | None
    rest: dict[str, str]  # of the address that asks for any


def kept() -> dict[str, str]:
    """Return the filters of this request's address, for the address of another page of the same plays."""
    return {name: value for name in FILTERS if (value := request.args.get(name, ""))}


def place() -> dict[str, str]:
    """Return the filters and the page that this request's address names, to come back to them after a form."""
    before = request.args.get("before", "")
    return kept() | ({"before": before} if before else {})


def play_id(token: str) -> int:
    """Return the id of a play by its public one. Raises NotFound."""
    found = ids.of(current_core()).play(token)
    if found is None:
        raise NotFound("There is no such scrobble")
    return found


def _undoable(core: Core, owner: Account, what: Literal["deleted", "edited"]) -> str:
    """Return the play that a form has just deleted or edited, "" for none, or where that was undone since."""
    token = request.args.get(what, "")
    play = ids.of(current_core()).play(token)
    if play is None or not corrections.can_undo(core, owner.id, play):
        return ""
    is_shown = bool(history.by_ids(core, owner.id, [play]))
    return token if is_shown == (what == "edited") else ""


def _asked(core: Core, owner: Account) -> Asked:
    """Return what this request's address asks for. Raises BadInput."""
    asked, sources, time = kept(), _sources(core), ranges.chosen(owner, default="all")
    if "source" in asked and asked["source"] not in sources:
        raise BadInput("source must be a source of plays on this server")
    for kind in MUSIC:
        if kind in asked and not _UUID.fullmatch(asked[kind]):
            raise BadInput(
                Sentence("%(kind)s must be an id, as the page of the %(kind)s has it in its address", kind=kind)
            )
    filters = history.Filters(
        start=time.period.start,
        end=time.period.end,
        artist=asked.get("artist"),
        album=asked.get("album"),
        track=asked.get("track"),
        source=asked.get("source"),
        q=asked.get("q", "").strip(),
    )
    return Asked(filters, time, sources)


def _sources(core: Core) -> dict[str, str]:
    """Return what plays can come from: what is installed, even if it is switched off now, and what is built in."""
    names = [record.name for record in core.plugins.records.values() if record.sources]
    return {name: visitor.source_name(name) for name in dict.fromkeys((*names, "api", ingest.SELF))}


def _pieces(filters: history.Filters, found: list[Scrobble]) -> list[Piece]:
    """Return the music that is asked for; the plays found tell its name."""
    play = found[0] if found else None
    shown: dict[str, tuple[Entity | None, ...]] = {
        "artist": play.artists if play else (),
        "album": (play.album,) if play else (),
        "track": (play.track,) if play else (),
    }
    asked = kept()
    return [
        Piece(
            kind,
            next((it for it in shown[kind] if it is not None and it.id == getattr(filters, kind)), None),
            {name: value for name, value in asked.items() if name != kind},
        )
        for kind in MUSIC
        if kind in asked
    ]
