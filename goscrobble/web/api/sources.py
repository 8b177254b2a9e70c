"""One's own connections: what is connected to this server, how it is, and what happened on it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from flask import Blueprint
from pydantic import BaseModel, Field, StrictBool

from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.services import connecting, sources
from goscrobble.services.core import Core
from goscrobble.services.sources import SourceState
from goscrobble.storage.sources import SourceRow
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import Message, describe
from goscrobble.web.api.shapes import moment
from goscrobble.web.body import Text, json_body

blueprint = Blueprint("api_sources", __name__, url_prefix="/api/v1/user/sources")


class SourceQuestion(BaseModel):
    """What the plugin asks you: choose some of these as the value of this setting."""

    setting: str
    sentence: str
    choices: list[str]


class Source(BaseModel):
    """A connection. Secrets among its settings are not shown; `secrets_set` names those that there are."""

    id: str
    plugin: str
    source: int = Field(description="Which of the plugin's sources, from 0.")
    name: str
    state: SourceState
    problem: str | None = Field(description="Why the last poll did not succeed.")
    question: SourceQuestion | None
    settings: dict[str, Any]
    secrets_set: list[str]
    last_heard_at: datetime | None
    next_poll_at: datetime | None = Field(description="None for one that reports by itself, or that is not polled now.")
    created_at: datetime

    @classmethod
    def of(cls, core: Core, row: SourceRow, **more: Any) -> Self:
        """Return the connection in this shape."""
        values, secrets_set = sources.shown_settings(core, row)
        question, state = sources.question_of(row), sources.state_of(core, row)
        is_polled = state not in {SourceState.PAUSED, SourceState.REFUSED, SourceState.OFF}
        return cls(
            id=row.uuid,
            plugin=row.plugin,
            source=row.source,
            name=row.name,
            state=state,
            problem=row.problem,
            question=None
            if question is None
            else SourceQuestion(setting=question.setting, sentence=question.sentence, choices=list(question.choices)),
            settings=values,
            secrets_set=sorted(secrets_set),
            last_heard_at=None if row.last_heard_at is None else moment(row.last_heard_at),
            next_poll_at=moment(row.poll_at) if is_polled and row.poll_at is not None else None,
            created_at=moment(row.created_at),
            **more,
        )


class MadeSource(Source):
    """A new connection. `address` is where its player posts to, and holds its key, `token`: shown this once."""

    address: str | None
    token: str | None
    redirect: str | None = Field(description="Where to go first, to allow it: in a browser that is signed in here.")


class Sources(BaseModel):
    """All your connections, oldest first."""

    sources: list[Source]
    next: None = None


class NewSource(BaseModel):
    """What to connect."""

    name: Annotated[str, Text(sources.LONGEST_NAME)] = Field(default="", description="Empty: the source's own title.")
    source: int = Field(default=0, ge=0, le=100, description="Which of the plugin's sources, from 0.")
    settings: dict[str, Any] = Field(default_factory=dict)


class SourceChange(BaseModel):
    """What shall be different. `settings` are laid over those that are set; `poll_now` asks the service at once."""

    name: Annotated[str, Text(sources.LONGEST_NAME, min_length=1)] | None = None
    paused: StrictBool | None = None
    settings: dict[str, Any] | None = None
    poll_now: StrictBool = False


class Event(BaseModel):
    """Something that happened on a connection."""

    at: datetime
    what: str
    outcome: EventOutcome
    reason: str

    @classmethod
    def of(cls, event: SourceEvent) -> Self:
        """Return the event in this shape."""
        return cls(at=moment(event.at), what=event.what, outcome=event.outcome, reason=event.reason)


class Events(BaseModel):
    """The last 50 events of a connection, newest first."""

    events: list[Event]
    next: None = None


@blueprint.get("")
@describe(tags=["Connections"], summary="Your connections", answers={200: Sources}, auth="account")
def list_sources() -> dict[str, Any]:
    """Answer every connection of the caller."""
    core, account = current_core(), auth.require("account").account
    return Sources(sources=[Source.of(core, row) for row in sources.list_all(core, account)]).model_dump(mode="json")


@blueprint.post("/<plugin>")
@describe(
    tags=["Connections"],
    summary="Connect a source",
    body=NewSource,
    answers={200: MadeSource},
    auth="account",
    errors=(409,),
    example={"name": "Living room"},
)
def connect(plugin: str) -> dict[str, Any]:
    """Make a connection; for a source that posts to us the answer holds the address, this once."""
    core, account, body = current_core(), auth.require("account").account, json_body(NewSource)
    made = connecting.connect(core, account, plugin, source=body.source, name=body.name, settings=body.settings)
    address = None if made.secret is None else sources.address(core, plugin, made.secret)
    shown = MadeSource.of(core, made.row, address=address, token=made.secret, redirect=made.redirect)
    return shown.model_dump(mode="json")


@blueprint.patch("/<source_id>")
@describe(
    tags=["Connections"],
    summary="Rename, pause or resume a connection, change its settings, or poll it now",
    body=SourceChange,
    answers={200: Source},
    auth="account",
    example={"paused": True},
)
def change(source_id: str) -> dict[str, Any]:
    """Change a connection; new settings are told to its plugin."""
    core, account, body = current_core(), auth.require("account").account, json_body(SourceChange)
    row = connecting.change(core, account, source_id, **body.model_dump())
    return Source.of(core, row).model_dump(mode="json")


@blueprint.delete("/<source_id>")
@describe(
    tags=["Connections"],
    summary="Disconnect: forgets the connection and revokes its key; the plays stay",
    answers={200: Message},
    auth="account",
)
def disconnect(source_id: str) -> dict[str, Any]:
    """Forget a connection."""
    connecting.disconnect(current_core(), auth.require("account").account, source_id)
    return {"message": "Disconnected"}


@blueprint.get("/<source_id>/events")
@describe(
    tags=["Connections"],
    summary="What happened on a connection lately, and why",
    answers={200: Events},
    auth="account",
)
def list_events(source_id: str) -> dict[str, Any]:
    """Answer the last events of a connection."""
    core, account = current_core(), auth.require("account").account
    found = sources.events(core, sources.find(core, account, source_id))
    return Events(events=[Event.of(event) for event in found]).model_dump(mode="json")
