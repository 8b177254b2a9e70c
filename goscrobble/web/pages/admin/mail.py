"""`/admin/mail`: whether mails arrive, and those that were kept for want of a mail server."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from goscrobble.services import administration, mail
from goscrobble.web import current_core, forms
from goscrobble.web.pages import visitor

SHOWN = 50  # kept mails, the newest

blueprint = Blueprint("mail", __name__, url_prefix="/mail")


@blueprint.get("")
def show() -> str:
    """Show where mails go."""
    core = current_core()
    return render_template(
        "admin/mail.html",
        settings=core.settings,
        folder=core.settings.instance_path / mail.OUTBOX,
        kept=mail.count_kept(core),
        mails=mail.outbox(core, SHOWN),
        done=visitor.done(),
    )


@blueprint.post("/test")
def send_test() -> Response:
    """Send the administrator a mail."""
    administration.send_test_mail(current_core(), visitor.required_admin())
    return forms.go_on(url_for("pages.admin.mail.show", done="sent"))
