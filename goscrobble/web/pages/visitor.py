"""Who looks at a page, and what every page may want to know."""

from __future__ import annotations

from collections.abc import Iterator

from flask import abort, redirect, request, url_for

from goscrobble.domain.accounts import Account
from goscrobble.errors import NotAllowed
from goscrobble.plugins.declarations import PluginRecord, Source
from goscrobble.services import accounts, settings
from goscrobble.services.core import Core
from goscrobble.web import current_core, sessions


def account() -> Account | None:
    """Return who is signed in with this browser. Other credentials are for programs and open no page."""
    return sessions.current()


def required_account(start: str = "pages.settings.show") -> Account:
    """Return who is signed in, or send them to sign in: then back here, after a form to where its pages start."""
    found = account()
    if found is None:
        here = request.script_root + request.path if request.method == "GET" else url_for(start)
        abort(redirect(url_for("pages.sign_in.show", next=here), 303))
    return found


def required_admin() -> Account:
    """Return the administrator who is signed in, as the database says at this moment. Raises NotAllowed."""
    found = required_account("pages.admin.overview.show")
    if not found.is_admin:
        raise NotAllowed("Only an administrator may do this")
    return found


def done() -> str:
    """Return what was done by the form that led here, so that the page can say so."""
    return request.args.get("done", "")


def door(core: Core) -> dict[str, bool]:
    """Return what the pages in front of the door ask: may anybody register, is this the very first visitor."""
    return {
        "registration_open": settings.runtime(core).registration_enabled,
        "is_new": not accounts.exist(core),
    }


def sources(core: Core) -> Iterator[tuple[str, PluginRecord, Source]]:
    """Yield what can be connected right now, each with a name for it in addresses."""
    for record in core.plugins.records.values():
        if core.plugins.runs(record.name):
            for i, source in enumerate(record.sources):
                yield (record.name if i == 0 else f"{record.name}-{i + 1}"), record, source


def source_names(core: Core) -> dict[str, str]:
    """Return what people call the sources of plays that may come, by their plugins' names."""
    return {record.name: source_name(record.name) for _, record, _ in sources(core)}


def source_name(plugin: str) -> str:
    """Return what people call the source of a play: its title where the plugin has exactly one."""
    record = current_core().plugins.records.get(plugin)
    return record.sources[0].title if record and len(record.sources) == 1 else plugin
