"""`/login` and `/logout`."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from goscrobble.services import accounts
from goscrobble.web import current_core, forms, sessions
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.translations import N_
from goscrobble.web.translations import gettext as _

NOTICES = {
    "password": N_("Your new password is set. Sign in with it."),
    "everywhere": N_("You are signed out on every device."),
    "deleted": N_("Your account and everything in it was deleted."),
    "out": N_("You are signed out."),
}

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/login")
def show() -> str | Response:
    """Show the form."""
    account = visitor.account()
    going_on = forms.inner_path(request.args.get("next", ""))
    if account is not None:
        return forms.go_on(going_on or url_for("pages.user.show", username=account.username))
    done = request.args.get("done", "")
    notice = _("Please sign in first.") if going_on else _(NOTICES[done]) if done in NOTICES else ""
    return _page(Form(), going_on, notice)


@blueprint.post("/login")
def enter() -> Response:
    """Sign in and go on to where one wanted to, else to the own page."""
    form = forms.read()
    going_on = forms.inner_path(form.secret("next"))
    try:
        account = accounts.sign_in(
            current_core(), form.text("username"), form.secret("password"), request.remote_addr or ""
        )
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(form.refused(error), going_on))
    answer = forms.go_on(going_on or url_for("pages.user.show", username=account.username))
    sessions.open(answer, account)
    return answer


@blueprint.post("/logout")
def leave() -> Response:
    """End this browser's session."""
    answer = forms.go_on(url_for("pages.sign_in.show", done="out"))
    sessions.close(answer)
    return answer


def _page(form: Form, going_on: str | None, notice: str = "") -> str:
    return render_template("sign_in.html", form=form, next=going_on or "", notice=notice)
