"""Being signed in: chains of refresh tokens behind the JWTs, and web sessions behind the cookie."""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from dataclasses import dataclass

import structlog

from goscrobble.domain.accounts import Account
from goscrobble.errors import NotAuthenticated
from goscrobble.services import identities
from goscrobble.services.core import Core
from goscrobble.storage import credentials
from goscrobble.storage.credentials import Exchange

log = structlog.get_logger("goscrobble.accounts")

GRACE = 10  # seconds in which two tabs may exchange one refresh token
DAY = 86_400  # seconds
WEB_SESSION_LIFE = 30 * DAY
SEEN_NOTED_EVERY = 3600  # seconds: a session slides in steps, not with every page


# ---- refresh tokens ----


@dataclass(frozen=True, slots=True)
class Grant:
    """What a JWT is made of. Times are Unix seconds."""

    account: Account
    issued_at: int
    expires_at: int
    refresh_token: str
    refresh_expires_at: int


def start(core: Core, account: Account) -> Grant:
    """Begin a family of refresh tokens for someone who has just signed in."""
    secret, now = secrets.token_urlsafe(32), int(core.now())
    expires_at, family = _refresh_end(core, now), str(uuid.uuid4())
    core.database.write(
        lambda connection: credentials.add_refresh_token(
            connection, account, secret=secret, family=family, now=now, expires_at=expires_at
        )
    )
    return Grant(account, now, _access_end(core, now), secret, expires_at)


def refresh(core: Core, refresh_token: str) -> Grant:
    """Exchange a refresh token for the next grant. Within GRACE seconds the same token gives the same successor.

    Raises NotAuthenticated for one that is unknown, expired or of an account that has moved on; a later second use,
    which only a copy can be, revokes the whole family.
    """
    now, successor = int(core.now()), _successor(core, refresh_token)
    how, account, expires_at = core.database.write(
        lambda connection: credentials.exchange_refresh_token(
            connection, refresh_token, successor, now=now, expires_at=_refresh_end(core, now), grace=GRACE
        )
    )
    if how is Exchange.REUSED and account is not None:
        identities.forget(core)
        log.warning("a refresh token was used twice: its family is revoked", account=account.uuid)
    if account is None or how not in (Exchange.DONE, Exchange.REPEATED):
        raise NotAuthenticated("This refresh token is not valid any more, please sign in again")
    return Grant(account, now, _access_end(core, now), successor, expires_at)


def _successor(core: Core, refresh_token: str) -> str:
    """Derive the next token, so that the grace period can give it again though only its digest is stored."""
    made = hmac.digest(core.keys.jwt, b"rt" + refresh_token.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _access_end(core: Core, now: int) -> int:
    return now + int(core.settings.access_token_days * DAY)


def _refresh_end(core: Core, now: int) -> int:
    return now + int(core.settings.refresh_token_days * DAY)


# ---- web sessions ----


def open_web(core: Core, account: Account) -> str:
    """Begin a web session; returns what goes into the cookie."""
    secret, now = secrets.token_urlsafe(32), int(core.now())
    core.database.write(
        lambda connection: credentials.add_web_session(
            connection, account, secret=secret, now=now, expires_at=now + WEB_SESSION_LIFE
        )
    )
    return secret


def find_web(core: Core, secret: str) -> tuple[Account, bool] | None:
    """Return whose session this is and whether its end was just put off (then the cookie's is, too)."""
    now = int(core.now())
    with core.database.read() as connection:
        found = credentials.find_web_session(connection, secret, now=now)
    if found is None:
        return None
    account, seen_at = found
    is_due = now - seen_at >= SEEN_NOTED_EVERY
    if is_due:
        core.database.write(
            lambda connection: credentials.touch_web_session(
                connection, secret, now=now, expires_at=now + WEB_SESSION_LIFE
            )
        )
    return account, is_due


def close_web(core: Core, secret: str) -> None:
    """End a web session."""
    core.database.write(lambda connection: credentials.delete_web_session(connection, secret))


# ---- both ----


def forget_expired(core: Core) -> int:
    """Delete refresh tokens, reset tokens and web sessions that have expired; returns how many."""
    now = int(core.now())
    return core.database.write(lambda connection: credentials.delete_expired(connection, now=now))
