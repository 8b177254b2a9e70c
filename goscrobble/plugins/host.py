"""The host: finds plugins by entry point, loads them one by one, asks them one by one.

Whatever a plugin does wrong is written into its record and the server goes on. This is the one place of the house
that catches every exception.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

import pluggy
import structlog
from pydantic import TypeAdapter, ValidationError

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.domain.hints import near
from goscrobble.domain.plugin_names import misnamed
from goscrobble.domain.sentences import Sentence, said
from goscrobble.domain.validation import fault
from goscrobble.errors import BadConfig, BadInput, Unavailable
from goscrobble.plugins import deadline, hookspecs
from goscrobble.plugins.checks import (
    ANSWERS,
    CHECKED,
    as_draft,
    at_once,
    checked_connection,
    checked_poll,
    clash,
    never_waits,
    unmarked,
    wrong_tables,
)
from goscrobble.plugins.declarations import Failure, PluginRecord, Polled, Poller, Ready, Redirect, Status
from goscrobble.plugins.policy import NotAuthorized, RetryLater, Unrecoverable
from goscrobble.plugins.toolkit import SourceAccount

T = TypeVar("T")

GROUP = "goscrobble.plugins"
HOOK_DEADLINE = 5.0  # seconds that a hook may take which others wait for
START_DEADLINE = 10.0  # seconds for an import, and for each hook at start; after one that hung, others get a quarter
SERVICE_DEADLINE = 30.0  # seconds that trying out a connection may take, and hearing of a change of one
ANYTHING = (Exception, SystemExit, KeyboardInterrupt)  # what a stranger's code may raise
_SWITCH = TypeAdapter(bool)
log = structlog.get_logger("goscrobble.plugins")


class PluginHost:
    """All plugins of this process. `load` is called once, at start."""

    def __init__(
        self,
        *,
        builtins: Mapping[str, object] | None = None,
        found: Iterable[EntryPoint] | None = None,
        blocked: Iterable[str] = (),
        fixed_settings: Mapping[str, Any] | None = None,
        hook_deadline: float = HOOK_DEADLINE,
        start_deadline: float = START_DEADLINE,
    ) -> None:
        """`fixed_settings` are the plugins' settings that file and environment set, by plugin; deadlines in seconds.

        What stands for a plugin there may also be a text: why its file cannot be read.
        """
        self.records: dict[str, PluginRecord] = {}
        self.strays: list[str] = []  # a sentence for each plugin that has settings but is not installed
        self.is_enabled: Callable[[str], bool] = lambda _name: True  # the settings service knows better
        self.is_tripped: Callable[[str], bool] = lambda _name: False  # same
        self.remember: Callable[[Failure], None] = lambda _failure: None  # the service of failures does
        self._hook_deadline, self._start_deadline = hook_deadline, start_deadline
        self._builtins = dict(builtins or {})
        self._found = found
        self._blocked = set(blocked)
        self._fixed = {
            name: dict(values) if isinstance(values, Mapping) else values
            for name, values in (fixed_settings or {}).items()
        }
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
        for name in self._fixed:
            if name not in self.records:
                self.strays.append(f"There are settings for {name}, which is not installed{near(name, self.records)}")
                log.warning("there are settings of a plugin that is not installed", plugin=name)

    def add_builtin(self, name: str, module: object) -> None:
        """Register one of the core's own plugins: always on."""
        self.records[name] = PluginRecord(name, module=getattr(module, "__name__", name), builtin=True)
        self._manager.register(module, name)

    def _load_one(self, entry_point: EntryPoint) -> None:
        name = entry_point.name
        record = PluginRecord(name, module=entry_point.value)
        if entry_point.dist is not None:
            record.distribution, record.version = _name_and_version(entry_point.dist)
        if name in self.records:
            first = self.records[name]
            sentence: str = Sentence(
                "Another plugin is already called %(name)s (%(package)s); remove one of them.",
                name=name,
                package=_package(first),
            )
            self._refuse(record, Status.BLOCKED, sentence)
            record.name = f"{name} ({entry_point.value})"
            self.records[record.name] = record
            return
        self.records[name] = record
        if name in self._blocked:
            self._refuse(
                record, Status.BLOCKED, Sentence("The setting plugins_blocked names it, so it was not imported.")
            )
            return
        if sentence := misnamed(name):
            self._refuse(record, Status.FAILED_TO_LOAD, sentence)
            return
        try:
            module = self._within_start(entry_point.load)
            self._manager.register(module, name)
            self._manager.check_pending()
            for caller in self._manager.get_hookcallers(module) or ():
                for one in caller.get_hookimpls():
                    never_waits(one.function, f"its hook {caller.name}")
            record.warnings += unmarked(module, vars(self._manager.hook))
        except ANYTHING as error:
            self._fail(record, error, Sentence("It cannot be imported"))
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            return
        self._configure(record)

    def _configure(self, record: PluginRecord) -> None:
        for hook, (attribute, check) in CHECKED.items():
            try:
                for answer in self._answers(record.name, hook, {}):
                    setattr(record, attribute, check(answer))
            except ANYTHING as error:
                self._fail(record, error, Sentence("Its hook %(hook)s failed", hook=hook))
                return
        others = [one for one in self.records.values() if one is not record and not one.builtin and one.fault is None]
        if sentence := clash(record, others):
            self._refuse(record, Status.BLOCKED, sentence)
        elif sentence := wrong_tables(record):
            self._refuse(record, Status.FAILED_TO_LOAD, sentence)
        else:
            self._check_settings(record)

    def _check_settings(self, record: PluginRecord) -> None:
        fixed = self._fixed.get(record.name, {})
        if not isinstance(fixed, dict):
            table = Sentence("[plugins.%(name)s] must be a table of settings", name=record.name)
            why = fixed if isinstance(fixed, str) else table
            self._refuse(record, Status.BAD_CONFIG, Sentence("%(why)s; mend it and restart.", why=why))
            return
        switch = fixed.get("enabled", True)
        try:
            fixed |= {"enabled": _SWITCH.validate_python(switch)} if "enabled" in fixed else {}
            record.settings_model.model_validate({key: value for key, value in fixed.items() if key != "enabled"})
            record.settings_model.model_validate({}).model_dump(mode="json")  # what pages and `/config` show
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "enabled"
            known = ("enabled", *record.settings_model.model_fields)
            hint = near(key, known) if first["type"] == "extra_forbidden" else ""
            self._refuse(
                record,
                Status.BAD_CONFIG,
                Sentence(
                    "[plugins.%(name)s] %(key)s %(fault)s%(hint)s; "
                    "mend goscrobble.toml, plugins/%(name)s.toml or the environment and restart.",
                    name=record.name,
                    key=key,
                    fault=fault(first),
                    hint=hint,
                ),
            )
        except ANYTHING as error:
            self._fail(record, error, Sentence("Its settings cannot be made"))

    # ---- asking ----

    def runs(self, name: str) -> bool:
        """Whether this plugin takes part right now."""
        record = self.records.get(name)
        return record is not None and record.fault is None and (record.builtin or self.is_enabled(name))

    def is_asked(self, name: str) -> bool:
        """Whether this plugin's hooks are asked on behalf of others right now."""
        return self.runs(name) and not self.is_tripped(name)

    def status(self, record: PluginRecord) -> Status:
        """Return how the plugin is right now."""
        if record.fault is not None or not self.runs(record.name):
            return record.fault or Status.DISABLED
        return Status.TRIPPED if self.is_tripped(record.name) else Status.ENABLED

    def ask(self, hook: str, **arguments: Any) -> Iterator[tuple[PluginRecord, Any]]:
        """Ask each running plugin that has the hook, the core's own first; yields the answers that are not None."""
        for implementation in self._implementations(hook):
            record = self.records[implementation.plugin_name]
            if not self.is_asked(record.name):
                continue
            try:
                answer = self._call(record, implementation, arguments, self._hook_deadline)
                answer = ANSWERS[hook](answer) if hook in ANSWERS else answer
            except ANYTHING as error:
                self.note(record, hook, error, trips=True)
                continue
            if answer is not None:
                yield record, answer

    def tell(self, hook: str, **arguments: Any) -> None:
        """Ask for the effect alone."""
        for _ in self.ask(hook, **arguments):
            pass

    def prepare(self, draft: ScrobbleDraft) -> ScrobbleDraft:
        """Return the draft as the plugins' `prepare_draft` left it."""
        for implementation in self._implementations("prepare_draft"):
            record = self.records[implementation.plugin_name]
            if self.is_asked(record.name):
                try:
                    answer = self._call(record, implementation, {"draft": draft}, self._hook_deadline)
                    draft = as_draft(answer) or draft
                except ANYTHING as error:
                    self.note(record, "prepare_draft", error, trips=True)
        return draft

    def tell_one(self, name: str, hook: str, **arguments: Any) -> bool:
        """Tell one plugin about something of its own; what it raises is noted and never trips it.

        Returns whether it heard: one that does not run, or raised, did not.
        """
        record = self.records.get(name)
        if record is None or not self.runs(name):
            return False
        try:
            self._answers(name, hook, arguments, SERVICE_DEADLINE)
        except ANYTHING as error:
            self.note(record, hook, error, trips=False)
            return False
        return True

    def may_hear(self, hook: str) -> set[str]:
        """Return the plugins that have a hook or, since they could not be loaded, may have it."""
        having = {one.plugin_name for one in self._implementations(hook)}
        unknown = {
            name
            for name, record in self.records.items()
            if record.fault is not None and not self._manager.has_plugin(name) and name == record.name
        }
        return having | {name for name in unknown if not misnamed(name)}

    def poll(self, record: PluginRecord, poller: Poller, account: SourceAccount) -> Polled:
        """Ask a service through a plugin. Raises RetryLater, NotAuthorized or Unrecoverable, and nothing else."""
        try:
            return self._ask_service(record, "poll", lambda: checked_poll(poller.poll(account)), poller.deadline)
        except BadInput as error:
            raise Unrecoverable(said(error)) from None

    def connect(
        self, record: PluginRecord, connect: Callable[[SourceAccount], Ready | Redirect], account: SourceAccount
    ) -> Ready | Redirect:
        """Ask a plugin whether a connection works. Raises BadInput, NotAuthorized, Unrecoverable or RetryLater only."""
        return self._ask_service(record, "connect", lambda: checked_connection(connect(account)), SERVICE_DEADLINE)

    def _ask_service(self, record: PluginRecord, what: str, ask: Callable[[], T], seconds: float) -> T:
        try:
            return deadline.call(ask, seconds)
        except (BadInput, RetryLater, NotAuthorized, Unrecoverable):
            raise
        except Unavailable as error:
            raise RetryLater(said(error)) from None
        except deadline.Hung:
            raise RetryLater(
                Sentence("The service gave no answer within %(seconds)s seconds", seconds=f"{seconds:g}")
            ) from None
        except ANYTHING as error:
            self.note(record, what, error, trips=False)
            raise RetryLater("The plugin failed; the administrator's page says why") from None

    def refuse_outdated(self, record: PluginRecord, sentence: str) -> None:
        """Leave a plugin out because its tables are not those it works with."""
        self._refuse(record, Status.OUTDATED, sentence)

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
            except Refused as error:
                self._refuse(record, Status.BLOCKED, said(error))
            except ANYTHING as error:
                self._fail(record, error, Sentence("Its hook %(hook)s failed", hook=hook))

    def fixed_settings(self, name: str) -> Mapping[str, Any]:
        """Return what file and environment set for a plugin (`enabled` among it)."""
        fixed = self._fixed.get(name, {})
        return fixed if isinstance(fixed, dict) else {}

    def note(self, record: PluginRecord, hook: str, error: BaseException, *, trips: bool) -> None:
        """Log and remember what a plugin raised. `trips`: others waited for it, so too many of these trip it."""
        place = _place(record, error)
        kind = type(error).__name__
        log.error("plugin failed", plugin=record.name, hook=hook, error=kind, place=place)
        text = f"{kind}: {error}" if str(error) else kind
        self.remember(Failure(record.name, hook, text, place, trips and not record.builtin))

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        return caller.get_hookimpls()

    def _answers(self, name: str, hook: str, arguments: Mapping[str, Any], seconds: float | None = None) -> list[Any]:
        record = self.records[name]
        answers = []
        for one in self._implementations(hook):
            if one.plugin_name != name:
                continue
            if seconds is None and not record.builtin:
                given = [arguments[argument] for argument in one.argnames]
                answer = self._within_start(lambda call=one.function, given=given: call(*given))  # type: ignore[misc]
                answers.append(at_once(answer, hook))
            else:
                answers.append(self._call(record, one, arguments, seconds or self._start_deadline))
        return [answer for answer in answers if answer is not None]

    def _within_start(self, function: Callable[[], T]) -> T:
        """Call what is called at start. gunicorn gives a worker a minute for all of it, however many plugins hang."""
        try:
            return deadline.call(function, self._start_deadline)
        except deadline.Hung:
            self._start_deadline = max(self._start_deadline / 4, min(self._start_deadline, 1.0))
            raise

    def safely(self, record: PluginRecord, what: str, work: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """Return what a plugin's code makes of stored values; if it raises, what it makes `otherwise`."""
        try:
            return work()
        except ANYTHING as error:
            log.warning("plugin failed", plugin=record.name, hook=what, error=type(error).__name__)
            return otherwise()

    def problem_with(self, work: Callable[[], str]) -> str:
        """Return the sentence that `work` returns, or one about what it raised."""
        try:
            return work()
        except (Unavailable, BadConfig):
            raise
        except ANYTHING as error:
            what = f"{type(error).__name__}: {error}"
            return Sentence("Its migrations cannot be read (%(what)s); its author must mend them.", what=what)

    def _call(
        self, record: PluginRecord, implementation: pluggy.HookImpl, arguments: Mapping[str, Any], seconds: float
    ) -> Any:
        given = [arguments[name] for name in implementation.argnames]
        if record.builtin:  # ours: no need of a thread
            return implementation.function(*given)
        answer = deadline.call(lambda: implementation.function(*given), seconds)
        return at_once(answer, implementation.function.__name__)

    def _fail(self, record: PluginRecord, error: BaseException, what: str) -> None:
        kind = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._refuse(
            record,
            Status.FAILED_TO_LOAD,
            Sentence(
                "%(what)s (%(kind)s); update or remove the package %(package)s.",
                what=what,
                kind=kind,
                package=_package(record),
            ),
        )

    def _refuse(self, record: PluginRecord, fault: Status, sentence: str) -> None:
        record.fault, record.error = fault, sentence
        log.warning("plugin cannot run", plugin=record.name, status=str(fault), error=sentence)


class Refused(Exception):
    """Raised by who uses a plugin's answer: it asks for something that is another's. The text is a sentence."""


def _place(record: PluginRecord, error: BaseException) -> str:
    """Return the last line of the plugin's own code that the error passed, or the last line of any."""
    frames = traceback.extract_tb(error.__traceback__)
    module = sys.modules.get(record.module.partition(":")[0])
    folder = str(Path(getattr(module, "__file__", None) or "nowhere").parent)
    own = [frame for frame in frames if frame.filename.startswith(folder)] or frames
    return f"{Path(own[-1].filename).name}, {own[-1].name}, line {own[-1].lineno}" if own else ""


@cache
def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    """Each look at its metadata reads and parses them anew, and a distribution may have many plugins."""
    metadata = distribution.metadata
    return metadata["Name"], metadata["Version"]


def _package(record: PluginRecord) -> str:
    return record.distribution or record.module
