"""Tells plugins what they must not miss: told again until each has heard it, whatever happens in between.

What is told is a job of its own for each plugin, in the transaction that makes it true. A plugin that is switched off,
cannot run or fails is told later, with growing pauses; one that was uninstalled is given up on after a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from goscrobble.plugins.policy import Unrecoverable
from goscrobble.services.core import Core
from goscrobble.storage import jobs, plugin_tables
from goscrobble.storage.database import Connection, Database

JOB = "tell-plugin"
SHORTEST_PAUSE, LONGEST_PAUSE = 30, 3600  # seconds between two attempts; each pause is as long as all before together
PATIENCE = 30 * 86_400  # seconds after which a plugin that is not installed is given up on


def owe_account_removal(core: Core, connection: Connection, *, person: str) -> None:
    """Have every plugin told, in this transaction, that an account was erased; one that only left tables too."""
    hook = "after_account_removal"
    for plugin in core.plugins.may_hear(hook) | (plugin_tables.left(connection) - core.plugins.records.keys()):
        _owe(core, connection, plugin, hook, about=person, arguments={"person": person})


def owe_disconnect(core: Core, connection: Connection, plugin: str, *, source_account: str, person: str) -> None:
    """Have a plugin told, in this transaction, that one of its connections was ended."""
    hook = "after_disconnect"
    if plugin in core.plugins.may_hear(hook):
        arguments = {"source_account": source_account, "person": person}
        _owe(core, connection, plugin, hook, about=source_account, arguments=arguments)


def deliver(core: Core, payload: Mapping[str, Any]) -> None:
    """Tell one plugin, or have it tried once more. Raises Unrecoverable if it has been gone for too long."""
    plugin, hook = payload["plugin"], payload["hook"]
    if core.plugins.tell_one(plugin, hook, tables=_Tables(core.database), **payload["arguments"]):
        return
    waited = max(0, int(core.now()) - payload["since"])
    if plugin not in core.plugins.records and waited >= PATIENCE:
        raise Unrecoverable(
            f"The plugin {plugin} is not installed any more, so its {hook} was never told; "
            "what it keeps is listed under Administration, Plugins."
        )
    pause = min(max(waited, SHORTEST_PAUSE), LONGEST_PAUSE)
    core.database.write(lambda connection: _enqueue(core, connection, payload, pause=pause))


class _Tables:
    """See `goscrobble.plugins.toolkit.Tables`."""

    def __init__(self, database: Database) -> None:
        self.read = database.read
        self.write = database.write


def _owe(
    core: Core, connection: Connection, plugin: str, hook: str, *, about: str, arguments: Mapping[str, str]
) -> None:
    payload = {"plugin": plugin, "hook": hook, "about": about, "arguments": arguments, "since": int(core.now())}
    _enqueue(core, connection, payload, pause=0)


def _enqueue(core: Core, connection: Connection, payload: Mapping[str, Any], *, pause: int) -> None:
    """Put the job on the queue; while it is being done, that has it done once more, however often it failed before."""
    now = int(core.now())
    key = f"{JOB}:{payload['plugin']}:{payload['hook']}:{payload['about']}"
    jobs.enqueue(connection, JOB, payload, now=now, key=key, run_at=now + pause)
