"""The pages: plain HTML made on the server, complete without any script. One module a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request, url_for

from goscrobble import __version__
from goscrobble.errors import GoScrobbleError
from goscrobble.web import current_core, security, translations
from goscrobble.web.pages import (
    admin,
    api,
    compare,
    connections,
    covers,
    discoveries,
    editing,
    formats,
    history,
    home,
    milestones,
    music,
    rankings,
    reset,
    search,
    settings,
    sign_in,
    squares,
    theme,
    user,
    visitor,
    years,
)
from goscrobble.web.pages import register as registration

PAGES = (
    home,
    sign_in,
    registration,
    reset,
    user,
    history,
    editing,
    rankings,
    years,
    discoveries,
    compare,
    milestones,
    music,
    search,
    theme,
    settings,
    connections,
    admin,
    api,
)
FOR_EVER = "public, max-age=31536000, immutable"


def register(app: Flask) -> None:
    """Add the pages and what their templates may use."""
    pages = Blueprint("pages", __name__)
    pages.before_request(_guard_forms)
    pages.after_request(_keep_private)
    for page in PAGES:
        pages.register_blueprint(page.blueprint)
    app.register_blueprint(pages)
    app.register_blueprint(covers.blueprint)
    app.context_processor(_who_looks)
    app.after_request(_keep_files)
    translations.register(app)
    app.jinja_env.globals |= {
        "static_url": _static_url(app),
        "cover_url": _cover_url,
        "music_url": _music_url,
        "weekdays": formats.weekdays,
        "version": __version__,
    }
    app.jinja_env.filters |= {
        "number": formats.number,
        "span": formats.span,
        "clock": formats.clock,
        "short_day": formats.short_day,
        "moment": formats.moment,
        "month_name": formats.month_name,
        "weekday_name": formats.weekday_name,
        "short_month": formats.short_month,
        "day_of_year": formats.day_of_year,
        "listing": formats.listing,
        "day_squares": squares.of_days,
        "hour_squares": squares.of_hours,
        "change": formats.change,
        "tone": ord,
        "ago": lambda at: formats.ago(at, current_core().now()),
        "source_name": visitor.source_name,
    }
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _guard_forms() -> None:
    """Only our own pages may send our forms."""
    if request.method == "POST":
        security.check_origin()


def _keep_private(response: Response) -> Response:
    """Have browsers ask anew for what all may see, and keep nowhere what holds a secret."""
    has_secret = request.method == "POST" or "token" in request.args
    response.headers["Cache-Control"] = "no-store" if has_secret else "no-cache"  # with a cookie: see web.security
    response.vary.add("Cookie")
    return response


def _keep_files(response: Response) -> Response:
    """Have browsers keep files whose address changes with their content."""
    if request.endpoint == "static" and "v" in request.args and response.status_code == HTTPStatus.OK:
        response.headers["Cache-Control"] = FOR_EVER
    return response


def _who_looks() -> dict[str, Any]:
    """Give every page who is signed in, and how it looks; an error page, only what can still be found out."""
    seen = {"theme": theme.chosen(), "came_for": _came_for()}
    try:
        return {"viewer": visitor.account()} | seen
    except GoScrobbleError:
        return {"viewer": None} | seen


def _came_for() -> str:
    """Return where a form that is on every page leads back to: this page, or after a form the front page."""
    if request.method != "GET":
        return url_for("pages.home.show")
    return request.script_root + request.full_path.removesuffix("?")


def _cover_url(kind: str, uuid: str, size: int) -> str:
    return f"{request.script_root}/covers/{kind}/{uuid}?size={size}"


def _music_url(kind: str, uuid: str) -> str:
    """Return the address of an artist, album or track: a page has hundreds, and `url_for` would take a while."""
    return f"{request.script_root}/{kind}/{uuid}"


def _static_url(app: Flask) -> Callable[[str], str]:
    """Addresses of our files change with their content, so that browsers may keep them for long."""
    folder = Path(app.static_folder or "")
    known: dict[str, str] = {}

    def static_url(name: str) -> str:
        if name not in known:
            known[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return url_for("static", filename=name, v=known[name])

    return static_url
