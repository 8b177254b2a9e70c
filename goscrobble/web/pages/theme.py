"""`/theme`: dark or light, kept in a cookie of this browser; without it the system's preference holds."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from goscrobble.errors import BadInput
from goscrobble.web import forms

COOKIE = "theme"
THEMES = ("light", "dark")
SYSTEM = "system"
KEPT = 365 * 86400  # seconds

blueprint = Blueprint("theme", __name__)


def chosen() -> str | None:
    """Return the theme that this browser chose, None for the system's."""
    value = request.cookies.get(COOKIE)
    return value if value in THEMES else None


@blueprint.post("/theme")
def choose() -> Response:
    """Keep a choice and go back to where it was made."""
    form = forms.read()
    theme, back = form.text("theme"), forms.inner_path(form.secret("back"))
    answer = forms.go_on(back or url_for("pages.home.show"))
    if theme == SYSTEM:
        answer.delete_cookie(COOKIE, samesite="Lax")
    elif theme in THEMES:
        answer.set_cookie(COOKIE, theme, max_age=KEPT, samesite="Lax", secure=request.is_secure)
    else:
        raise BadInput("theme must be light, dark or system")
    return answer
