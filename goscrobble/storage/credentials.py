"""What people sign in and call with: API, refresh and reset tokens, web sessions. Only digests are stored."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update

from goscrobble.domain.accounts import Account
from goscrobble.models import ApiToken, RefreshToken, ResetToken, User, WebSession, table
from goscrobble.storage import users

_user, _api, _refresh, _reset, _session = map(table, (User, ApiToken, RefreshToken, ResetToken, WebSession))
MOST_RESETS = 5  # live reset tokens of an account: nobody's mailbox is flooded through us


def digest(secret: str) -> bytes:
    """Return what is stored of a secret. One round is enough: every secret holds 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


# ---- API tokens ----


@dataclass(frozen=True, slots=True)
class ApiTokenInfo:
    """An API token as its owner sees it. Times are Unix seconds."""

    id: str  # UUID
    name: str
    scopes: frozenset[str]
    created_at: int
    last_used_at: int | None


def add_api_token(
    connection: Connection, user_id: int, *, name: str, scopes: frozenset[str], secret: str, now: int
) -> ApiTokenInfo:
    """Store a new token."""
    values = {
        "user_id": user_id,
        "name": name,
        "scopes": ",".join(sorted(scopes)),
        "digest": digest(secret),
        "created_at": now,
    }
    return _api_token(connection.execute(insert(_api).values(**values).returning(_api)).one())


def list_api_tokens(connection: Connection, user_id: int) -> list[ApiTokenInfo]:
    """Return the tokens of an account, oldest first."""
    return [
        _api_token(row) for row in connection.execute(select(_api).where(_api.c.user_id == user_id).order_by(_api.c.id))
    ]


def find_api_token(connection: Connection, secret: str) -> tuple[Account, ApiTokenInfo] | None:
    """Return whose token this is, and the token."""
    columns = (*users.columns(), _api.c.uuid.label("token_uuid"), _api.c.name, _api.c.scopes, _api.c.last_used_at)
    made = _api.c.created_at.label("token_created_at")
    joined = select(*columns, made).join_from(_api, _user, _api.c.user_id == _user.c.id)
    row = connection.execute(joined.where(_api.c.digest == digest(secret))).first()
    if row is None:
        return None
    scopes = frozenset(row.scopes.split(","))
    return users.account(row), ApiTokenInfo(row.token_uuid, row.name, scopes, row.token_created_at, row.last_used_at)


def touch_api_token(connection: Connection, uuid: str, *, now: int) -> None:
    """Note when a token was last used."""
    connection.execute(update(_api).where(_api.c.uuid == uuid).values(last_used_at=now))


def delete_api_token(connection: Connection, user_id: int, uuid: str) -> bool:
    """Delete one token of an account; returns whether there was one."""
    return bool(connection.execute(delete(_api).where(_api.c.user_id == user_id, _api.c.uuid == uuid)).rowcount)


def delete_api_tokens(connection: Connection, uuids: Collection[str]) -> int:
    """Delete these tokens, whosever they are; returns how many there were."""
    return connection.execute(delete(_api).where(_api.c.uuid.in_(uuids))).rowcount


# ---- refresh tokens ----


class Exchange(Enum):
    """How the exchange of a refresh token went."""

    DONE = auto()  # its successor is stored
    REPEATED = auto()  # it was exchanged a moment ago: the same successor again
    REFUSED = auto()  # unknown, expired, or its account has moved on
    REUSED = auto()  # somebody has a copy: the family is revoked


def add_refresh_token(
    connection: Connection, account: Account, *, secret: str, family: str, now: int, expires_at: int
) -> None:
    """Store the first token of a family, or a successor."""
    connection.execute(
        insert(_refresh).values(
            digest=digest(secret),
            user_id=account.id,
            family=family,
            token_version=account.token_version,
            created_at=now,
            expires_at=expires_at,
        )
    )


def exchange_refresh_token(
    connection: Connection, secret: str, successor: str, *, now: int, expires_at: int, grace: int
) -> tuple[Exchange, Account | None, int]:
    """Exchange a token for `successor`; returns how it went, whose it is and when the successor expires.

    One conditional UPDATE decides which of several parallel exchanges is the first; the others find it done.
    """
    found = connection.execute(
        update(_refresh)
        .where(_refresh.c.digest == digest(secret), _refresh.c.used_at.is_(None), _refresh.c.expires_at > now)
        .values(used_at=now)
        .returning(_refresh)
    ).first()
    first_use = found is not None
    if found is None:
        found = connection.execute(select(_refresh).where(_refresh.c.digest == digest(secret))).first()
    if found is None or found.expires_at <= now:
        return Exchange.REFUSED, None, 0
    account = users.find_by_id(connection, found.user_id)
    if account is None or account.is_disabled or account.token_version != found.token_version:
        return Exchange.REFUSED, None, 0
    if first_use:
        add_refresh_token(connection, account, secret=successor, family=found.family, now=now, expires_at=expires_at)
        return Exchange.DONE, account, expires_at
    next_one = connection.execute(select(_refresh.c.expires_at).where(_refresh.c.digest == digest(successor))).first()
    if now - found.used_at <= grace and next_one is not None:
        return Exchange.REPEATED, account, next_one.expires_at
    connection.execute(delete(_refresh).where(_refresh.c.family == found.family))
    return Exchange.REUSED, account, 0


def is_family_there(connection: Connection, secret: str) -> bool:
    """Return whether the family of a refresh token goes on: it ends when a copy is used, and with its sign-in."""
    return connection.execute(select(_refresh.c.digest).where(_refresh.c.digest == digest(secret))).first() is not None


# ---- reset tokens ----


def add_reset_request(connection: Connection, email: str, *, request: str, now: int, expires_at: int) -> None:
    """Note that a token is wanted for the account of this address: one statement, whether there is one or not.

    The token itself is made when it is mailed: what waits for that is kept with the request, which sets no password.
    """
    live = (
        select(func.count())
        .where(_reset.c.user_id == _user.c.id, _reset.c.expires_at > now)
        .correlate(_user)
        .scalar_subquery()
    )
    owner = select(literal(_request_digest(request)), _user.c.id, _user.c.token_version, literal(expires_at)).where(
        _user.c.email_key == users.email_key(email), ~_user.c.is_disabled, live < MOST_RESETS
    )
    connection.execute(insert(_reset).from_select(["digest", "user_id", "token_version", "expires_at"], owner))


def answer_reset_request(connection: Connection, request: str, *, secret: str, now: int) -> Account | None:
    """Store a token that is good for as long as the request, and return whose; None when the request is over."""
    mine = (_reset.c.digest == _request_digest(request), _reset.c.expires_at > now)
    row = connection.execute(select(_reset).where(*mine)).first()
    account = None if row is None else _current(connection, row)
    if row is not None and account is not None:
        give_reset_token(connection, account, secret=secret, expires_at=row.expires_at)
    return account


def end_reset_request(connection: Connection, request: str) -> None:
    """Forget a request: its token is mailed."""
    connection.execute(delete(_reset).where(_reset.c.digest == _request_digest(request)))


def end_resets(connection: Connection, user_id: int) -> None:
    """Forget all links to a new password that an account was mailed, and those that it asked for."""
    connection.execute(delete(_reset).where(_reset.c.user_id == user_id))


def take_reset_token(connection: Connection, secret: str) -> None:
    """Forget a token that could not be mailed."""
    connection.execute(delete(_reset).where(_reset.c.digest == digest(secret)))


def _request_digest(request: str) -> bytes:
    """Return what a request is found by: by another function than tokens, so that no text is both."""
    return blake2b(request.encode(), digest_size=32, person=b"reset request").digest()


def give_reset_token(connection: Connection, account: Account, *, secret: str, expires_at: int) -> None:
    """Store a token for an account, whatever tokens it has: for who hands it over in person."""
    values = {"digest": digest(secret), "user_id": account.id, "token_version": account.token_version}
    connection.execute(insert(_reset).values(**values, expires_at=expires_at))


def find_reset_token(connection: Connection, secret: str, *, now: int) -> Account | None:
    """Return whose password this token may set, None when it may none."""
    row = connection.execute(select(_reset).where(_reset.c.digest == digest(secret), _reset.c.expires_at > now)).first()
    return None if row is None else _current(connection, row)


def use_reset_token(connection: Connection, secret: str, *, now: int) -> Account | None:
    """Delete the token and return whose password it may set; of several parallel uses, one gets the account."""
    mine = (_reset.c.digest == digest(secret), _reset.c.expires_at > now)
    row = connection.execute(delete(_reset).where(*mine).returning(_reset)).first()
    return None if row is None else _current(connection, row)


# ---- web sessions ----


def add_web_session(connection: Connection, account: Account, *, secret: str, now: int, expires_at: int) -> None:
    """Store a new session."""
    connection.execute(
        insert(_session).values(
            digest=digest(secret),
            user_id=account.id,
            token_version=account.token_version,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )


def find_web_session(connection: Connection, secret: str, *, now: int) -> tuple[Account, int] | None:
    """Return whose session this is and when it was last noted as seen, None when it has ended."""
    columns = (*users.columns(), _session.c.seen_at)
    row = connection.execute(
        select(*columns)
        .join_from(_session, _user, _session.c.user_id == _user.c.id)
        .where(
            _session.c.digest == digest(secret),
            _session.c.expires_at > now,
            _session.c.token_version == _user.c.token_version,
            ~_user.c.is_disabled,
        )
    ).first()
    return None if row is None else (users.account(row), row.seen_at)


def touch_web_session(connection: Connection, secret: str, *, now: int, expires_at: int) -> None:
    """Note that a session was seen, and put its end off."""
    mine = _session.c.digest == digest(secret)
    connection.execute(update(_session).where(mine).values(seen_at=now, expires_at=expires_at))


def delete_web_session(connection: Connection, secret: str) -> None:
    """End one session."""
    connection.execute(delete(_session).where(_session.c.digest == digest(secret)))


# ---- all of them ----


def end_all(connection: Connection, user_id: int) -> None:
    """End every JWT, refresh token, reset token and web session of an account. API tokens stay."""
    users.end_tokens(connection, user_id)
    for owned in (_refresh, _reset, _session):
        connection.execute(delete(owned).where(owned.c.user_id == user_id))


def delete_expired(connection: Connection, *, now: int) -> int:
    """Delete what has expired; returns how many rows."""
    return sum(
        connection.execute(delete(owned).where(owned.c.expires_at <= now)).rowcount
        for owned in (_refresh, _reset, _session)
    )


def _current(connection: Connection, row: Any) -> Account | None:
    account = users.find_by_id(connection, row.user_id)
    if account is None or account.is_disabled or account.token_version != row.token_version:
        return None
    return account


def _api_token(row: Any) -> ApiTokenInfo:
    return ApiTokenInfo(row.uuid, row.name, frozenset(row.scopes.split(",")), row.created_at, row.last_used_at)
