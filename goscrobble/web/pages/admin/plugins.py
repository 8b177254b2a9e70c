"""`/admin/plugins`: how the plugins are, their switches, settings and failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, url_for

from goscrobble.domain.accounts import Account
from goscrobble.errors import GoScrobbleError
from goscrobble.plugins.declarations import PluginRecord, Status
from goscrobble.services import administration, failures, purging, settings
from goscrobble.services.core import Core
from goscrobble.services.failures import FailureRow
from goscrobble.web import current_core, forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.pages.admin import options
from goscrobble.web.translations import translated

blueprint = Blueprint("plugins", __name__, url_prefix="/plugins")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin as the pages show it."""

    record: PluginRecord
    status: Status
    is_on: bool
    is_fixed: bool  # switched by file or environment
    tripped_until: int | None  # Unix seconds
    failures: tuple[FailureRow, ...]

    @property
    def can_run(self) -> bool:
        """Whether it can be switched at all."""
        return self.record.fault is None


@blueprint.get("")
def show() -> str:
    """Show all plugins."""
    return _list()


@blueprint.get("/<name>")
def show_one(name: str) -> str:
    """Show one plugin: its settings, its failures, where it is."""
    return _page(administration.find_plugin(current_core(), name))


@blueprint.post("/<name>/switch")
def switch(name: str) -> Response:
    """Switch a plugin on or off."""
    on = forms.read().text("on") == "1"
    return _attempt(name, lambda core, by: administration.switch_plugin(core, by, name, on))


@blueprint.post("/<name>/reset")
def reset(name: str) -> Response:
    """Ask the hooks of a tripped plugin again."""
    return _attempt(name, lambda core, by: administration.reset_plugin(core, by, name))


@blueprint.post("/<name>/settings")
def change(name: str) -> Response:
    """Change the settings of a plugin."""
    by, core, form = visitor.required_admin(), current_core(), forms.read()
    record = administration.find_plugin(core, name)
    if record.fault is not None:
        return forms.go_on(url_for("pages.admin.plugins.show_one", name=name))
    try:
        administration.change_settings(core, by, options.read(core, name, form))
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(record, form.refused(error)))
    return forms.go_on(url_for("pages.admin.plugins.show_one", name=name, done="settings", _anchor="settings"))


def _attempt(name: str, act: Callable[[Core, Account], object]) -> Response:
    """Do what a button asks, and go back to the plugin."""
    by, core = visitor.required_admin(), current_core()
    record = administration.find_plugin(core, name)
    try:
        act(core, by)
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(record, problem=error))
    return forms.go_on(url_for("pages.admin.plugins.show_one", name=name, done="saved"))


def _list() -> str:
    core = current_core()
    known = failures.list_all(core)
    found = [_plugin(core, record, known) for record in core.plugins.records.values() if not record.builtin]
    return render_template("admin/plugins.html", plugins=found, leftovers=purging.of_the_gone(core))


def _page(record: PluginRecord, form: Form | None = None, problem: GoScrobbleError | None = None) -> str:
    core = current_core()
    plugin = _plugin(core, record, failures.list_all(core))
    return render_template(
        "admin/plugin.html",
        plugin=plugin,
        fields=options.fields(core, record.name, form) if plugin.can_run else [],
        form=form,
        problem=translated(problem) if problem else "",
        done=visitor.done(),
    )


def _plugin(core: Core, record: PluginRecord, known: list[FailureRow]) -> Plugin:
    option = settings.options(core).get(f"{record.name.upper()}_ENABLED")
    return Plugin(
        record=record,
        status=core.plugins.status(record),
        is_on=core.plugins.runs(record.name),
        is_fixed=option is not None and option.fixed,
        tripped_until=settings.tripped_until(core, record.name),
        failures=tuple(row for row in known if row.plugin == record.name),
    )
