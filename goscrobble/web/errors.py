"""One handler for everything that goes wrong, and the id by which a request is found again in the log."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from goscrobble.domain.sentences import Sentence
from goscrobble.errors import GoScrobbleError
from goscrobble.web import current_core
from goscrobble.web.translations import N_, translated
from goscrobble.web.translations import gettext as _

OUR_FAULT = N_("Something went wrong on our side")
MACHINE_PATHS = ("/api/", "/health/")
log = structlog.get_logger("goscrobble.web")

_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_SENTENCES = {
    400: N_("The request cannot be understood"),
    404: N_("There is nothing at this address"),
    405: N_("This address does not take %(method)s requests"),
    408: N_("The request took too long to arrive"),
    413: N_("The request is larger than this server reads"),
    415: N_("The Content-Type of the request is not one this address takes"),
    429: N_("Too many requests, please wait a moment"),
}


def register(app: Flask) -> None:
    """Answer every error in the caller's language: JSON to programs, a page to people."""
    app.before_request(_begin)
    app.after_request(_name_request)
    app.teardown_request(_end)
    app.register_error_handler(GoScrobbleError, _answer_ours)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_bug)


def request_id() -> str:
    """Return this request's id: the one a proxy gave in X-Request-ID if it is well-formed, else a new one."""
    if "request_id" not in g:
        told = request.headers.get("X-Request-ID", "")
        g.request_id = told if _WELL_FORMED_ID.fullmatch(told) else secrets.token_hex(8)
    known: str = g.request_id
    return known


def is_for_machine() -> bool:
    """Return whether programs, not people, read what this request's path answers."""
    return request.path.startswith(MACHINE_PATHS) or request.path == "/metrics"


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id(), method=request.method, path=request.path)


def _end(_error: BaseException | None) -> None:
    structlog.contextvars.unbind_contextvars("request_id", "method", "path")


def _name_request(response: Response) -> Response:
    response.headers["X-Request-ID"] = request_id()
    return response


def _answer_ours(error: GoScrobbleError) -> Response:
    g.refused = error.about
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request failed", error=str(error), status=error.status, exc_info=error.__cause__)
    return _answer(error.status, error.args[0] if error.args else "", retry_after=getattr(error, "retry_after", None))


def _answer_http(error: HTTPException) -> Response | HTTPException:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error  # an answer in the shape of an exception
    if error.code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answer_bug(error)
    message = Sentence(_SENTENCES.get(error.code, error.name), method=request.method)
    response = _answer(error.code, message, retry_after=getattr(error, "retry_after", None))
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _answer_bug(error: Exception) -> Response:
    log.error("request failed", exc_info=error, status=500)
    if "plugin" in g:  # in a route of a plugin's: its administrator shall read of it, but nobody is shut out for it
        plugins = current_core().plugins
        plugins.note(plugins.records[g.plugin], "routes", error, trips=False)
    return _answer(500, OUR_FAULT, request_id=request_id())


def _answer(status: int, message: str, *, retry_after: object = None, request_id: str = "") -> Response:
    g.refusal = message  # with what translators need, where the answer is English
    if is_for_machine():
        response = jsonify({"error": message} | ({"request_id": request_id} if request_id else {}))
    else:
        response = _page(status, message, request_id)
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED and is_for_machine():
        response.headers["WWW-Authenticate"] = 'Bearer realm="GoScrobble"'
    return response


def _page(status: int, message: str, request_id: str) -> Response:
    try:
        told = translated(message)
        if request_id:
            told = _("%(sentence)s (request %(id)s)", sentence=told, id=request_id)
        return Response(render_template("error.html", status=status, message=told), mimetype="text/html")
    except Exception as error:
        log.error("error page failed", exc_info=error)  # noqa: TRY400 - exc_info says which one
        return Response(f"{message}\n", mimetype="text/plain")
