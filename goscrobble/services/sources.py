"""Connections: what a listener connected to this server, how it is, and what happened on it.

A player that posts with a token is one connection, made when the address is, or at the latest when it is first heard
from. An account at another service, which a plugin polls, is one too. A person may have several of one plugin.
"""

from __future__ import annotations

import json
import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from goscrobble.domain.accounts import Account
from goscrobble.domain.events import SourceEvent
from goscrobble.domain.hints import near
from goscrobble.errors import BadInput, Conflict, NotFound, Unavailable
from goscrobble.plugins.declarations import PluginRecord, Ready, Redirect, Source, SourceSettings
from goscrobble.services import secrets, tokens, trying
from goscrobble.services.core import Core
from goscrobble.storage import credentials, sources
from goscrobble.storage.database import Connection
from goscrobble.storage.sources import SourceRow

FRESH = 1.0  # seconds that a process remembers a connection for the players that speak through it
MOST = 200  # connections of one account
LONGEST_NAME = 100  # characters
ACCOUNT = "account"  # the voice of whoever sends plays with an access token instead of an API token
SECRET = "secret:"  # noqa: S105 - how the keys of a connection's secrets begin
UNFINISHED = "Not connected yet: go on at the service, and allow it there"
_CACHE = "sources"
_LONGEST_CURSOR = 18  # digits: below 2**63


class SourceState(StrEnum):
    """How a connection is."""

    WAITING = "waiting"  # made, not heard from yet
    ACTIVE = "active"
    PAUSED = "paused"  # by its owner
    ASKING = "asking"  # its owner has a question to answer, and nothing is counted until then
    FAILING = "failing"  # the last poll did not succeed; it is tried again
    REFUSED = "refused"  # the service does not let us in: its owner must see to it
    OFF = "off"  # its plugin is switched off, cannot run, or is not installed


@dataclass(frozen=True, slots=True)
class Question:
    """What a plugin asks the owner of a connection: choose some of these for this setting."""

    setting: str
    sentence: str
    choices: tuple[str, ...]


# ---- for its owner ----


def list_all(core: Core, account: Account) -> list[SourceRow]:
    """Return every connection of an account, oldest first."""
    with core.database.read() as connection:
        return sources.of_user(connection, account.id)


def find(core: Core, account: Account, uuid: str) -> SourceRow:
    """Return one connection of an account. Raises NotFound."""
    with core.database.read() as connection:
        row = None if "\0" in uuid else sources.find_by_uuid(connection, account.id, uuid)
    if row is None:
        raise NotFound("There is no such connection")
    return row


def state_of(core: Core, row: SourceRow) -> SourceState:
    """Return how a connection is."""
    if not core.plugins.runs(row.plugin):
        return SourceState.OFF
    if row.is_paused:
        return SourceState.PAUSED
    if row.is_refused:
        return SourceState.REFUSED
    if row.question is not None:
        return SourceState.ASKING
    if row.problem is not None:
        return SourceState.FAILING
    return SourceState.WAITING if row.last_heard_at is None else SourceState.ACTIVE


def events(core: Core, row: SourceRow) -> list[SourceEvent]:
    """Return the last 50 events of a connection, newest first."""
    with core.database.read() as connection:
        return sources.events_of(connection, row.id)


@dataclass(frozen=True, slots=True)
class Made:
    """A new connection: with the text of its token, shown this once, or with the address to go to first."""

    row: SourceRow
    secret: str | None = None
    redirect: str | None = None


def connect(
    core: Core,
    account: Account,
    plugin: str,
    *,
    source: int = 0,
    name: str = "",
    settings: Mapping[str, Any] | None = None,
) -> Made:
    """Make a connection. A plugin that knows how is asked first whether it works.

    Raises NotFound for a source that is not there or switched off, BadInput for what cannot be used or does not work,
    Unavailable if that cannot be found out now; then nothing is made.
    """
    record, declared = _declared(core, plugin, source)
    name = _name(name or declared.title)
    sealed = _sealed(core, declared, {}, settings or {})
    if len(list_all(core, account)) >= MOST:
        raise Conflict(f"An account can have {MOST} connections; remove one that is not used any more")
    if record.poller(source) is None:
        token, secret = tokens.add_api_token(core, account, name, {"ingest"})
        values = _new(record, source, account, name, voice=token.id) | {"settings": json.dumps(sealed)}
        row = core.database.write(lambda connection: sources.add(connection, now=int(core.now()), **values))
        return Made(row or find_by_voice(core, account.id, plugin, token.id), secret)  # a player may have been faster
    values = _new(record, source, account, name, voice=str(uuids.uuid4()))
    draft = sources.draft(now=int(core.now()), **values | {"settings": json.dumps(sealed)})
    tried = trying.try_out(core, record, declared, draft, account.username)
    values |= {"settings": json.dumps(_without(sealed, tried)), **_state(core, tried)}

    def add(connection: Connection) -> SourceRow | None:
        made = sources.add(connection, now=int(core.now()), **values)
        if made is not None:
            _keep_secrets(core, connection, made, tried)
        return made

    row = core.database.write(add) or find_by_voice(core, account.id, plugin, values["voice"])
    return Made(row, redirect=tried.url if isinstance(tried, Redirect) else None)


def reconnect(core: Core, account: Account, uuid: str) -> Made:
    """Go through connecting once more with the settings as they are. Raises as `connect` does."""
    row = find(core, account, uuid)
    record, declared = _declared(core, row.plugin, row.source)
    tried = trying.try_out(core, record, declared, row, account.username)
    changed = _store_tried(core, row, json.loads(row.settings), tried, {})
    return Made(changed, redirect=tried.url if isinstance(tried, Redirect) else None)


def change(
    core: Core,
    account: Account,
    uuid: str,
    *,
    name: str | None = None,
    paused: bool | None = None,
    settings: Mapping[str, Any] | None = None,
    poll_now: bool = False,
) -> SourceRow:
    """Change what is given and return the connection as it is now. New settings are tried out, and told to its plugin.

    Raises NotFound, BadInput for what cannot be used or does not work, Unavailable if that cannot be found out now.
    """
    row = find(core, account, uuid)
    values: dict[str, Any] = {} if name is None else {"name": _name(name)}
    if paused is not None:
        values["is_paused"] = paused
    if poll_now or settings is not None or paused is False:
        values |= {"is_refused": False, "attempts": 0}
        if row.poll_at is not None:
            values["poll_at"] = int(core.now())
    if settings is None:
        if values:
            row = core.database.write(lambda connection: sources.change(connection, row.id, **values)) or row
            forget(core)
        return row
    record, declared = _declared(core, row.plugin, row.source)
    sealed = _sealed(core, declared, json.loads(row.settings), settings)
    tried = trying.try_out(core, record, declared, replace(row, settings=json.dumps(sealed)), account.username)
    question = question_of(row)
    if question is not None and question.setting in settings:
        values["question"] = None
    row = _store_tried(core, row, sealed, tried, values)
    trying.tell(core, row, account.username)
    return row


def answer(core: Core, account: Account, uuid: str, chosen: Sequence[str]) -> SourceRow:
    """Answer what the plugin of a connection asks. Raises NotFound, BadInput when nothing was chosen."""
    question = question_of(find(core, account, uuid))
    if question is None:
        raise NotFound("Nothing is asked of you here")
    if not chosen:
        raise BadInput("Choose at least one")
    return change(core, account, uuid, settings={question.setting: list(chosen)})


def disconnect(core: Core, account: Account, uuid: str) -> None:
    """Forget a connection, and revoke the token it speaks with. The plays it told stay. Raises NotFound."""
    row = find(core, account, uuid)

    def work(connection: Connection) -> None:
        sources.remove(connection, row.id)
        credentials.delete_api_token(connection, account.id, row.voice)

    core.database.write(work)
    tokens.forget(core)
    forget(core)


def page_url(core: Core, row: SourceRow) -> str:
    """Return the address of the page where the owner of a connection sees and changes it."""
    return f"{core.settings.public_url}/settings/connections/{row.uuid}"


def address(core: Core, plugin: str, secret: str) -> str:
    """Return where a player posts to, complete with its key."""
    return f"{core.settings.public_url}/api/v1/ingress/{plugin}?key={secret}"


# ---- for administrators ----


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of connections with their owners' names; `next` goes to `of_everybody` as `cursor`, None: that was all."""

    rows: list[tuple[str, SourceRow]]
    next: str | None


def of_everybody(core: Core, *, troubled: bool = False, cursor: str = "", limit: int = 50) -> Listing:
    """Return everybody's connections, oldest first; `troubled`: those whose last poll did not succeed.

    Raises BadInput for a cursor that is not one of ours.
    """
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= _LONGEST_CURSOR):
        raise BadInput("cursor is not one this server gave")
    with core.database.read() as connection:
        found = sources.page(connection, troubled=troubled, after=int(cursor or 0), limit=limit + 1)
    return Listing(found[:limit], str(found[limit - 1][1].id) if len(found) > limit else None)


# ---- for plugins ----


def model_of(core: Core, row: SourceRow) -> type[SourceSettings]:
    """Return the model of a connection's settings; one without fields where its plugin is not there."""
    return _model(core.plugins.records.get(row.plugin), row.source)


def shown_settings(core: Core, row: SourceRow) -> tuple[dict[str, Any], set[str]]:
    """Return a connection's settings as they may be shown, plain and without secrets, and which secrets are set."""
    model, found = model_of(core, row), settings_of(core, row)
    secret = {field for field in model.model_fields if secrets.is_secret(model, field)}
    values = {field: secrets.plain(found, field) for field in model.model_fields}
    return {key: value for key, value in values.items() if key not in secret}, {key for key in secret if values[key]}


def heard_from(core: Core, account_id: int, plugin: str, voice: str, name: str) -> SourceRow:
    """Return the connection that speaks with this voice, made if it is heard for the first time."""
    key = (account_id, plugin, voice)
    cache: dict[Any, tuple[float, SourceRow]] = core.database.caches.setdefault(_CACHE, {})
    read_at, row = cache.get(key, (0.0, None))
    if row is None or not 0 <= core.now() - read_at < FRESH:
        if len(cache) >= 5000:  # noqa: PLR2004 - a bound, not a size
            cache.clear()
        row = _found_or_made(core, account_id, plugin, voice, name)
        cache[key] = (core.now(), row)
    return row


def find_by_voice(core: Core, account_id: int, plugin: str, voice: str) -> SourceRow:
    """Return the connection of an account that speaks with this voice. Raises NotFound."""
    with core.database.read() as connection:
        row = sources.find(connection, account_id, plugin, voice)
    if row is None:
        raise NotFound("There is no such connection")
    return row


def settings_of(core: Core, row: SourceRow) -> SourceSettings:
    """Return what the owner of a connection set; what no longer fits its plugin's model yields to the default."""
    model = model_of(core, row)
    stored = secrets.unseal(core, json.loads(row.settings))
    known = {key: value for key, value in stored.items() if key in model.model_fields}
    try:
        return model.model_validate(known)
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    try:
        return model.model_validate({key: value for key, value in known.items() if key not in bad})
    except ValidationError:
        raise Unavailable("The settings of this connection no longer fit its plugin; its owner must set them") from None


def question_of(row: SourceRow) -> Question | None:
    """Return what its plugin asks the owner of a connection."""
    if row.question is None:
        return None
    asked = json.loads(row.question)
    return Question(asked["setting"], asked["sentence"], tuple(asked["choices"]))


def note(core: Core, row: SourceRow, event: SourceEvent, *, heard: bool = True) -> None:
    """Add to what happened on a connection. A courtesy to its owner: it must not refuse what it is about."""
    heard_at = int(core.now()) if heard else None
    try:
        core.database.write(lambda connection: sources.note(connection, row.id, [event], heard_at=heard_at))
    except Unavailable:
        return


def forget(core: Core) -> None:
    """Look every connection up anew: called after each change."""
    core.database.caches.pop(_CACHE, None)


# ---- parts ----


def _new(record: PluginRecord, source: int, account: Account, name: str, *, voice: str) -> dict[str, Any]:
    return {
        "uuid": str(uuids.uuid4()),
        "user_id": account.id,
        "plugin": record.name,
        "source": source,
        "name": name,
        "voice": voice,
    }


def _store_tried(
    core: Core, row: SourceRow, sealed: Mapping[str, Any], tried: Ready | Redirect, values: Mapping[str, Any]
) -> SourceRow:
    """Store settings that were tried out, and what came of that."""
    changed = dict(values) | {"settings": json.dumps(_without(sealed, tried))}
    if row.poll_at is not None and (row.is_refused or isinstance(tried, Ready)):
        changed |= _state(core, tried)  # one that works goes on as it was until its owner is back from the service

    def work(connection: Connection) -> SourceRow | None:
        _keep_secrets(core, connection, row, tried)
        return sources.change(connection, row.id, **changed)

    row = core.database.write(work) or row
    forget(core)
    return row


def _state(core: Core, tried: Ready | Redirect) -> dict[str, Any]:
    """Return how a connection that is polled begins: at once, or when its owner comes back from the service."""
    is_open = isinstance(tried, Redirect)
    return {"poll_at": int(core.now()), "is_refused": is_open, "problem": UNFINISHED if is_open else None}


def _without(sealed: Mapping[str, Any], tried: Ready | Redirect) -> dict[str, Any]:
    forgotten = tried.forget if isinstance(tried, Ready) else ()
    return {key: value for key, value in sealed.items() if key not in forgotten}


def _keep_secrets(core: Core, connection: Connection, row: SourceRow, tried: Ready | Redirect) -> None:
    for key, value in tried.secrets.items():
        sources.put_value(connection, row.id, SECRET + key, secrets.seal(core, value))


def _found_or_made(core: Core, account_id: int, plugin: str, voice: str, name: str) -> SourceRow:
    with core.database.read() as connection:
        row = sources.find(connection, account_id, plugin, voice)
    if row is not None:
        return row
    values = {"user_id": account_id, "plugin": plugin, "voice": voice, "name": name[:LONGEST_NAME]}
    values |= {"uuid": str(uuids.uuid4())}
    made = core.database.write(lambda connection: sources.add(connection, now=int(core.now()), **values))
    return made or find_by_voice(core, account_id, plugin, voice)


def _declared(core: Core, plugin: str, source: int) -> tuple[PluginRecord, Source]:
    record = core.plugins.records.get(plugin)
    if record is None or not core.plugins.runs(plugin) or not 0 <= source < len(record.sources):
        raise NotFound("There is no such source")
    return record, record.sources[source]


def _model(record: PluginRecord | None, source: int) -> type[SourceSettings]:
    if record is None or not 0 <= source < len(record.sources):
        return SourceSettings
    return record.sources[source].settings


def _sealed(core: Core, declared: Source, before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings to store: those given over those before, checked, secrets encrypted."""
    fields = declared.settings.model_fields
    for key in values:
        if key not in fields:
            hint = near(key[:80], fields)
            raise BadInput(f"There is no setting called {key[:80]}{hint}")
    known = {key: value for key, value in secrets.unseal(core, before).items() if key in fields}
    try:
        made = declared.settings.model_validate(known | dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{first['loc'][0]}: " if first["loc"] else ""
        raise BadInput(f"{where}{first['msg'].removeprefix('Value error, ')}") from None
    kept = known.keys() | values.keys()
    return {
        key: secrets.seal(core, secrets.plain(made, key))
        if secrets.is_secret(declared.settings, key)
        else secrets.plain(made, key)
        for key in kept
    }


def _name(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_NAME or not text.isprintable():
        raise BadInput(f"A connection's name has 1 to {LONGEST_NAME} characters that can be printed")
    return text
