"""Plugins: how they are, what they did wrong, and their switches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint
from pydantic import BaseModel, Field, StrictBool

from goscrobble.plugins.declarations import PluginRecord, Status
from goscrobble.services import administration, failures, purging, settings
from goscrobble.services.core import Core
from goscrobble.services.failures import FailureRow
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import moment
from goscrobble.web.body import json_body

blueprint = Blueprint("api_admin_plugins", __name__, url_prefix="/api/v1/admin/plugins")


class Failure(BaseModel):
    """What one hook of a plugin raised."""

    hook: str = Field(description='The hook; "routes" and "poll" for what it does on its own behalf.')
    count: int
    last_at: datetime
    error: str = Field(description="The last error, without credentials.")
    place: str = Field(description="File, function and line.")
    tripped_until: datetime | None = Field(description="Until when the plugin's hooks are left alone for it.")

    @classmethod
    def of(cls, row: FailureRow, now: float) -> Failure:
        """Return the failure in this shape."""
        is_tripped = row.tripped_until is not None and row.tripped_until > now
        return cls(
            hook=row.hook,
            count=row.count,
            last_at=moment(row.last_at),
            error=row.error,
            place=row.place,
            tripped_until=moment(row.tripped_until) if is_tripped and row.tripped_until is not None else None,
        )


class Plugin(BaseModel):
    """A plugin and how it is."""

    name: str
    status: Status
    enabled: bool
    fixed: bool = Field(description="Switched by the configuration file or the environment, so not from here.")
    error: str = Field(description="One sentence: why it cannot run, and what to do.")
    warnings: list[str] = Field(description="A sentence each: what of it does not work as its author meant it.")
    distribution: str
    version: str
    mounts: list[str] = Field(description="Where its routes are.")
    tripped_until: datetime | None = Field(description="Until when its hooks are left alone.")
    failures: list[Failure] = Field(description="By hook, the latest first.")

    @classmethod
    def of(cls, core: Core, record: PluginRecord, known: Iterable[FailureRow]) -> Plugin:
        """Return the plugin in this shape, with those of the known failures that are its own."""
        option = settings.options(core).get(f"{record.name.upper()}_ENABLED")
        until = settings.tripped_until(core, record.name)
        return cls(
            name=record.name,
            status=core.plugins.status(record),
            enabled=core.plugins.runs(record.name),
            fixed=option is not None and option.fixed,
            error=record.error,
            warnings=record.warnings,
            distribution=record.distribution,
            version=record.version,
            mounts=record.mounts,
            tripped_until=None if until is None else moment(until),
            failures=[Failure.of(row, core.now()) for row in known if row.plugin == record.name],
        )


class Leftovers(BaseModel):
    """What a plugin left that is not installed any more. `goscrobble plugins purge <plugin>` removes it."""

    plugin: str
    tables: list[str]
    others: list[str] = Field(
        description="What else of the database's schema, its kind first: `view plugin_tidal_all`."
    )
    settings: list[str] = Field(description="Keys of `/config` that were its own.")
    connections: int = Field(description="How many connections listeners have to it.")
    failures: int = Field(description="How many of its hooks are remembered as failed.")


class Plugins(BaseModel):
    """All plugins that were found, those that cannot run among them, and what others left."""

    plugins: list[Plugin]
    leftovers: list[Leftovers]
    next: None = None


class PluginDecision(BaseModel):
    """Whether the plugin shall take part."""

    enabled: StrictBool


@blueprint.get("")
@describe(tags=["Admin"], summary="All plugins", answers={200: Plugins}, auth="admin")
def list_plugins() -> dict[str, Any]:
    """Answer the plugins."""
    auth.require_admin()
    core = current_core()
    known = failures.list_all(core)
    found = [Plugin.of(core, record, known) for record in core.plugins.records.values() if not record.builtin]
    leftovers = [
        Leftovers(
            plugin=name,
            tables=list(left.tables),
            others=[str(one) for one in left.others],
            settings=list(left.settings),
            connections=left.connections,
            failures=left.failures,
        )
        for name, left in purging.of_the_gone(core).items()
    ]
    return Plugins(plugins=found, leftovers=leftovers).model_dump(mode="json")


@blueprint.get("/<name>")
@describe(tags=["Admin"], summary="One plugin", answers={200: Plugin}, auth="admin")
def show_plugin(name: str) -> dict[str, Any]:
    """Answer one plugin."""
    auth.require_admin()
    return _answer(administration.find_plugin(current_core(), name))


@blueprint.patch("/<name>")
@describe(
    tags=["Admin"],
    summary="Switch a plugin on or off; it holds everywhere within two seconds",
    body=PluginDecision,
    answers={200: Plugin},
    auth="admin",
    errors=(409,),
    example={"enabled": False},
)
def change_plugin(name: str) -> dict[str, Any]:
    """Switch a plugin on or off."""
    by = auth.require_admin().account
    wanted = json_body(PluginDecision)
    return _answer(administration.switch_plugin(current_core(), by, name, wanted.enabled))


@blueprint.post("/<name>/reset")
@describe(
    tags=["Admin"],
    summary="Ask the hooks of a plugin again that failed too often",
    answers={200: Plugin},
    auth="admin",
    errors=(409,),
)
def reset_plugin(name: str) -> dict[str, Any]:
    """Trust a tripped plugin again."""
    by = auth.require_admin().account
    return _answer(administration.reset_plugin(current_core(), by, name))


def _answer(record: PluginRecord) -> dict[str, Any]:
    core = current_core()
    return Plugin.of(core, record, failures.list_all(core)).model_dump(mode="json")
