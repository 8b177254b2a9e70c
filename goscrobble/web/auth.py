"""Who is calling: one function turns any credential, however it arrives, into the same context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from flask import Flask, g, request

from goscrobble.domain.accounts import Account
from goscrobble.errors import NotAllowed, NotAuthenticated
from goscrobble.services import accounts, identities, settings, tokens
from goscrobble.services.core import Core
from goscrobble.web import access_tokens, current_core, security, sessions

ALL_SCOPES = frozenset({*tokens.SCOPES, "account"})
_SCHEMES = {"bearer", "token"}
_LONGEST_KEY = 200  # characters; an API token has 46
_NOBODY = "Sign in first: this needs an access token or an API token"


@dataclass(frozen=True, slots=True)
class AuthContext:
    """Who is calling, by which credential, and what it may do."""

    account: Account
    kind: Literal["jwt", "api-token", "session"]
    scopes: frozenset[str]  # of ingest, read, write, account
    token_uuid: str | None = None  # of an API token
    token_name: str = ""  # same


def register(app: Flask, core: Core) -> None:
    """Set up access tokens and sessions; say in the log while there is no account."""
    access_tokens.register(app, core)
    app.after_request(sessions.renew)
    accounts.warn_if_none(core)


def identify() -> AuthContext | None:
    """Return who calls, None for nobody. Raises NotAuthenticated for a credential that is wrong or has ended."""
    if "auth" not in g:
        g.auth = _by_header() or _by_cookie()
        if g.auth is not None and g.auth.account.is_admin:
            settings.forget(current_core())  # another worker may have changed them for the same administrator
    known: AuthContext | None = g.auth
    return known


def require(scope: Literal["read", "write", "ingest", "account"]) -> AuthContext:
    """Return who calls, if that credential may do this.

    JWT and session hold every scope; "account" is never an API token's. Raises NotAuthenticated, NotAllowed, and
    BadInput for a call with a session's cookie that is not JSON.
    """
    context = identify()
    if context is None:
        raise NotAuthenticated(_NOBODY)
    if context.kind == "session" and request.path.startswith("/api/"):
        security.check_origin()  # a browser sends its cookie for any page; forms of our own pages are checked there
    _check_scope(context, scope)
    return _as_it_is(context) if scope == "account" else context


def require_admin() -> AuthContext:
    """Return who calls, if that is an administrator, as the database says at this moment."""
    context = require("account")
    if not context.account.is_admin:
        raise NotAllowed("Only an administrator may do this")
    return context


def identify_ingress(field_key: str | None) -> AuthContext:
    """Return who sends plays: by header, by the query parameter `key`, or by `field_key`, the body's field `key`.

    The last two take API tokens only: a JWT in an address would carry an e-mail address into a proxy's log. No cookie
    counts here, since these routes take bodies of any type. Raises NotAuthenticated, NotAllowed without the scope.
    """
    context = _by_header(remembered=True) or _by_key(request.args.get("key") or field_key)
    if context is None:
        raise NotAuthenticated("Send an API token: as `Authorization: Bearer <token>`, or as the parameter `key`")
    _check_scope(context, "ingest")
    g.auth = context
    return context


# ---- transports ----


def _by_header(*, remembered: bool = False) -> AuthContext | None:
    scheme, _, credential = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() not in _SCHEMES:
        return None  # a proxy's own Basic sign-in is none of our business
    credential = credential.strip()
    by = _by_api_token if credential.startswith(tokens.PREFIX) else _by_jwt
    return by(credential, remembered=remembered)


def _by_key(key: str | None) -> AuthContext | None:
    if not key:
        return None
    if not key.startswith(tokens.PREFIX):
        raise NotAuthenticated("Only an API token can be sent as `key`")
    return _by_api_token(key, remembered=True)


def _by_cookie() -> AuthContext | None:
    account = sessions.current()
    return None if account is None else AuthContext(account, "session", ALL_SCOPES)


# ---- credentials ----


def _by_api_token(secret: str, *, remembered: bool) -> AuthContext:
    is_possible = len(secret) <= _LONGEST_KEY
    found = identities.by_api_token(current_core(), secret, remembered=remembered) if is_possible else None
    if found is None:
        raise NotAuthenticated("This API token is not valid")
    account, token = found
    return AuthContext(account, "api-token", token.scopes, token.id, token.name)


def _by_jwt(text: str, *, remembered: bool) -> AuthContext:
    core = current_core()
    uuid, version, refresh_token = access_tokens.read(text, core.now())
    account = identities.by_grant(core, uuid, refresh_token, remembered=remembered)
    if account is None or account.token_version != version:
        raise NotAuthenticated("This access token is not valid any more, please sign in again")
    return AuthContext(account, "jwt", ALL_SCOPES)


# ---- rights ----


def _check_scope(context: AuthContext, scope: str) -> None:
    if scope in context.scopes:
        return
    if scope == "account":
        raise NotAllowed("An API token may not do this, please sign in")
    raise NotAllowed(f"This API token lacks the scope {scope}")


def _as_it_is(context: AuthContext) -> AuthContext:
    """Look again, past what is remembered for a moment, before something that matters."""
    account = accounts.find_by_id(current_core(), context.account.id)
    if account is None or account.is_disabled or account.token_version != context.account.token_version:
        raise NotAuthenticated("You have been signed out, please sign in again")
    return replace(context, account=account)
