"""Tells the streams of this process at once; those of others find out within a second."""

from __future__ import annotations

from goscrobble.plugins import hookimpl
from goscrobble.services import live


@hookimpl
def after_scrobble() -> None:
    """Have a new play shown."""
    live.wake()


@hookimpl
def after_now_playing() -> None:
    """Have what a player began shown."""
    live.wake()
