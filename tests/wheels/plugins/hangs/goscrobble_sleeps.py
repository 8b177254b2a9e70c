"""Its hook waits for something that never comes. Its page tells which worker answers."""

import os
import time

from flask import Blueprint

from goscrobble.plugins import Routes, ScrobbleDraft, Toolkit, hookimpl


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Routes]:
    blueprint = Blueprint("sleeps", __name__)

    @blueprint.get("")
    def worker() -> dict[str, int]:
        """Tell the worker's process id."""
        return {"worker": os.getpid()}

    return [Routes(blueprint, at="/sleeps")]


@hookimpl
def reject_draft(draft: ScrobbleDraft) -> None:
    if draft.title.startswith("Sleep"):
        time.sleep(3600)
