"""`/settings/connections/<id>`: how one connection is, what happened on it and why, its settings, farewell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, url_for

from goscrobble.domain.accounts import Account
from goscrobble.domain.events import EventOutcome
from goscrobble.domain.periods import zone
from goscrobble.errors import Unavailable
from goscrobble.services import connecting, sources
from goscrobble.services.core import Core
from goscrobble.services.sources import Question, SourceState
from goscrobble.storage.sources import SourceRow
from goscrobble.web import current_core, forms, schema_forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.translations import N_
from goscrobble.web.translations import gettext as _

blueprint = Blueprint("connections", __name__, url_prefix="/settings/connections")

STATES = {
    SourceState.WAITING: N_("Not heard from yet"),
    SourceState.ACTIVE: N_("Connected"),
    SourceState.PAUSED: N_("Paused"),
    SourceState.ASKING: N_("Waits for your answer"),
    SourceState.FAILING: N_("Has trouble, and tries again"),
    SourceState.REFUSED: N_("Needs you"),
    SourceState.OFF: N_("Switched off by the administrator"),
}
OUTCOMES = {
    EventOutcome.STORED: N_("Counted"),
    EventOutcome.DUPLICATE: N_("Known already"),
    EventOutcome.REJECTED: N_("Not kept"),
    EventOutcome.PLAYING: N_("Began to play"),
    EventOutcome.UNHEARD: N_("Not counted"),
    EventOutcome.IGNORED: N_("Ignored"),
    EventOutcome.HELD: N_("Held back"),
    EventOutcome.REFUSED: N_("Refused"),
    EventOutcome.FAILED: N_("Failed"),
}


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection as pages show it."""

    id: str
    name: str
    source: str  # what its source is called
    state: SourceState
    label: str  # of the state
    problem: str | None
    question: Question | None
    last_heard_at: int | None
    is_polled: bool
    is_paused: bool
    may_reconnect: bool  # its plugin knows how to

    @classmethod
    def of(cls, core: Core, row: SourceRow) -> Connection:
        """Return the connection in this shape."""
        record = core.plugins.records.get(row.plugin)
        declared = record.sources if record is not None else ()
        state = sources.state_of(core, row)
        label = _(STATES[state])
        if record is None:
            label = _("Its plugin is not installed any more")
        elif record.fault is not None:
            label = _("Its plugin cannot run; the administrator can read why")
        return cls(
            id=row.uuid,
            name=row.name,
            source=declared[row.source].title if row.source < len(declared) else row.plugin,
            state=state,
            label=label,
            problem=row.problem,
            question=sources.question_of(row),
            last_heard_at=row.last_heard_at,
            is_polled=row.poll_at is not None,
            is_paused=row.is_paused,
            may_reconnect=row.source < len(declared) and declared[row.source].connect is not None,
        )


@blueprint.get("/<connection>")
def show(connection: str) -> str:
    """Show one connection."""
    return _page(visitor.required_account(), connection)


def _page(account: Account, connection: str, refused: dict[str, Form] | None = None) -> str:
    core, refused = current_core(), refused or {}
    row = sources.find(core, account, connection)
    values, secrets_set = sources.shown_settings(core, row)
    model, tz = sources.model_of(core, row), zone(account.time_zone)
    fields = schema_forms.fields(model, values, secrets_set=secrets_set, form=refused.get("settings"))
    events = [
        (datetime.fromtimestamp(event.at, tz), _(OUTCOMES[event.outcome]), event) for event in sources.events(core, row)
    ]
    return render_template(
        "connection.html",
        connection=Connection.of(core, row),
        fields=fields,
        events=events,
        refused=refused,
        done=visitor.done(),
        time_zone=account.time_zone,
    )


@blueprint.post("/<connection>/answer")
def answer(connection: str) -> Response:
    """Take the answer to what its plugin asks."""

    def choose(core: Core, account: Account, form: Form) -> None:
        question = sources.question_of(sources.find(core, account, connection))
        if question is not None:
            chosen = [one for one in question.choices if one in form.choices("choice")]
            connecting.answer(core, account, connection, chosen)

    return _attempt(connection, "answer", choose) or _saved(connection, "answered", "top")


@blueprint.post("/<connection>/settings")
def change_settings(connection: str) -> Response:
    """Change its settings."""

    def change(core: Core, account: Account, form: Form) -> None:
        model = sources.model_of(core, sources.find(core, account, connection))
        connecting.change(core, account, connection, settings=schema_forms.parse(model, form))

    return _attempt(connection, "settings", change) or _saved(connection, "settings", "settings")


@blueprint.post("/<connection>/name")
def rename(connection: str) -> Response:
    """Give it another name."""

    def change(core: Core, account: Account, form: Form) -> None:
        connecting.change(core, account, connection, name=form.text("name"))

    return _attempt(connection, "name", change) or _saved(connection, "name", "manage")


@blueprint.post("/<connection>/pause")
def pause(connection: str) -> Response:
    """Take nothing from it until it is resumed."""
    connecting.change(current_core(), visitor.required_account(), connection, paused=True)
    return _saved(connection, "paused", "top")


@blueprint.post("/<connection>/resume")
def resume(connection: str) -> Response:
    """Take plays from it again, or ask the service again."""
    connecting.change(current_core(), visitor.required_account(), connection, paused=False)
    return _saved(connection, "resumed", "top")


@blueprint.post("/<connection>/reconnect")
def reconnect(connection: str) -> str | Response:
    """Go through connecting once more."""
    core, account, form = current_core(), visitor.required_account(), forms.read()
    try:
        return go(connecting.reconnect(core, account, connection))
    except (*forms.REFUSALS, Unavailable) as error:
        return forms.refuse(error, _page(account, connection, {"top": form.refused(error)}))


def go(made: connecting.Made) -> str | Response:
    """Return the page that leads to the service, if that is where to go first, else the connection's.

    It is a link to press: what a form of ours is answered with may not lead to another site (the content policy).
    """
    if made.redirect is None:
        return forms.go_on(url_for("pages.connections.show", connection=made.row.uuid, done="connected"))
    return render_template("connect.html", name=made.row.name, url=made.redirect)


@blueprint.post("/<connection>/poll")
def poll(connection: str) -> Response:
    """Ask the service at once."""
    connecting.change(current_core(), visitor.required_account(), connection, poll_now=True)
    return _saved(connection, "polled", "top")


@blueprint.post("/<connection>/disconnect")
def disconnect(connection: str) -> Response:
    """Forget it."""
    connecting.disconnect(current_core(), visitor.required_account(), connection)
    return forms.go_on(url_for("pages.settings.show", done="disconnected", _anchor="sources"))


def _attempt(connection: str, name: str, act: Callable[[Core, Account, Form], None]) -> Response | None:
    """Do what a form asks; if it is refused, return the page with the reason beside that form."""
    account, form = visitor.required_account(), forms.read()
    try:
        act(current_core(), account, form)
    except (*forms.REFUSALS, Unavailable) as error:
        return forms.refuse(error, _page(account, connection, {name: form.refused(error)}))
    return None


def _saved(connection: str, done: str, part: str) -> Response:
    return forms.go_on(url_for("pages.connections.show", connection=connection, done=done, _anchor=part))
