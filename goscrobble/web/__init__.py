"""HTTP: turns a request into one service call, and its result into an answer."""

from __future__ import annotations

from flask import current_app

from goscrobble.services.core import Core


def current_core() -> Core:
    """Return the core of the app that serves this request."""
    core: Core = current_app.extensions["goscrobble"]
    return core
