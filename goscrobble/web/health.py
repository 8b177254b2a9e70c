"""For the operator: is the process alive, can it work, and what has it done."""

from __future__ import annotations

import time

from flask import Blueprint, Flask, Response, g, jsonify, request

from goscrobble import metrics
from goscrobble.errors import NotFound, Unavailable
from goscrobble.migrations import runner
from goscrobble.services.core import Core
from goscrobble.web import current_core

blueprint = Blueprint("health", __name__)

NOT_READY = {
    "empty": "The database is empty: run `goscrobble database upgrade`",
    "behind": "The database is older than this program: run `goscrobble database upgrade`",
    "ahead": "The database is newer than this program: install the newer version again",
}


def register(app: Flask, core: Core) -> None:
    """Mount the routes, and measure requests if metrics are on."""
    app.register_blueprint(blueprint)
    if core.settings.metrics_enabled:
        app.before_request(_start)
        app.after_request(_measure)


@blueprint.get("/health/live")
def live() -> Response:
    """Answer: the process does."""
    return _fresh(jsonify(status="ok"))


@blueprint.get("/health/ready")
def ready() -> Response:
    """Answer whether the database answers and fits this program; else 503 with why."""
    state = runner.state(current_core().database.engine)
    if state != "current":
        raise Unavailable(NOT_READY[state])
    return _fresh(jsonify(status="ready"))


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Answer Prometheus, if the setting metrics_enabled allows it."""
    if not current_core().settings.metrics_enabled:
        raise NotFound("Metrics are switched off")
    return _fresh(Response(metrics.render(), content_type=metrics.CONTENT_TYPE))


def _fresh(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _start() -> None:
    g.started = time.perf_counter()


def _measure(response: Response) -> Response:
    if "started" in g:
        labels = (request.method, request.endpoint or "none", f"{response.status_code // 100}xx")
        metrics.REQUESTS.labels(*labels).observe(time.perf_counter() - g.started)
    return response
