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
from goscrobble.plugins.declarations import Ingress, PluginSettings, SourceSettings


class RecordingToolkit:
    """A `Toolkit` without a server behind it: judges drafts by the rules, and keeps what passes in lists.

    The same track at the same second is a duplicate. Events are kept as they come and decide nothing.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        settings: PluginSettings | None = None,
        source_settings: SourceSettings | None = None,
    ) -> None:
        self.drafts: list[ScrobbleDraft] = []
        self.events: list[Playing] = []
        self.batches: list[int] = []  # how many drafts each `submit` brought
        self.notes: list[tuple[str, str, str]] = []  # outcome, reason, what
        self.account = RecordingSourceAccount(self, source_settings)
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

    def ignore(self, reason: str, what: str = "") -> None:
        """Keep the reason."""
        self.notes.append(("ignored", reason, what))

    def source_account(self) -> RecordingSourceAccount:
        """Return the one connection there is; what it is told is kept here."""
        return self.account

    def read(self) -> Any:
        """Refuse: a plugin with tables is tested on a server."""
        raise LookupError("There is no database behind this toolkit")

    def write(self, work: Callable[[Any], Any]) -> Any:  # noqa: ARG002 - the protocol's signature
        """Refuse: a plugin with tables is tested on a server."""
        raise LookupError("There is no database behind this toolkit")

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


class RecordingSourceAccount:
    """The connection of a `RecordingToolkit`: its values are a dict, its questions a list."""

    id = "00000000-0000-4000-8000-000000000000"
    name = "test"
    username = "ada"
    cursor: str | None = None

    def __init__(self, toolkit: RecordingToolkit, settings: SourceSettings | None) -> None:
        self.settings: Any = settings  # None: `make_plugin_app` takes the defaults of the plugin's first source
        self.values = RecordingValues()
        self.questions: list[tuple[str, str, tuple[str, ...]]] = []
        self._toolkit = toolkit

    def now(self) -> float:
        """Return the time, Unix seconds."""
        return self._toolkit.now()

    def submit(self, drafts: Sequence[ScrobbleDraft]) -> list[Outcome]:
        """Do what the toolkit does."""
        return self._toolkit.submit(drafts)

    def observe(self, event: Playing) -> list[Outcome]:
        """Do what the toolkit does."""
        return self._toolkit.observe(event)

    def note(self, outcome: str, reason: str = "", what: str = "") -> None:
        """Keep the note among the toolkit's."""
        self._toolkit.notes.append((str(outcome), reason, what))

    def ask(self, setting: str, sentence: str, choices: Sequence[str]) -> None:
        """Keep the question."""
        self.questions.append((setting, sentence, tuple(choices)))


class RecordingValues:
    """What a plugin keeps for a connection, in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """Return a value, None if there is none."""
        return self.kept.get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a value."""
        self.kept[key] = value

    def add(self, key: str, value: Any) -> Any:
        """Keep a value unless there is one, and return the one that is kept."""
        return self.kept.setdefault(key, value)

    def remove(self, *keys: str) -> None:
        """Forget values."""
        for key in keys:
            self.kept.pop(key, None)

    def items(self, prefix: str = "") -> list[tuple[str, Any]]:
        """Return the keys that begin so and their values, oldest key first."""
        return [(key, value) for key, value in self.kept.items() if key.startswith(prefix)]


def make_plugin_app(plugin: types.ModuleType, toolkit: RecordingToolkit, prefix: str) -> Flask:
    """Return an application with the plugin's ingress at `prefix`, without credentials and limits."""
    app = Flask(plugin.__name__)
    if toolkit.account.settings is None:
        toolkit.account.settings = plugin.register_sources()[0].settings()
    for ingress in (one for one in plugin.register_blueprints(toolkit) if isinstance(one, Ingress)):
        app.register_blueprint(ingress.blueprint, url_prefix=prefix)

    @app.errorhandler(GoScrobbleError)
    def explain(error: GoScrobbleError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, error.status

    return app
