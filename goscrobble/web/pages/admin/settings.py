"""`/admin/settings`: what may be changed while the server runs."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from goscrobble.services import administration
from goscrobble.web import current_core, forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.pages.admin import options

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
def show() -> str:
    """Show the server's own settings."""
    return _page()


@blueprint.post("")
def change() -> Response:
    """Change them, all or nothing."""
    by, core, form = visitor.required_admin(), current_core(), forms.read()
    try:
        administration.change_settings(core, by, options.read(core, None, form))
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(form.refused(error)))
    return forms.go_on(url_for("pages.admin.settings.show", done="saved"))


def _page(form: Form | None = None) -> str:
    core = current_core()
    return render_template(
        "admin/settings.html",
        fields=options.fields(core, None, form),
        form=form,
        folder=core.settings.instance_path,
        done=visitor.done(),
    )
