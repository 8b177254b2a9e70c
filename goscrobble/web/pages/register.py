"""`/register`: making an account."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from goscrobble.domain.periods import zone
from goscrobble.services import accounts
from goscrobble.web import current_core, forms, limits, sessions
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor

blueprint = Blueprint("register", __name__)


@blueprint.get("/register")
def show() -> str | Response:
    """Show the form, or that nobody may."""
    account = visitor.account()
    if account is not None:
        return forms.go_on(url_for("pages.user.show", username=account.username))
    return _page(Form())


@blueprint.post("/register")
@limits.tier("heavy")
def create() -> Response:
    """Create the account, sign it in and go to its page."""
    form = forms.read()
    try:
        account = accounts.register_self(
            current_core(),
            username=form.text("username"),
            email=form.text("email"),
            password=form.secret("password"),
            time_zone=_known_zone(form.text("time_zone")),
        )
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(form.refused(error)))
    answer = forms.go_on(url_for("pages.user.show", username=account.username))
    sessions.open(answer, account)
    return answer


def _page(form: Form) -> str:
    return render_template("register.html", form=form, **visitor.door(current_core()))


def _known_zone(name: str) -> str | None:
    """Return the zone a browser named, or None: one that our tables lack must not keep anybody out."""
    try:
        return zone(name).key if name else None
    except ValueError:
        return None
