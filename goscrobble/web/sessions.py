"""The cookie of a browser that is signed in."""

from __future__ import annotations

import hashlib
from typing import TypedDict

from flask import g, request
from werkzeug import Response

from goscrobble.domain.accounts import Account
from goscrobble.services import sessions, settings
from goscrobble.web import current_core

COOKIE = "goscrobble_session"


def current() -> Account | None:
    """Return who was signed in in this browser when the request began; a session that has ended is nobody's."""
    if "session_account" not in g:
        secret = request.cookies.get(COOKIE, "")
        found = sessions.find_web(current_core(), secret) if secret else None
        g.session_account = None if found is None else found[0]
        if found is not None and found[0].is_admin:
            settings.forget(current_core())  # another worker may have changed them for the same administrator
        g.session_to_renew = secret if found is not None and found[1] else None
    account: Account | None = g.session_account
    return account


def name() -> str | None:
    """Return a name of this browser's session that gives nothing of its secret away; None where there is none."""
    secret = request.cookies.get(COOKIE, "")
    return hashlib.sha256(f"name of {secret}".encode()).hexdigest() if secret and current() is not None else None


def open(response: Response, account: Account) -> None:  # noqa: A001 - read with its module: sessions.open
    """Begin a session, under a new name whatever the browser had before."""
    _close_old()
    g.session_account = account
    _set(response, sessions.open_web(current_core(), account))


def close(response: Response) -> None:
    """End the session of this browser."""
    _close_old()
    g.session_account = None
    response.delete_cookie(COOKIE, **_attributes())


def renew(response: Response) -> Response:
    """Let the cookie live on with its session; called after every request."""
    if secret := g.get("session_to_renew"):
        _set(response, secret)
    return response


def _close_old() -> None:
    g.session_to_renew = None
    if secret := request.cookies.get(COOKIE):
        sessions.close_web(current_core(), secret)


def _set(response: Response, secret: str) -> None:
    response.set_cookie(COOKIE, secret, max_age=sessions.WEB_SESSION_LIFE, **_attributes())


class _Attributes(TypedDict):
    path: str
    httponly: bool
    samesite: str
    secure: bool


def _attributes() -> _Attributes:
    is_https = current_core().settings.public_url.startswith("https://")
    return _Attributes(path="/", httponly=True, samesite="Lax", secure=is_https)
