"""Connections: what a listener connected to this server, how it is, and what happened on it.

A player that posts with a token is one connection, made when the address is, or at the latest when it is first heard
from. An account at another service, which a plugin polls, is one too. A person may have several of one plugin.
"""

from __future__ import annotations

import json
import uuid as uuids
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from goscrobble.domain.accounts import Account
from goscrobble.domain.events import SourceEvent
from goscrobble.domain.sentences import unpacked
from goscrobble.errors import BadInput, NotFound, Unavailable
from goscrobble.plugins.declarations import PluginRecord, SourceSettings
from goscrobble.services import secrets
from goscrobble.services.core import Core
from goscrobble.storage import sources
from goscrobble.storage.sources import SourceRow

FRESH = 1.0  # seconds that a process remembers a connection for the players that speak through it
MOST = 200  # connections of one account
LONGEST_NAME = 100  # characters
ACCOUNT = "account"  # the voice of whoever sends plays with an access token instead of an API token
SECRET = "secret:"  # noqa: S105 - how the keys of a connection's secrets begin
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
    model = model_of(core, row)
    secret = {field for field in model.model_fields if secrets.is_secret(model, field)}
    try:
        found = settings_of(core, row)
        values = {field: secrets.plain(found, field) for field in model.model_fields}
    except Unavailable:  # the plugin asks for more now: the owner sees what there is, and sets what is missing
        stored = secrets.unseal(core, json.loads(row.settings))
        values = {field: stored.get(field) for field in model.model_fields}
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
    return Question(asked["setting"], unpacked(asked["sentence"]), tuple(asked["choices"]))


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


def _found_or_made(core: Core, account_id: int, plugin: str, voice: str, name: str) -> SourceRow:
    with core.database.read() as connection:
        row = sources.find(connection, account_id, plugin, voice)
    if row is not None:
        return row
    values = {"user_id": account_id, "plugin": plugin, "voice": voice, "name": name[:LONGEST_NAME]}
    values |= {"uuid": str(uuids.uuid4())}
    made = core.database.write(lambda connection: sources.add(connection, now=int(core.now()), **values))
    return made or find_by_voice(core, account_id, plugin, voice)


def _model(record: PluginRecord | None, source: int) -> type[SourceSettings]:
    if record is None or not 0 <= source < len(record.sources):
        return SourceSettings
    return record.sources[source].settings
