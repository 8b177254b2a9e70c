"""Settings and cores for tests, on a database that is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from goscrobble import config, defaults
from goscrobble.config import Settings
from goscrobble.plugins.host import PluginHost
from goscrobble.services import keys
from goscrobble.services.core import Core
from goscrobble.services.hosting import attach
from goscrobble.storage.database import Database, engine_options

PLENTY = "1000/s burst 100000"


def make_settings(instance_path: Path, **overrides: Any) -> Settings:
    """Return settings whose limits a test that is about something else never meets, and that start no jobs."""
    plenty = {f"rate_limit_{tier}": PLENTY for tier in ("light", "standard", "heavy")}
    return config.load(instance_path, **({"jobs": {"embedded": False}} | plenty | overrides))


def make_core(
    settings: Settings, clock: Callable[[], float], found_plugins: Iterable[EntryPoint] | None = None
) -> Core:
    """Return a core without its web server. Close its database when done."""
    host = PluginHost(
        builtins=defaults.PLUGINS,
        found=found_plugins,
        blocked=settings.plugins_blocked,
        fixed_settings=settings.plugins,
    )
    host.load()
    database = Database(create_engine(settings.url, **engine_options(settings.url)))
    return attach(Core(settings, database, host, keys.load(settings.instance_path), clock))
