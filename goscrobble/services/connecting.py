"""Making, changing and ending connections: what their owners do, and what asks the plugin first whether it works."""

from __future__ import annotations

import json
import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from goscrobble import logs
from goscrobble.domain.accounts import Account
from goscrobble.domain.hints import near
from goscrobble.domain.sentences import Sentence, said
from goscrobble.domain.validation import explain
from goscrobble.errors import BadInput, Conflict, NotFound, Unavailable
from goscrobble.plugins.declarations import PluginRecord, Ready, Redirect, Source
from goscrobble.plugins.policy import NotAuthorized, RetryLater, Unrecoverable
from goscrobble.services import secrets, sources, telling, tokens
from goscrobble.services.core import Core
from goscrobble.services.source_accounts import Connected
from goscrobble.storage import credentials
from goscrobble.storage import sources as stored
from goscrobble.storage.database import Connection
from goscrobble.storage.sources import SourceRow

UNFINISHED = Sentence("Not connected yet: go on at the service, and allow it there")


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
    if len(sources.list_all(core, account)) >= sources.MOST:
        raise Conflict(
            Sentence(
                "An account can have %(most)s connections; remove one that is not used any more", most=sources.MOST
            )
        )
    if record.poller(source) is None:
        token, secret = tokens.add_api_token(core, account, name, {"ingest"})
        values = _new(record, source, account, name, voice=token.id) | {"settings": json.dumps(sealed)}
        row = core.database.write(lambda connection: stored.add(connection, now=int(core.now()), **values))
        row = row or sources.find_by_voice(core, account.id, plugin, token.id)  # its player was faster than we are
        return Made(row, secret)
    values = _new(record, source, account, name, voice=str(uuids.uuid4()))
    draft = stored.draft(now=int(core.now()), **values | {"settings": json.dumps(sealed)})
    tried = _try_out(core, record, declared, draft, account.username)
    values |= {"settings": json.dumps(_without(sealed, tried)), **_state(core, tried)}

    def add(connection: Connection) -> SourceRow | None:
        made = stored.add(connection, now=int(core.now()), **values)
        if made is not None:
            _keep_secrets(core, connection, made, tried)
        return made

    row = core.database.write(add) or sources.find_by_voice(core, account.id, plugin, values["voice"])
    return Made(row, redirect=tried.url if isinstance(tried, Redirect) else None)


def reconnect(core: Core, account: Account, uuid: str) -> Made:
    """Go through connecting once more with the settings as they are. Raises as `connect` does."""
    row = sources.find(core, account, uuid)
    record, declared = _declared(core, row.plugin, row.source)
    tried = _try_out(core, record, declared, row, account.username)
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
    row = sources.find(core, account, uuid)
    values: dict[str, Any] = {} if name is None else {"name": _name(name)}
    if paused is not None:
        values["is_paused"] = paused
    if poll_now or settings is not None or paused is False:
        values |= {"is_refused": False, "attempts": 0}
        if row.poll_at is not None:
            values["poll_at"] = int(core.now())
    if settings is None:
        if values:
            row = core.database.write(lambda connection: stored.change(connection, row.id, **values)) or row
            sources.forget(core)
        return row
    record, declared = _declared(core, row.plugin, row.source)
    sealed = _sealed(core, declared, json.loads(row.settings), settings)
    tried = _try_out(core, record, declared, replace(row, settings=json.dumps(sealed)), account.username)
    question = sources.question_of(row)
    if question is not None and question.setting in settings:
        values["question"] = None
    row = _store_tried(core, row, sealed, tried, values)
    core.plugins.tell_one(row.plugin, "after_source_change", account=Connected(core, row, account.username))
    return row


def answer(core: Core, account: Account, uuid: str, chosen: Sequence[str]) -> SourceRow:
    """Answer what the plugin of a connection asks. Raises NotFound, BadInput when nothing was chosen."""
    question = sources.question_of(sources.find(core, account, uuid))
    if question is None:
        raise NotFound("Nothing is asked of you here")
    if not chosen:
        raise BadInput("Choose at least one")
    return change(core, account, uuid, settings={question.setting: list(chosen)})


def disconnect(core: Core, account: Account, uuid: str) -> None:
    """Forget a connection, and revoke the token it speaks with. The plays it told stay, and its plugin is told.

    Raises NotFound.
    """
    row = sources.find(core, account, uuid)

    def work(connection: Connection) -> None:
        stored.remove(connection, row.id)
        telling.owe_disconnect(core, connection, row.plugin, source_account=row.uuid, person=account.uuid)
        credentials.delete_api_token(connection, account.id, row.voice)

    core.database.write(work)
    tokens.forget(core)
    sources.forget(core)


# ---- parts ----


def _declared(core: Core, plugin: str, source: int) -> tuple[PluginRecord, Source]:
    record = core.plugins.records.get(plugin)
    if record is None or not core.plugins.runs(plugin) or not 0 <= source < len(record.sources):
        raise NotFound("There is no such source")
    return record, record.sources[source]


def _try_out(core: Core, record: PluginRecord, declared: Source, row: SourceRow, username: str) -> Ready | Redirect:
    """Ask the plugin whether a connection works, as it would be stored.

    Raises BadInput with the plugin's sentence if not, Unavailable if that cannot be found out now.
    """
    if declared.connect is None:
        return Ready()
    try:
        return core.plugins.connect(record, declared.connect, Connected(core, row, username))
    except (NotAuthorized, Unrecoverable) as error:
        sentence = said(error) or Sentence("The service does not accept this")
        raise BadInput(logs.without_secrets(sentence)) from None
    except RetryLater as error:
        wait = max(1, round(error.after)) if error.after is not None else 5
        sentence = said(error) or Sentence("Try again later")
        raise Unavailable(logs.without_secrets(sentence), retry_after=wait) from None


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
    changed |= {"poll_owner": None, "poll_until": None}  # what a poll under way finds out is not about these settings
    if row.poll_at is not None and (row.is_refused or isinstance(tried, Ready)):
        changed |= _state(core, tried)  # one that works goes on as it was until its owner is back from the service

    def work(connection: Connection) -> SourceRow | None:
        _keep_secrets(core, connection, row, tried)
        return stored.change(connection, row.id, **changed)

    row = core.database.write(work) or row
    sources.forget(core)
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
        stored.put_value(connection, row.id, sources.SECRET + key, secrets.seal(core, value))


def _sealed(core: Core, declared: Source, before: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings to store: those given over those before, checked, secrets encrypted."""
    fields = declared.settings.model_fields
    for key in values:
        if key not in fields:
            hint = near(key[:80], fields)
            raise BadInput(Sentence("There is no setting called %(name)s%(hint)s", name=key[:80], hint=hint))
    known = {key: value for key, value in secrets.unseal(core, before).items() if key in fields}
    try:
        made = declared.settings.model_validate(known | dict(values))
    except ValidationError as error:
        raise BadInput(explain(error)) from None
    kept = known.keys() | values.keys()
    return {
        key: secrets.seal(core, secrets.plain(made, key))
        if secrets.is_secret(declared.settings, key)
        else secrets.plain(made, key)
        for key in kept
    }


def _name(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= sources.LONGEST_NAME or not text.isprintable():
        raise BadInput(
            Sentence("A connection's name has 1 to %(most)s characters that can be printed", most=sources.LONGEST_NAME)
        )
    return text
