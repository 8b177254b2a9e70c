"""The plugin host within a running server: what it asks of the settings, and whom it tells of failures."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from goscrobble.errors import Unavailable
from goscrobble.migrations import plugins as tables
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.services import failures, settings
from goscrobble.services.core import Core


def attach(core: Core) -> Core:
    """Let the host of this core know which plugins are switched on and whose tables fit; returns the core."""
    core.plugins.is_enabled = lambda name: settings.is_enabled(core, name)
    core.plugins.is_tripped = lambda name: settings.is_tripped(core, name)
    core.plugins.remember = lambda failure: failures.note(core, failure)
    with suppress(Unavailable):  # the readiness check tells about the database; a hook that misses its table is noted
        _leave_out_the_outdated(core)
    return core


def _leave_out_the_outdated(core: Core) -> None:
    records = core.plugins.records
    for record in records.values():
        if record.migrations is None or record.fault is not None:
            continue
        if sentence := core.plugins.problem_with(partial(_problem, core, record)):
            core.plugins.refuse_outdated(record, sentence)


def _problem(core: Core, record: PluginRecord) -> str:
    with core.database.read() as connection:
        sentence = tables.problem(connection, record, core.plugins.records)
        if sentence == tables.OLDER:
            return failures.migration(connection, record.name) or sentence
        return sentence
