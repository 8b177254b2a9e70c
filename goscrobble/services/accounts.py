"""Accounts: made, found, signed in to, changed, deleted."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from goscrobble.domain.accounts import Account, Privacy, may_see
from goscrobble.domain.periods import zone
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, Conflict, NotAllowed, NotAuthenticated, NotFound, Unavailable
from goscrobble.services import attempts, identities, mail, passwords, rollups, telling
from goscrobble.services import settings as runtime_settings
from goscrobble.services.core import Core
from goscrobble.storage import credentials, spellings, users
from goscrobble.storage.database import Connection

log = structlog.get_logger("goscrobble.accounts")

ERASED_AT_ONCE = 2000  # rows a transaction
Beside = Callable[[Connection], None]  # what else the transaction of a change does
_USERNAME = re.compile(r"[A-Za-z0-9_.]{1,64}")
_EMAIL = re.compile(r"[!#$%&'*+/=?^_`{|}~.\w-]{1,64}@[^\s@\x00-\x1f\x7f<>()\[\]\\,;:\"]{1,190}", re.ASCII)
_LAST_ADMIN = Sentence("This is the last administrator; make somebody else one first")


# ---- finding ----


def find(core: Core, username: str) -> Account | None:
    """Return the account of this username, in any case."""
    with core.database.read() as connection:
        return users.find_by_username(connection, username)


def find_by_id(core: Core, user_id: int) -> Account | None:
    """Return the account with this key, as it is now."""
    with core.database.read() as connection:
        return users.find_by_id(connection, user_id)


def named(core: Core, username: str) -> Account:
    """Return the account of this username whoever asks: for administrators. Raises NotFound."""
    account = find(core, username)
    if account is None:
        raise NotFound("There is no such user")
    return account


def visible(core: Core, username: str, viewer: Account | None) -> Account:
    """Return the account if `viewer` (None: not signed in) may see its listening.

    Raises NotFound, alike for one that does not exist and one that is hidden.
    """
    account = find(core, username)
    if account is None or not may_see(viewer, account):
        raise NotFound("There is no such user")
    return account


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of accounts by username; `next` goes to `list_all` as `after`, None: that was all."""

    accounts: list[Account]
    next: str | None


def list_all(core: Core, *, search: str = "", after: str = "", limit: int = 50) -> Listing:
    """Return a page of accounts; `search` is a part of a username or e-mail address."""
    if "\0" in search + after:
        raise BadInput("The search cannot contain a NUL character")
    with core.database.read() as connection:
        found = users.list_all(connection, search=search.strip(), after=after, limit=limit + 1)
    return Listing(found[:limit], found[limit - 1].username if len(found) > limit else None)


def exist(core: Core) -> bool:
    """Return whether there is any account yet; the first one becomes the administrator's."""
    with core.database.read() as connection:
        return users.exist(connection)


def warn_if_none(core: Core) -> None:
    """Say in the log that whoever registers first will be the administrator, while that is so."""
    try:
        anybody = exist(core)
    except Unavailable:
        return  # the readiness check tells about the database
    if not anybody:
        log.warning("there is no account yet: the first one that is created becomes the administrator")


# ---- making ----


def register(
    core: Core,
    *,
    username: str,
    email: str,
    password: str,
    time_zone: str | None = None,
    admin: bool = False,
    beside: Beside | None = None,
) -> Account:
    """Create an account; the very first becomes an administrator's. `time_zone` is an IANA name.

    Raises BadInput with a sentence for what cannot be used, Conflict when the name or address is taken. Whether anyone
    may register is asked by `register_self`: an administrator at the command line always may.
    """
    email = email.strip()
    _check_username(username)
    _check_email(email)
    _check_zone(time_zone or "UTC")
    passwords.check(password, username=username, email=email)
    known_zone = time_zone or runtime_settings.runtime(core).default_timezone
    made, now = passwords.make_hash(password), int(core.now())

    def store(connection: Connection) -> Account:
        account = users.add(
            connection,
            username=username,
            email=email,
            password_hash=made,
            time_zone=known_zone,
            is_admin=admin,
            now=now,
        )
        if beside is not None:
            beside(connection)
        return account

    account = core.database.write(store)
    log.info("account created", account=account.uuid, admin=account.is_admin)
    return account


def register_self(core: Core, *, username: str, email: str, password: str, time_zone: str | None = None) -> Account:
    """Create an account for whoever asks, as `register` does. Raises NotAllowed while registration is closed."""
    if not runtime_settings.runtime(core).registration_enabled:
        raise NotAllowed("Registration is currently disabled")
    return register(core, username=username, email=email, password=password, time_zone=time_zone)


# ---- signing in ----


def sign_in(core: Core, name_or_email: str, password: str, address: str) -> Account:
    """Return the account of someone at `address` who knows its password.

    Raises NotAuthenticated, with the same work and sentence for a wrong password and an unknown name; NotAllowed for a
    disabled account; TooManyRequests after many wrong passwords for this account from this address.
    """
    attempts.check(core, name_or_email, address)
    with core.database.read() as connection:
        found = users.find_for_sign_in(connection, name_or_email)
    if not passwords.matches(password, None if found is None else found[1]) or found is None:
        attempts.note_failure(core, name_or_email, address)
        raise NotAuthenticated("Invalid Username or Password")
    attempts.forgive(core, name_or_email, address)
    account, stored = found
    if account.is_disabled:
        raise NotAllowed("This account is disabled")
    if passwords.is_outdated(stored):
        stronger = passwords.make_hash(password)
        core.database.write(lambda connection: users.rehash(connection, account.id, stored, stronger))
    return account


def confirm(core: Core, account: Account, password: str, address: str) -> None:
    """Check the password of somebody who is signed in, before something that matters. Raises NotAllowed."""
    attempts.check(core, account.username, address)
    with core.database.read() as connection:
        stored = users.password_hash(connection, account.id)
    if not passwords.matches(password, stored):
        attempts.note_failure(core, account.username, address)
        raise NotAllowed("The current password is wrong")


# ---- changing ----


def change(
    core: Core,
    account: Account,
    *,
    time_zone: str | None = None,
    privacy: str | None = None,
    email: str | None = None,
    password: str | None = None,
    beside: Beside | None = None,
) -> Account:
    """Change what is given and return the account as it is now. A new password signs out everywhere.

    Whoever asks has been recognised (`confirm`) where that is needed. Raises BadInput for what cannot be used, Conflict
    for an address that is taken; then nothing has changed. A new time zone, whose sums take longest, comes last.
    """
    values: dict[str, Any] = {}
    if email is not None and email.strip() != account.email:
        values["email"] = email.strip()
        _check_email(values["email"])
    if privacy is not None:
        values["privacy"] = _privacy(privacy)
    if time_zone is not None:
        _check_zone(time_zone)
    if password is not None:
        passwords.check(password, username=account.username, email=values.get("email", account.email))
        values["password_hash"] = passwords.make_hash(password)
    if values:
        _store(core, account, values, ends_tokens=password is not None, beside=beside)
    if time_zone is not None and time_zone != account.time_zone:
        rollups.change_time_zone(core, account, time_zone)
    identities.forget(core)
    return _as_it_is(core, account)


def set_password(core: Core, account: Account, password: str, *, beside: Beside | None = None) -> Account:
    """Give an account a new password, which signs out everywhere."""
    return change(core, account, password=password, beside=beside)


def sign_out_everywhere(core: Core, account: Account) -> None:
    """End every JWT, refresh token, reset token and web session of an account. Its API tokens stay."""
    core.database.write(lambda connection: credentials.end_all(connection, account.id))
    identities.forget(core)
    log.info("signed out everywhere", account=account.uuid)


def set_admin(core: Core, account: Account, admin: bool) -> Account:
    """Promote to administrator, or demote. Raises Conflict for the last one."""
    return manage(core, account, admin=admin)


def set_disabled(core: Core, account: Account, disabled: bool) -> Account:
    """Disable (signed out everywhere, API tokens refused) or enable. Raises Conflict for the last administrator."""
    return manage(core, account, disabled=disabled)


def manage(
    core: Core,
    account: Account,
    *,
    admin: bool | None = None,
    mod: bool | None = None,
    disabled: bool | None = None,
    beside: Beside | None = None,
) -> Account:
    """Change what an administrator decides about an account, all or nothing; returns it as it is now.

    Raises Conflict when no administrator would be left who can sign in.
    """
    wanted = {"is_admin": admin, "is_mod": mod, "is_disabled": disabled}
    values = {column: value for column, value in wanted.items() if value is not None}

    def store(connection: Connection) -> None:
        users.lock_roster(connection)
        if admin is False or disabled is True:
            _keep_an_admin(connection, account.id)
        users.change(connection, account.id, **values)
        if disabled is True:
            credentials.end_all(connection, account.id)
        if beside is not None:
            beside(connection)

    if values:
        core.database.write(store)
        identities.forget(core)
        log.info("account managed", account=account.uuid, **values)
    return _as_it_is(core, account)


def delete(core: Core, account: Account, *, at_once: int = ERASED_AT_ONCE, beside: Beside | None = None) -> None:
    """Erase an account and everything of it. Raises Conflict for the last administrator.

    It is disabled first, then emptied `at_once` rows at a time so that nobody waits for one long transaction; if the
    server dies on the way, deleting it once more finishes the work.
    """
    manage(core, account, disabled=True)
    for erase_some in (spellings.erase_some, users.erase_some):
        while core.database.write(partial(erase_some, user_id=account.id, limit=at_once)):
            pass

    def finish(connection: Connection) -> None:
        users.delete_account(connection, account.id)
        telling.owe_account_removal(core, connection, person=account.uuid)
        if beside is not None:
            beside(connection)

    core.database.write(finish)
    identities.forget(core)
    log.info("account deleted", account=account.uuid)


# ---- parts ----


def _store(core: Core, account: Account, values: dict[str, Any], *, ends_tokens: bool, beside: Beside | None) -> None:
    now = int(core.now())

    def store(connection: Connection) -> None:
        users.change(connection, account.id, **values)
        if "email" in values:  # what was mailed to the old address must not open the account any more
            credentials.end_resets(connection, account.id)
            mail.enqueue_new_address(core, connection, account, now=now)
        if ends_tokens:
            credentials.end_all(connection, account.id)
            mail.enqueue_notice(connection, account, now=now)
        if beside is not None:
            beside(connection)

    core.database.write(store)


def _keep_an_admin(connection: Connection, user_id: int) -> None:
    current = users.find_by_id(connection, user_id)
    leaves = current is not None and current.is_admin and not current.is_disabled
    if leaves and not users.has_other_admin(connection, user_id):
        raise Conflict(_LAST_ADMIN)


def _as_it_is(core: Core, account: Account) -> Account:
    current = find_by_id(core, account.id)
    if current is None:
        raise NotFound("There is no such user")
    return current


def _check_username(username: str) -> None:
    if not _USERNAME.fullmatch(username) or username in {".", ".."}:  # those two mean folders in an address
        raise BadInput("A username has 1 to 64 letters (A to Z), digits, dots or underscores")


def _check_email(email: str) -> None:
    """Plain and sane: what a mail server could take. Whether it is somebody's, only a mail can tell."""
    try:
        ok = _EMAIL.fullmatch(email) is not None and email.partition("@")[2].encode("idna") != b""
    except UnicodeError:
        ok = False
    if not ok:
        raise BadInput("This is not an e-mail address")


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except ValueError as error:
        raise BadInput(*error.args) from None


def _privacy(value: str) -> Privacy:
    try:
        return Privacy(value)
    except ValueError:
        raise BadInput("privacy must be public, members or private") from None
