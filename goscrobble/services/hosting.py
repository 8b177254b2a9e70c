"""The plugin host within a running server: what it asks of the settings, and whom it tells of failures."""

from __future__ import annotations

from goscrobble.services import failures, settings
from goscrobble.services.core import Core


def attach(core: Core) -> Core:
    """Let the host of this core know which plugins are switched on, and remember what they raise; returns the core."""
    core.plugins.is_enabled = lambda name: settings.is_enabled(core, name)
    core.plugins.is_tripped = lambda name: settings.is_tripped(core, name)
    core.plugins.remember = lambda failure: failures.note(core, failure)
    return core
