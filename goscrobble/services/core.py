"""What every service needs, handed to it as its first argument."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from goscrobble.config import Settings
from goscrobble.plugins.host import PluginHost
from goscrobble.services.keys import Keys
from goscrobble.storage.database import Database


@dataclass(frozen=True)
class Core:
    """One running server: its settings, database, plugins, keys and clock. Nothing of it is a module's global."""

    settings: Settings
    database: Database
    plugins: PluginHost
    keys: Keys
    clock: Callable[[], float] = field(default=time.time)

    def now(self) -> float:
        """Return the time, Unix seconds."""
        return self.clock()
