"""Accounts. Names and e-mail addresses are looked up ignoring case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, inspect, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from goscrobble.domain.accounts import Account, Privacy
from goscrobble.errors import Conflict
from goscrobble.models import User, table
from goscrobble.storage.dialect import upsert

_user = table(User)
_ROSTER_LOCK = 0x676F7363726F62  # any number that nobody else takes as an advisory lock
_COLUMNS: tuple[Any, ...] = (
    _user.c.id,
    _user.c.uuid,
    _user.c.username,
    _user.c.email,
    _user.c.is_admin,
    _user.c.is_mod,
    _user.c.is_disabled,
    _user.c.time_zone,
    _user.c.privacy,
    _user.c.token_version,
    _user.c.created_at,
)


# ---- reading ----


def find_by_id(connection: Connection, user_id: int) -> Account | None:
    """Return the account with this key."""
    return _first(connection, _user.c.id == user_id)


def find_by_uuid(connection: Connection, uuid: str) -> Account | None:
    """Return the account with this UUID (lower case, with dashes)."""
    return _first(connection, _user.c.uuid == uuid) if _storable(uuid) else None


def find_by_username(connection: Connection, name: str) -> Account | None:
    """Return the account of this username, in any case."""
    return _first(connection, _user.c.username_key == name_key(name)) if _storable(name) else None


def find_for_sign_in(connection: Connection, name_or_email: str) -> tuple[Account, str] | None:
    """Return the account of a username or e-mail address, with its password's hash."""
    if not _storable(name_or_email):
        return None
    matches = (
        _user.c.email_key == email_key(name_or_email)
        if "@" in name_or_email  # no username has one
        else _user.c.username_key == name_key(name_or_email)
    )
    row = connection.execute(select(*_COLUMNS, _user.c.password_hash).where(matches)).first()
    return None if row is None else (account(row), str(row.password_hash))


def password_hash(connection: Connection, user_id: int) -> str | None:
    """Return the hash of an account's password."""
    return connection.execute(select(_user.c.password_hash).where(_user.c.id == user_id)).scalar()


def exist(connection: Connection) -> bool:
    """Return whether there is any account; there is none before the first migration."""
    return inspect(connection).has_table(_user.name) and _any(connection)


def list_all(connection: Connection, *, search: str = "", after: str = "", limit: int = 50) -> list[Account]:
    """Return accounts by username, from the one after `after`; `search` is a part of a username or e-mail address."""
    query = select(*_COLUMNS).order_by(_user.c.username_key).limit(limit)
    if after:
        query = query.where(_user.c.username_key > name_key(after))
    if search:
        query = query.where(
            or_(
                _user.c.username_key.contains(name_key(search), autoescape=True),
                _user.c.email_key.contains(email_key(search), autoescape=True),
            )
        )
    return [account(row) for row in connection.execute(query)]


def visible_to(viewer: Account | None) -> ColumnElement[bool]:
    """Return the condition on `user_account` that `domain.accounts.may_see` states of one account."""
    levels = [Privacy.PUBLIC] if viewer is None else [Privacy.PUBLIC, Privacy.MEMBERS]
    shown = and_(_user.c.privacy.in_([str(level) for level in levels]), _user.c.is_disabled.is_(False))
    return shown if viewer is None else or_(shown, _user.c.id == viewer.id)


# ---- writing ----


def add(
    connection: Connection,
    *,
    username: str,
    email: str,
    password_hash: str,
    time_zone: str,
    is_admin: bool = False,
    now: int,
) -> Account:
    """Add an account; the very first is an administrator's. Raises Conflict when the name or address is taken."""
    lock_roster(connection)
    statement = (
        upsert(connection, _user)
        .values(
            username=username,
            username_key=name_key(username),
            email=email,
            email_key=email_key(email),
            password_hash=password_hash,
            time_zone=time_zone,
            is_admin=is_admin or not _any(connection),
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(*_COLUMNS)
    )
    row = connection.execute(statement).first()
    if row is not None:
        return account(row)
    if find_by_username(connection, username) is not None:
        raise Conflict("This username is already taken")
    raise Conflict("This e-mail address is already in use")


def change(connection: Connection, user_id: int, **values: Any) -> Account | None:
    """Set columns of an account (username stays). Returns it as it is now, None when it is gone.

    Raises Conflict when the e-mail address is taken.
    """
    if "email" in values:
        values["email_key"] = email_key(values["email"])
    statement = update(_user).where(_user.c.id == user_id).values(**values).returning(*_COLUMNS)
    try:
        row = connection.execute(statement).first()
    except IntegrityError:
        raise Conflict("This e-mail address is already in use") from None
    return None if row is None else account(row)


def end_tokens(connection: Connection, user_id: int) -> None:
    """Raise the version that every JWT, refresh token, reset token and web session must carry."""
    connection.execute(update(_user).where(_user.c.id == user_id).values(token_version=_user.c.token_version + 1))


def rehash(connection: Connection, user_id: int, old: str, new: str) -> None:
    """Replace a password's hash by a stronger one of the same password, unless it has changed meanwhile."""
    connection.execute(
        update(_user).where(_user.c.id == user_id, _user.c.password_hash == old).values(password_hash=new)
    )


def lock_roster(connection: Connection) -> None:
    """Let one transaction at a time decide who is an administrator. The writers of SQLite queue anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ROSTER_LOCK)))


def has_other_admin(connection: Connection, user_id: int) -> bool:
    """Return whether someone else is an administrator who can sign in. Ask under `lock_roster`."""
    others = select(_user.c.id).where(_user.c.id != user_id, _user.c.is_admin, ~_user.c.is_disabled)
    return connection.execute(others.limit(1)).first() is not None


def erase_some(connection: Connection, user_id: int, limit: int) -> bool:
    """Delete up to `limit` rows of one table that belong to an account; returns whether there may be more.

    Called until it returns False, so that no single transaction is long; `delete_account` does the rest.
    """
    for owned in reversed(User.metadata.sorted_tables):
        if "user_id" not in owned.c:
            continue
        key = tuple_(*owned.primary_key.columns)
        some = select(*owned.primary_key.columns).where(owned.c.user_id == user_id).limit(limit)
        if connection.execute(delete(owned).where(key.in_(some))).rowcount:
            return True
    return False


def delete_account(connection: Connection, user_id: int) -> None:
    """Delete an account and, by the foreign keys, everything of it."""
    connection.execute(delete(_user).where(_user.c.id == user_id))


# ---- parts ----


def name_key(username: str) -> str:
    """Return what must be unique of a username."""
    return username.lower()


def email_key(email: str) -> str:
    """Return what must be unique of an e-mail address."""
    return email.casefold()


def account(row: Any) -> Account:
    """Return the value of a row that holds an account's columns by name."""
    return Account(
        id=row.id,
        uuid=row.uuid,
        username=row.username,
        email=row.email,
        is_admin=row.is_admin,
        is_mod=row.is_mod,
        is_disabled=row.is_disabled,
        time_zone=row.time_zone,
        privacy=Privacy(row.privacy),
        token_version=row.token_version,
        created_at=row.created_at,
    )


def columns() -> tuple[Any, ...]:
    """Return the columns that `account` reads, for joins."""
    return _COLUMNS


def _any(connection: Connection) -> bool:
    return connection.execute(select(_user.c.id).limit(1)).first() is not None


def _first(connection: Connection, condition: Any) -> Account | None:
    row = connection.execute(select(*_COLUMNS).where(condition)).first()
    return None if row is None else account(row)


def _storable(text: str) -> bool:
    """PostgreSQL refuses NUL in text, even to look for it."""
    return "\0" not in text
