"""`/admin`: what runs where, and what needs the administrator's attention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, url_for

from goscrobble.plugins.declarations import Status
from goscrobble.services import administration, failures, mail, nodes, queue
from goscrobble.services.core import Core
from goscrobble.services.nodes import Node
from goscrobble.web import current_core, security
from goscrobble.web.translations import gettext as _
from goscrobble.web.translations import ngettext, translated

LATEST = 5  # kept mails and deeds that are shown
blueprint = Blueprint("overview", __name__)


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - read with its module: overview.Warning
    """Something that needs attention, and where to see to it ("": not here)."""

    sentence: str
    link: str = ""
    label: str = ""


@blueprint.get("")
def show() -> str:
    """Show the state of the whole server."""
    core = current_core()
    running = nodes.running(core)
    return render_template(
        "admin/overview.html",
        warnings=list(_warnings(core, running)),
        settings=core.settings,
        database="SQLite" if core.database.is_sqlite else "PostgreSQL",
        nodes=running,
        kept=mail.count_kept(core),
        mails=mail.outbox(core, LATEST),
        entries=administration.list_entries(core, limit=LATEST).entries,
    )


def _warnings(core: Core, running: Sequence[Node]) -> Iterator[Warning]:
    if security.saw_forwarding():
        yield Warning(
            _(
                "Requests arrive through a proxy, but the setting trusted_proxies is empty: every caller looks like "
                "the proxy, and all of them share one rate limit. Set it to the proxy's address and restart."
            )
        )
    if not any(node.does_jobs for node in running):
        yield Warning(
            _(
                "Nothing does background jobs: no mail is sent and nothing is tidied up. Set jobs.embedded to true, or "
                "start `goscrobble worker`."
            )
        )
    for sentence in nodes.differences(running):
        yield Warning(_("%(difference)s Restart those that are behind.", difference=translated(sentence)))
    yield from _plugins(core)
    if dead := queue.count(core)["dead"]:
        sentence = ngettext("One background job failed for good.", "%(num)s background jobs failed for good.", dead)
        yield Warning(sentence, url_for("pages.admin.jobs.show", state="dead"), _("See why"))


def _plugins(core: Core) -> Iterator[Warning]:
    for record in core.plugins.records.values():
        link = url_for("pages.admin.plugins.show_one", name=record.name)
        if record.fault is not None:
            yield Warning(
                _("The plugin %(name)s cannot run. %(reason)s", name=record.name, reason=translated(record.error)),
                link,
                _("See the plugin"),
            )
        elif core.plugins.status(record) is Status.TRIPPED:
            yield Warning(
                _("The plugin %(name)s failed so often that it is left alone.", name=record.name),
                link,
                _("See what it did"),
            )
    for waiting in failures.list_all(core):
        if waiting.hook == failures.WAITS:
            reason = translated(waiting.error)
            yield Warning(
                _("The plugin %(name)s waits for you. %(reason)s.", name=waiting.plugin, reason=reason),
                url_for("pages.admin.plugins.show_one", name=waiting.plugin),
                _("See the plugin"),
            )
