"""`/`: what this is, for whoever comes for the first time."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from goscrobble.web import current_core, forms
from goscrobble.web.pages import visitor

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def show() -> str | Response:
    """Show the front page; who is signed in goes on to their own."""
    account = visitor.account()
    if account is not None:
        return forms.go_on(url_for("pages.user.show", username=account.username))
    sources = [source.title for _, _, source in visitor.sources(current_core())]
    return render_template("home.html", sources=sources, **visitor.door(current_core()))
