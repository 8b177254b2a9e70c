"""`/admin`: the administrator's pages. One module a page; nobody else gets to any of them."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint

from goscrobble.domain.periods import zone
from goscrobble.web.pages import visitor
from goscrobble.web.pages.admin import audit, connections, jobs, mail, overview, plugins, settings, users, words

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

PAGES = (overview, users, connections, plugins, settings, jobs, audit, mail)

for page in PAGES:
    blueprint.register_blueprint(page.blueprint)


@blueprint.before_request
def _keep_others_out() -> None:
    visitor.required_admin()


@blueprint.app_template_filter("local")
def _local(at: int) -> datetime:
    """Return a Unix time in the zone of the administrator who looks."""
    return datetime.fromtimestamp(at, zone(visitor.required_admin().time_zone))


blueprint.add_app_template_filter(words.deed, "deed")
blueprint.add_app_template_filter(words.kind, "job_kind")
blueprint.add_app_template_filter(words.status, "plugin_status")
