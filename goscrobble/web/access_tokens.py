"""Access tokens: JWTs, HS512. What a token claims about rights is a hint for clients; the database decides."""

from __future__ import annotations

from typing import Any

import jwt
from flask import Flask
from flask_jwt_extended import JWTManager, create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException

from goscrobble.errors import NotAuthenticated
from goscrobble.services.core import Core
from goscrobble.services.sessions import Grant

LONGEST = 4096  # characters; ours have some 1200 at most
LEEWAY = 60  # seconds by which the clocks of several nodes may differ
_ALGORITHM = "HS512"
_NOT_VALID = "This access token is not valid"


def register(app: Flask, core: Core) -> None:
    """Set up Flask-JWT-Extended. Its own look at the clock is put out of action: `read` looks at the core's."""
    app.config.update(
        JWT_ALGORITHM=_ALGORITHM,
        JWT_DECODE_ALGORITHMS=[_ALGORITHM],
        JWT_SECRET_KEY=core.keys.jwt,
        JWT_TOKEN_LOCATION=["headers"],
        JWT_ENCODE_NBF=False,
        JWT_DECODE_LEEWAY=10**10,
    )
    JWTManager(app)


def make(grant: Grant) -> str:
    """Return the JWT of a grant."""
    account = grant.account
    claims = {
        "username": account.username,
        "email": account.email,
        "admin": account.is_admin,
        "mod": account.is_mod,
        "ver": account.token_version,
        "iat": grant.issued_at,
        "exp": grant.expires_at,
        "refresh_token": grant.refresh_token,
        "refresh_exp": grant.refresh_expires_at,
    }
    return str(create_access_token(account.uuid, additional_claims=claims))


def read(token: str, now: float) -> tuple[str, int, str]:
    """Return whose token this is (UUID), the version and the refresh token it carries. Raises NotAuthenticated."""
    claims = _verified(token)
    times = [claims.get(name) for name in ("iat", "exp", "ver")]
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in times):
        raise NotAuthenticated(_NOT_VALID)
    if claims.get("type") != "access" or not all(
        _is_text(claims.get(name)) for name in ("jti", "sub", "refresh_token")
    ):
        raise NotAuthenticated(_NOT_VALID)
    if claims["exp"] <= now:
        raise NotAuthenticated("This access token has expired")
    if claims["iat"] > now + LEEWAY:
        raise NotAuthenticated(_NOT_VALID)
    return claims["sub"], claims["ver"], claims["refresh_token"]


def _verified(token: str) -> dict[str, Any]:
    """Return the claims as they were signed: the library would fill in a missing `type` and `jti`."""
    if len(token) > LONGEST or not token.isascii():
        raise NotAuthenticated(_NOT_VALID)
    try:
        decode_token(token, allow_expired=True)
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, JWTExtendedException, ValueError, TypeError, RecursionError):
        # Beyond its own errors, the library lets out what odd JSON does to it before the signature is checked.
        raise NotAuthenticated(_NOT_VALID) from None
    return claims


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
