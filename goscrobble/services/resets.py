"""Forgotten passwords: a mailed token sets one new password, once, within the hour."""

from __future__ import annotations

import secrets

import structlog

from goscrobble.domain.accounts import Account
from goscrobble.errors import NotAuthenticated
from goscrobble.services import identities, mail, passwords
from goscrobble.services.core import Core
from goscrobble.storage import credentials, users
from goscrobble.storage.database import Connection

log = structlog.get_logger("goscrobble.accounts")

LIFE = 3600  # seconds
_NOT_VALID = "This link has been used or is too old, please ask for a new one"


def send(core: Core, email: str) -> None:
    """Have a link mailed to the account of this address, if there is one.

    The work is the same if there is none: one job and one statement either way, in one transaction. The job finds out.
    """
    token, now = secrets.token_urlsafe(32), int(core.now())
    address = email.strip().replace("\0", "")

    def store(connection: Connection) -> None:
        credentials.add_reset_token(connection, address, secret=token, now=now, expires_at=now + LIFE)
        mail.enqueue_reset(connection, token, now=now)

    core.database.write(store)


def is_valid(core: Core, token: str) -> bool:
    """Return whether this token may set a password; nothing is consumed."""
    return _owner(core, token) is not None


def use(core: Core, token: str, password: str) -> None:
    """Set a new password and sign out everywhere.

    Raises NotAuthenticated for a token that is used, expired or unknown; BadInput for a password that cannot be used,
    and then the token stays good.
    """
    owner = _owner(core, token)
    if owner is None:
        raise NotAuthenticated(_NOT_VALID)
    passwords.check(password, username=owner.username, email=owner.email)
    made, now = passwords.make_hash(password), int(core.now())

    def store(connection: Connection) -> bool:
        account = credentials.use_reset_token(connection, token, now=now)
        if account is None:
            return False  # somebody was faster
        users.change(connection, account.id, password_hash=made)
        credentials.end_all(connection, account.id)
        mail.enqueue_notice(connection, account, now=now)
        return True

    if not core.database.write(store):
        raise NotAuthenticated(_NOT_VALID)
    identities.forget(core)
    log.info("password reset", account=owner.uuid)


def _owner(core: Core, token: str) -> Account | None:
    with core.database.read() as connection:
        return credentials.find_reset_token(connection, token, now=int(core.now()))
