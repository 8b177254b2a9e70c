"""For tests of plugins: a toolkit that remembers, and an application with nothing but one plugin's routes."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, request

from goscrobble.domain import rules
from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Stored
from goscrobble.errors import GoScrobbleError
from goscrobble.plugins.declarations import PluginSettings


class RecordingToolkit:
    """A `Toolkit` without a server behind it: judges drafts by the rules, and keeps what passes in lists.

    The same track at the same second is a duplicate. Events are kept as they come and decide nothing.
    """

    def __init__(self, clock: Callable[[], float], settings: PluginSettings | None = None) -> None:
        self.drafts: list[ScrobbleDraft] = []
        self.events: list[Playing] = []
        self.batches: list[int] = []  # how many drafts each `submit` brought
        self._clock = clock
        self._settings = settings or PluginSettings()

    def payload(self) -> Any:
        """Return the request's body, as JSON whatever its type says, else as a form."""
        parsed = request.get_json(force=True, silent=True)
        return request.form.to_dict() if parsed is None else parsed

    def now(self) -> float:
        """Return the time, Unix seconds."""
        return self._clock()

    def settings(self) -> PluginSettings:
        """Return the settings given at construction."""
        return self._settings

    def submit(self, drafts: Sequence[ScrobbleDraft]) -> list[Outcome]:
        """Judge and keep; the play of an outcome is its place in `drafts`."""
        self.batches.append(len(drafts))
        return [self._submit_one(draft) for draft in drafts]

    def observe(self, event: Playing) -> list[Outcome]:
        """Keep the event."""
        self.events.append(event)
        return []

    def _submit_one(self, draft: ScrobbleDraft) -> Outcome:
        try:
            tidy = rules.tidy(draft)
        except ValueError as error:
            return Rejected(str(error))
        if reason := rules.judge(tidy, self.now()):
            return Rejected(reason)
        told = [(known.title, known.artists, known.played_at) for known in self.drafts]
        key = (tidy.title, tidy.artists, tidy.played_at)
        if key in told:
            return Duplicate(told.index(key))
        self.drafts.append(tidy)
        return Stored(len(self.drafts) - 1)


def make_plugin_app(plugin: types.ModuleType, toolkit: RecordingToolkit, prefix: str) -> Flask:
    """Return an application with the plugin's ingress at `prefix`, without credentials and limits."""
    app = Flask(plugin.__name__)
    for ingress in plugin.register_blueprints(toolkit):
        app.register_blueprint(ingress.blueprint, url_prefix=prefix)

    @app.errorhandler(GoScrobbleError)
    def explain(error: GoScrobbleError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, error.status

    return app
