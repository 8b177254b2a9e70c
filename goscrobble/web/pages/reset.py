"""`/reset`: a new password for who forgot the old one, by a link in a mail."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from goscrobble.errors import NotAuthenticated
from goscrobble.services import resets
from goscrobble.web import current_core, forms, limits
from goscrobble.web.forms import Form

blueprint = Blueprint("reset", __name__)


@blueprint.get("/reset")
def show() -> str:
    """Ask for the e-mail address; behind the mailed link, for the new password."""
    token = request.args.get("token")
    if token is None:
        return render_template("reset.html", stage="ask", form=Form())
    stage = "choose" if resets.is_valid(current_core(), token) else "dead"
    return render_template("reset.html", stage=stage, form=Form(), token=token)


@blueprint.post("/reset")
@limits.tier("heavy")
def ask() -> str:
    """Have the link mailed; the answer is the same whether anybody has that address."""
    resets.send(current_core(), forms.read().text("email"))
    return render_template("reset.html", stage="sent")


@blueprint.post("/reset/password")
@limits.tier("heavy")
def choose() -> Response:
    """Set the new password."""
    form = forms.read()
    token = form.secret("token")
    try:
        resets.use(current_core(), token, form.secret("password"))
    except NotAuthenticated as error:
        return forms.refuse(error, render_template("reset.html", stage="dead"))
    except forms.REFUSALS as error:
        return forms.refuse(error, render_template("reset.html", stage="choose", form=form.refused(error), token=token))
    return forms.go_on(url_for("pages.sign_in.show", done="password"))
