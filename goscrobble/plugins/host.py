"""The host: finds plugins by entry point, loads them one by one, asks them one by one.

Whatever a plugin does wrong is written into its record and the server goes on. This is the one place of the house
that catches every exception.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
import structlog
from pydantic import TypeAdapter, ValidationError

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.plugins import hookspecs
from goscrobble.plugins.declarations import PluginRecord, PluginSettings, Source, Status

GROUP = "goscrobble.plugins"
_SWITCH = TypeAdapter(bool)
ANYTHING = (Exception, SystemExit)  # what a stranger's code may raise
log = structlog.get_logger("goscrobble.plugins")


class PluginHost:
    """All plugins of this process. `load` is called once, at start."""

    def __init__(
        self,
        *,
        builtins: Mapping[str, object] | None = None,
        found: Iterable[EntryPoint] | None = None,
        blocked: Iterable[str] = (),
        fixed_settings: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """`fixed_settings` are the plugins' settings that file and environment set, by plugin."""
        self.records: dict[str, PluginRecord] = {}
        self.is_enabled: Callable[[str], bool] = lambda _name: True  # the settings service knows better
        self._builtins = dict(builtins or {})
        self._found = found
        self._blocked = set(blocked)
        self._fixed = {name: dict(values) for name, values in (fixed_settings or {}).items()}
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)

    # ---- loading ----

    def load(self) -> None:
        """Import and register every plugin; whatever fails is noted in its record."""
        for name, module in self._builtins.items():
            self.add_builtin(name, module)
        found = entry_points(group=GROUP) if self._found is None else self._found
        for entry_point in sorted(found, key=lambda ep: (ep.name, ep.value)):
            self._load_one(entry_point)

    def add_builtin(self, name: str, module: object) -> None:
        """Register one of the core's own plugins: always on."""
        self.records[name] = PluginRecord(name, module=getattr(module, "__name__", name), builtin=True)
        self._manager.register(module, name)

    def _load_one(self, entry_point: EntryPoint) -> None:
        name = entry_point.name
        record = PluginRecord(name, module=entry_point.value)
        if entry_point.dist is not None:
            record.distribution, record.version = entry_point.dist.name, entry_point.dist.version
        if name in self.records:
            record.fault = Status.BLOCKED
            record.error = (
                f"Another plugin is already called {name!r} ({self.records[name].module}); remove one of them."
            )
            self.records[f"{name} ({entry_point.value})"] = record
            return
        self.records[name] = record
        if name in self._blocked:
            record.fault = Status.BLOCKED
            record.error = "The setting plugins_blocked names it, so it was not imported."
            return
        if not (name.isidentifier() and name == name.lower()):
            record.fault = Status.FAILED_TO_LOAD
            record.error = "A plugin's name is made of lower-case letters, digits and underscores."
            return
        try:
            self._manager.register(entry_point.load(), name)
            self._manager.check_pending()
        except ANYTHING as error:
            self._fail(record, Status.FAILED_TO_LOAD, error)
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            return
        self._configure(record)

    def _configure(self, record: PluginRecord) -> None:
        for hook, attribute in (("register_config", "settings_model"), ("register_sources", "sources")):
            try:
                for answer in self._answers(record.name, hook, {}):
                    setattr(record, attribute, _CHECKED[hook](answer))
            except ANYTHING as error:
                self._fail(record, Status.FAILED_TO_LOAD, error)
                return
        fixed = dict(self._fixed.get(record.name, {}))
        try:
            if "enabled" in fixed:
                fixed["enabled"] = _SWITCH.validate_python(fixed["enabled"])
                self._fixed[record.name]["enabled"] = fixed.pop("enabled")
            record.settings_model.model_validate(fixed)
            record.settings_model.model_validate({})
        except ValidationError as error:
            first = error.errors()[0]
            record.fault = Status.BAD_CONFIG
            key = f"[plugins.{record.name}] {'.'.join(map(str, first['loc'])) or 'enabled'}"
            record.error = f"{key} cannot be used: {first['msg']}; mend goscrobble.toml or the environment and restart."
        except ANYTHING as error:
            self._fail(record, Status.FAILED_TO_LOAD, error)

    # ---- asking ----

    def runs(self, name: str) -> bool:
        """Whether this plugin takes part right now."""
        record = self.records.get(name)
        return record is not None and record.fault is None and (record.builtin or self.is_enabled(name))

    def status(self, record: PluginRecord) -> Status:
        """Return how the plugin is right now."""
        return record.fault or (Status.ENABLED if self.runs(record.name) else Status.DISABLED)

    def ask(self, hook: str, **arguments: Any) -> Iterator[tuple[PluginRecord, Any]]:
        """Ask each running plugin that has the hook, the core's own first; yields the answers that are not None."""
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            if not self.runs(name):
                continue
            record = self.records[name]
            try:
                answer = _call(implementation, arguments)
            except ANYTHING as error:
                self._note_failure(record, hook, error)
                continue
            if answer is not None:
                yield record, answer

    def tell(self, hook: str, **arguments: Any) -> None:
        """Ask for the effect alone."""
        for _ in self.ask(hook, **arguments):
            pass

    def prepare(self, draft: ScrobbleDraft) -> ScrobbleDraft:
        """Return the draft as the plugins' `prepare_draft` left it."""
        for implementation in getattr(self._manager.hook, "prepare_draft").get_hookimpls():  # noqa: B009 - pluggy has no types for it
            if self.runs(implementation.plugin_name):
                try:
                    draft = _as_draft(_call(implementation, {"draft": draft})) or draft
                except ANYTHING as error:
                    self._note_failure(self.records[implementation.plugin_name], "prepare_draft", error)
        return draft

    def collect(
        self, hook: str, use: Callable[[PluginRecord, Any], None], **arguments: Callable[[PluginRecord], Any]
    ) -> None:
        """At start: ask every loaded plugin, running or not, and use its answer. A failure of either is its fault.

        Arguments are made per plugin.
        """
        for record in list(self.records.values()):
            if record.fault is not None:
                continue
            try:
                made = {key: make(record) for key, make in arguments.items()}
                for answer in self._answers(record.name, hook, made):
                    use(record, answer)
            except ANYTHING as error:
                self._fail(record, Status.FAILED_TO_LOAD, error)

    def fixed_settings(self, name: str) -> Mapping[str, Any]:
        """Return what file and environment set for a plugin (`enabled` among it)."""
        return self._fixed.get(name, {})

    def _answers(self, name: str, hook: str, arguments: Mapping[str, Any]) -> list[Any]:
        implementations = getattr(self._manager.hook, hook).get_hookimpls()
        answers = [_call(one, arguments) for one in implementations if one.plugin_name == name]
        return [answer for answer in answers if answer is not None]

    def _fail(self, record: PluginRecord, fault: Status, error: BaseException) -> None:
        record.fault = fault
        record.error = f"{type(error).__name__}: {error}"
        log.error("plugin cannot run", plugin=record.name, status=str(fault), error=record.error)

    def _note_failure(self, record: PluginRecord, hook: str, error: BaseException) -> None:
        record.failures += 1
        where = traceback.extract_tb(error.__traceback__)[-1]
        record.last_failure = f"{hook}: {type(error).__name__} at {where.name}, line {where.lineno}"
        log.error("plugin hook failed", plugin=record.name, hook=hook, error=record.last_failure)


def _call(implementation: pluggy.HookImpl, arguments: Mapping[str, Any]) -> Any:
    return implementation.function(*(arguments[name] for name in implementation.argnames))


def _as_draft(answer: Any) -> ScrobbleDraft | None:
    if answer is None:
        return None
    if not isinstance(answer, ScrobbleDraft):
        raise TypeError(f"prepare_draft returned {type(answer).__name__}, not a ScrobbleDraft")
    return ScrobbleDraft.model_validate(answer.model_dump(warnings=False))  # model_copy(update=…) checks nothing


def _as_settings(answer: Any) -> type[PluginSettings]:
    if not (isinstance(answer, type) and issubclass(answer, PluginSettings)):
        raise TypeError("register_config must return a subclass of PluginSettings")
    return answer


def _as_sources(answer: Any) -> tuple[Source, ...]:
    sources = tuple(answer)
    if not all(isinstance(source, Source) for source in sources):
        raise TypeError("register_sources must return a list of Source")
    return sources


_CHECKED: Mapping[str, Callable[[Any], Any]] = {"register_config": _as_settings, "register_sources": _as_sources}
