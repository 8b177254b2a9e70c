"""Forgotten passwords: a mailed token sets one new password, once, within the hour."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog

from goscrobble.domain.accounts import Account
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import Conflict, NotAuthenticated, NotFound
from goscrobble.services import identities, mail, passwords
from goscrobble.services.core import Core
from goscrobble.storage import credentials, users
from goscrobble.storage.database import Connection

log = structlog.get_logger("goscrobble.accounts")

LIFE = 3600  # seconds
_NOT_VALID = Sentence("This link has been used or is too old, please ask for a new one")


def send(core: Core, email: str) -> None:
    """Have a link mailed to the account of this address, if there is one.

    The work is the same if there is none: one job and one statement either way, in one transaction. The job finds out.
    """
    request, now = secrets.token_urlsafe(16), int(core.now())
    address = email.strip().replace("\0", "")

    def store(connection: Connection) -> None:
        credentials.add_reset_request(connection, address, request=request, now=now, expires_at=now + LIFE)
        mail.enqueue_reset(connection, request, now=now)

    core.database.write(store)


def make_link(core: Core, account: Account, *, beside: Callable[[Connection], None] | None = None) -> str:
    """Return a link that sets a new password of this account, once, within the hour: for who hands it over in person.

    `beside`: what else the transaction does. Raises Conflict for a disabled account, whose link would do nothing.
    """
    token, expires_at = secrets.token_urlsafe(32), int(core.now()) + LIFE

    def store(connection: Connection) -> None:
        current = users.find_by_id(connection, account.id)
        if current is None:
            raise NotFound("There is no such user")
        if current.is_disabled:
            raise Conflict("This account is disabled; enable it first")
        credentials.give_reset_token(connection, current, secret=token, expires_at=expires_at)
        if beside is not None:
            beside(connection)

    core.database.write(store)
    return link(core, token)


def link(core: Core, token: str) -> str:
    """Return the address at which a token sets a password."""
    return f"{core.settings.public_url}/reset?token={token}"


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
