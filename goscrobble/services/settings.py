"""What an administrator may change while the server runs: the core's settings and every plugin's, as flat keys.

File and environment win over what is stored. A change holds in every worker within FRESH seconds: each keeps what it
read for so long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from goscrobble.config import RuntimeSettings
from goscrobble.domain.hints import near
from goscrobble.domain.sentences import Sentence
from goscrobble.domain.validation import fault
from goscrobble.errors import BadInput, Conflict, Unavailable
from goscrobble.plugins import PluginSettings
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.services import secrets
from goscrobble.services.core import Core
from goscrobble.storage import failures
from goscrobble.storage import settings as stored_settings
from goscrobble.storage.database import Connection

M = TypeVar("M", bound=BaseModel)
FRESH = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Option:
    """One key of `/config`."""

    key: str  # REGISTRATION_ENABLED
    owner: str | None  # the plugin, or None for the core
    field: str
    value: Any  # as JSON knows it
    fixed: bool  # set by file or environment: read-only
    description: str
    secret: bool = False  # not to be shown on a page


@dataclass(frozen=True, slots=True)
class _Snapshot:
    read_at: float
    runtime: RuntimeSettings
    plugins: Mapping[str, PluginSettings]
    enabled: Mapping[str, bool]
    tripped: Mapping[str, int]  # until when, Unix seconds
    options: Mapping[str, Option]


def runtime(core: Core) -> RuntimeSettings:
    """Return the core's settings as they are now."""
    return _snapshot(core).runtime


def plugin(core: Core, name: str) -> PluginSettings:
    """Return a plugin's settings as they are now."""
    return _snapshot(core).plugins[name]


def is_enabled(core: Core, name: str) -> bool:
    """Return whether a plugin is switched on."""
    return _snapshot(core).enabled.get(name, False)


def is_tripped(core: Core, name: str) -> bool:
    """Return whether a plugin failed so often that its hooks are left alone for a while."""
    return tripped_until(core, name) is not None


def tripped_until(core: Core, name: str) -> int | None:
    """Return until when a plugin's hooks are left alone, Unix seconds; None: they are asked."""
    until = _snapshot(core).tripped.get(name, 0)
    return until if until > core.now() else None


def options(core: Core) -> Mapping[str, Option]:
    """Return every option by key, the core's first."""
    return _snapshot(core).options


def change(
    core: Core,
    values: Mapping[str, Any],
    *,
    beside: Callable[[Connection, Mapping[str, Any]], None] | None = None,
) -> None:
    """Store these values, all or none. Keys are those of `options`.

    `beside` is what else the transaction does; it is given the new values of the keys whose value is another now.
    Raises BadInput naming a key that is unknown or has a value of the wrong type, Conflict for one that is fixed by
    file or environment (posting the same value is fine).
    """
    known = _read(core).options
    parsed: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            hint = near(key[:80].upper(), known)
            raise BadInput(Sentence("There is no setting called %(name)s%(hint)s", name=key[:80], hint=hint))
        parsed[key] = _parse(core, known[key], value)
        if known[key].fixed and parsed[key] != known[key].value:
            raise Conflict(Sentence("%(key)s is fixed by the configuration file or the environment", key=key))
    changed = {key: value for key, value in parsed.items() if not known[key].fixed}
    _check_together(core, {key: option.value for key, option in known.items()} | changed, known)
    stored = {key: secrets.seal(core, value) if known[key].secret else value for key, value in changed.items()}
    different = {key: value for key, value in changed.items() if value != known[key].value}

    def work(connection: Connection) -> None:
        stored_settings.write(connection, stored, int(core.now()))
        if beside is not None and different:
            beside(connection, different)

    core.database.write(work)
    forget(core)


def forget(core: Core) -> None:
    """Look everything up anew: called after each change."""
    core.database.caches.pop("settings", None)


def _snapshot(core: Core) -> _Snapshot:
    cached: _Snapshot | None = core.database.caches.get("settings")
    if cached is None or not 0 <= core.now() - cached.read_at < FRESH:
        try:
            cached = core.database.caches["settings"] = _read(core)
        except Unavailable:
            if cached is None:
                raise  # else what was true a moment ago will do until the database is back
    return cached


def _read(core: Core) -> _Snapshot:
    with core.database.read() as connection:
        stored = secrets.unseal(core, stored_settings.read_all(connection))
        tripped = failures.tripped(connection, now=int(core.now()))
    fixed = {key: value for key in RuntimeSettings.model_fields if (value := getattr(core.settings, key)) is not None}
    found = {key: stored[key.upper()] for key in RuntimeSettings.model_fields if key.upper() in stored}
    core_settings = _lenient(RuntimeSettings, found, fixed)
    known = {
        key.upper(): Option(key.upper(), None, key, getattr(core_settings, key), key in fixed, field.description or "")
        for key, field in RuntimeSettings.model_fields.items()
    }
    plugins: dict[str, PluginSettings] = {}
    enabled: dict[str, bool] = {}
    for record in core.plugins.records.values():
        if record.builtin or record.fault is not None:
            continue
        plugins[record.name], enabled[record.name] = _read_plugin(core, record, stored, known)
    return _Snapshot(core.now(), core_settings, plugins, enabled, tripped, known)


def _read_plugin(
    core: Core, record: PluginRecord, stored: Mapping[str, Any], known: dict[str, Option]
) -> tuple[PluginSettings, bool]:
    prefix = record.name.upper()
    fixed = dict(core.plugins.fixed_settings(record.name))
    is_on = bool(fixed.get("enabled", stored.get(f"{prefix}_ENABLED", record.enabled_by_default)))
    known[f"{prefix}_ENABLED"] = Option(
        f"{prefix}_ENABLED", record.name, "enabled", is_on, "enabled" in fixed, f"Whether {record.name} is switched on."
    )
    fixed.pop("enabled", None)
    fields = record.settings_model.model_fields
    found = {key: stored[f"{prefix}_{key.upper()}"] for key in fields if f"{prefix}_{key.upper()}" in stored}
    model = record.settings_model
    settings = core.plugins.safely(
        record, "settings", lambda: _readable(_lenient(model, found, fixed)), lambda: model.model_validate(fixed)
    )
    for key, field in fields.items():
        name = f"{prefix}_{key.upper()}"
        value, is_secret = secrets.plain(settings, key), secrets.is_secret(record.settings_model, key)
        known[name] = Option(name, record.name, key, value, key in fixed, field.description or "", is_secret)
    return settings, is_on


def _readable(settings: M) -> M:
    """Return settings that can be shown; raises what a plugin's own types raise if not."""
    settings.model_dump(mode="json")
    return settings


def _lenient(model: type[M], found: Mapping[str, Any], fixed: Mapping[str, Any]) -> M:
    """Make the model; stored values that no longer fit (an older version wrote them) yield to the default."""
    values = dict(found) | dict(fixed)
    while True:
        try:
            return model.model_validate(values)
        except ValidationError as error:
            bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]} & set(found)
            if not (bad := bad or set(found) & set(values)):  # or it is their combination that does not fit
                raise
            values = {key: value for key, value in values.items() if key not in bad}


def _parse(core: Core, option: Option, value: Any) -> Any:
    """Return the value as its model reads it; booleans also as "1" and "0"."""
    if option.owner is not None and option.field == "enabled":
        return _as_bool(option.key, value)
    model = RuntimeSettings if option.owner is None else core.plugins.records[option.owner].settings_model
    if model.model_fields[option.field].annotation is bool:
        value = _as_bool(option.key, value)
    try:
        made = model.model_validate({option.field: value})
    except ValidationError as error:
        raise BadInput(Sentence("%(field)s %(fault)s", field=option.key, fault=fault(error.errors()[0]))) from None
    return secrets.plain(made, option.field)


def _check_together(core: Core, values: Mapping[str, Any], known: Mapping[str, Option]) -> None:
    """Raise BadInput if the settings of one owner, each fine alone, do not go together."""
    for owner in {option.owner for option in known.values()}:
        model = RuntimeSettings if owner is None else core.plugins.records[owner].settings_model
        fields = {option.field: values[key] for key, option in known.items() if option.owner == owner}
        try:
            model.model_validate({key: value for key, value in fields.items() if key in model.model_fields})
        except ValidationError as error:
            why = fault(error.errors()[0])
            raise BadInput(Sentence("These settings do not go together: %(why)s", why=why)) from None


def _as_bool(key: str, value: Any) -> bool:
    if value in ("1", "0", "true", "false"):
        return value in ("1", "true")
    if isinstance(value, bool):
        return value
    raise BadInput(Sentence("%(key)s must be true or false", key=key))
