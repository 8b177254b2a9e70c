"""`/u/<username>/history/<play>`: change a play of one's own, delete it, undo either. For its owner only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.errors import BadInput, NotAllowed
from goscrobble.services import accounts, corrections, history, ids
from goscrobble.services.corrections import Edit
from goscrobble.web import current_core, forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.pages.history import place, play_id
from goscrobble.web.translations import gettext as _

FIELDS = ("title", "artists", "album_title", "played_at")
_LONGEST_TYPED = 2000  # characters of an address that a browser is sent to; more would not pass every proxy

blueprint = Blueprint("editing", __name__, url_prefix="/u/<username>/history/<play>")


@dataclass(frozen=True, slots=True)
class Values:
    """A play as the form shows it: artists one a line, the time in the owner's zone without saying so."""

    title: str
    artists: str
    album_title: str
    played_at: str


@blueprint.get("")
def show(username: str, play: str) -> str:
    """Show the form; what the address holds of it was typed before its session ended."""
    owner = _owner(username) or _sign_in(_form_address(username, play))
    typed = {name: (request.args[name],) for name in FIELDS if name in request.args}
    return _page(owner, history.find(current_core(), owner, play), Form(typed))


@blueprint.post("")
def edit(username: str, play: str) -> Response:
    """Change a play's names or time, then show the history again where it was left."""
    form = forms.read()
    owner = _owner(username) or _sign_in(_form_address(username, play, form))
    core = current_core()
    found = history.find(core, owner, play)
    try:
        changes = _changes(form, found, zone(owner.time_zone))
        if changes != Edit():
            corrections.edit(core, owner.id, found.id, changes, corrections.as_shown(found))
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(owner, found, form.refused(error)))
    done = {} if changes == Edit() else {"edited": play}
    return _back(username, _anchor=f"play-{play}", **done)


@blueprint.post("/delete")
def delete(username: str, play: str) -> Response:
    """Delete a play; the history then offers to bring it back."""
    owner = _owner(username) or _sign_in(_history_address(username))
    corrections.delete(current_core(), owner.id, play_id(play))
    return _back(username, deleted=play)


@blueprint.post("/restore")
def restore(username: str, play: str) -> Response:
    """Bring back a play that was deleted within the last 30 days."""
    owner = _owner(username) or _sign_in(_history_address(username, deleted=play))
    corrections.restore(current_core(), owner.id, play_id(play))
    return _back(username, done="restored", _anchor=f"play-{play}")


@blueprint.post("/undo")
def undo(username: str, play: str) -> Response:
    """Make a play what it was before it was edited, if that was within the last 30 days."""
    owner = _owner(username) or _sign_in(_history_address(username, edited=play))
    corrections.undo_edit(current_core(), owner.id, play_id(play))
    return _back(username, done="undone", _anchor=f"play-{play}")


# ---- parts ----


def _owner(username: str) -> Account | None:
    """Return whose plays these are if they are signed in, None if nobody is. Raises NotFound, NotAllowed."""
    viewer = visitor.account()
    if viewer is None:
        return None
    owner = accounts.visible(current_core(), username, viewer)
    if owner.id != viewer.id:
        raise NotAllowed("Only their listener may change these plays")
    return owner


def _sign_in(address: str) -> NoReturn:
    """Send whoever is not signed in, perhaps no longer, to sign in and come back."""
    abort(redirect(url_for("pages.sign_in.show", next=address), 303))


def _form_address(username: str, play: str, typed: Form | None = None) -> str:
    """Return the address of the form, with what was typed in it unless that is too long for an address."""
    here: dict[str, Any] = {"username": username, "play": play} | place()
    texts = {name: typed.text(name) for name in FIELDS} if typed is not None else {}
    address = url_for("pages.editing.show", **here | texts)
    return address if len(address) <= _LONGEST_TYPED else url_for("pages.editing.show", **here)


def _history_address(username: str, **more: str) -> str:
    values: dict[str, Any] = {"username": username} | place() | more
    return url_for("pages.history.show", **values)


def _back(username: str, **more: str) -> Response:
    return forms.go_on(_history_address(username, **more))


def _page(owner: Account, play: Scrobble, form: Form) -> str:
    shown, token = _values(play, owner), ids.of(current_core()).token(play.id)
    return render_template("edit.html", owner=owner, play_id=token, shown=shown, form=form, place=place())


def _values(play: Scrobble, owner: Account) -> Values:
    return Values(
        title=play.track.name,
        artists="\n".join(artist.name for artist in play.artists),
        album_title=play.album.name if play.album is not None else "",
        played_at=_local(play, zone(owner.time_zone)).isoformat(),
    )


def _local(play: Scrobble, tz: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(play.played_at, tz).replace(tzinfo=None)


def _changes(form: Form, play: Scrobble, tz: ZoneInfo) -> Edit:
    """Return what the form has different from the play. Raises BadInput."""
    title, album = form.text("title"), form.text("album_title")
    artists = tuple(filter(None, (line.strip() for line in form.text("artists").splitlines())))
    return Edit(
        title=None if title == play.track.name else title,
        artists=None if artists == tuple(artist.name for artist in play.artists) else artists,
        album=None if album == (play.album.name if play.album is not None else "") else album,
        played_at=_moment(form.text("played_at"), play, tz),
    )


def _moment(text: str, play: Scrobble, tz: ZoneInfo) -> int | None:
    """Return the Unix time that was typed, None for the play's own: its hour may be one that a clock shows twice."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        typed = None
    if typed is None or typed.tzinfo is not None:
        raise BadInput(_("The time must be a day and an hour, like 2026-03-31T16:30"))
    return None if typed == _local(play, tz) else int(typed.replace(tzinfo=tz).timestamp())
