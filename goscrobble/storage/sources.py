"""Source accounts: what listeners connected, what happened on them, and what plugins keep for them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, or_, select, update

from goscrobble.domain.accounts import Account
from goscrobble.domain.events import KEPT, LONGEST_REASON, LONGEST_WHAT, EventOutcome, SourceEvent
from goscrobble.domain.sentences import packed, unpacked
from goscrobble.models import SourceAccount, SourceValue, User, table
from goscrobble.models import SourceEvent as SourceEventRow
from goscrobble.storage import users
from goscrobble.storage.dialect import adding, inserting, storable
from goscrobble.storage.prepared import Prepared

_account, _event, _value, _user = map(table, (SourceAccount, SourceEventRow, SourceValue, User))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source account as stored. Times are Unix seconds; `settings` and `question` are JSON."""

    id: int
    uuid: str
    user_id: int
    plugin: str
    source: int
    name: str
    voice: str
    settings: str
    is_paused: bool
    question: str | None
    problem: str | None
    is_refused: bool
    last_heard_at: int | None
    cursor: str | None
    poll_at: int | None
    attempts: int
    created_at: int


_COLUMNS = tuple(_account.c[name] for name in SourceRow.__dataclass_fields__)


# ---- accounts ----


def add(connection: Connection, *, now: int, **values: Any) -> SourceRow | None:
    """Store a source account and return it; None if there is one of this user, plugin and voice already."""
    new = adding(connection, _account, *(column.name for column in _COLUMNS))
    row = connection.execute(new.values({"settings": "{}", "created_at": now} | values)).first()
    return None if row is None else _row(row)


def draft(*, now: int, **values: Any) -> SourceRow:
    """Return a source account as it would be stored; its key 0 is nobody's."""
    empty: dict[str, Any] = dict.fromkeys(("question", "problem", "last_heard_at", "cursor", "poll_at"))
    empty |= {"id": 0, "is_paused": False, "is_refused": False, "attempts": 0, "created_at": now}
    return SourceRow(**(empty | values))


def find(connection: Connection, user_id: int, plugin: str, voice: str) -> SourceRow | None:
    """Return the source account of a user that speaks to a plugin with this voice."""
    return _first(
        connection, and_(_account.c.user_id == user_id, _account.c.plugin == plugin, _account.c.voice == voice)
    )


def find_by_uuid(connection: Connection, user_id: int, uuid: str) -> SourceRow | None:
    """Return a source account of a user by its public id."""
    return _first(connection, and_(_account.c.user_id == user_id, _account.c.uuid == uuid))


def find_with_owner(connection: Connection, uuid: str) -> tuple[Account, str] | None:
    """Return the owner of a source account, and its name."""
    columns = (*users.columns(), _account.c.name)
    row = connection.execute(
        select(*columns).join_from(_account, _user, _account.c.user_id == _user.c.id).where(_account.c.uuid == uuid)
    ).first()
    return None if row is None else (users.account(row), row.name)


def of_user(connection: Connection, user_id: int) -> list[SourceRow]:
    """Return all source accounts of a user, oldest first."""
    query = select(*_COLUMNS).where(_account.c.user_id == user_id).order_by(_account.c.id)
    return [_row(row) for row in connection.execute(query)]


def page(connection: Connection, *, troubled: bool, after: int, limit: int) -> list[tuple[str, SourceRow]]:
    """Return source accounts of everybody with their owners' names, oldest first; `troubled`: those with a problem."""
    query = select(_user.c.username, *_COLUMNS).join_from(_account, _user, _account.c.user_id == _user.c.id)
    query = query.where(_account.c.id > after).order_by(_account.c.id).limit(limit)
    if troubled:
        query = query.where(_account.c.problem.is_not(None))
    return [(row[0], _row(row[1:])) for row in connection.execute(query)]


def change(connection: Connection, account_id: int, **values: Any) -> SourceRow | None:
    """Change columns and return the account as it is now; None if it is gone."""
    statement = update(_account).where(_account.c.id == account_id).values(**values).returning(*_COLUMNS)
    row = connection.execute(statement).first()
    return None if row is None else _row(row)


def remove(connection: Connection, account_id: int) -> None:
    """Delete a source account, its events and values."""
    connection.execute(delete(_account).where(_account.c.id == account_id))


def count_of_plugin(connection: Connection, plugin: str) -> int:
    """Return how many source accounts there are of a plugin."""
    return connection.execute(select(func.count()).where(_account.c.plugin == plugin)).scalar_one()


def plugins(connection: Connection) -> set[str]:
    """Return the plugins that somebody has a source account of."""
    return set(connection.execute(select(_account.c.plugin).distinct()).scalars())


def remove_of_plugin(connection: Connection, plugin: str) -> list[str]:
    """Delete every source account of a plugin; returns the voices they spoke with."""
    gone = delete(_account).where(_account.c.plugin == plugin).returning(_account.c.voice)
    return list(connection.execute(gone).scalars())


def remove_of_voice(connection: Connection, user_id: int, voice: str) -> list[tuple[str, str]]:
    """Delete what speaks with a voice: its token is gone, so it never will again. Returns plugins and UUIDs."""
    gone = delete(_account).where(_account.c.user_id == user_id, _account.c.voice == voice)
    return [(row.plugin, row.uuid) for row in connection.execute(gone.returning(_account.c.plugin, _account.c.uuid))]


# ---- events ----

_COUNT_EVENTS = Prepared(
    lambda _dialect: (
        update(_account)
        .where(_account.c.id == bindparam("the_id"))
        .values(
            events=_account.c.events + bindparam("more"),
            last_heard_at=func.coalesce(bindparam("at"), _account.c.last_heard_at),
        )
        .returning(_account.c.events)
    )
)


def note(connection: Connection, account_id: int, events: Sequence[SourceEvent], *, heard_at: int | None) -> None:
    """Add to what happened on a source account; nothing if that is gone. `heard_at`: it said something itself."""
    counted = _COUNT_EVENTS.fetch(connection, {"the_id": account_id, "more": len(events), "at": heard_at})
    if not counted:
        return
    first = counted[0][0] - len(events)
    rows = [
        {
            "source_account_id": account_id,
            "slot": (first + i) % KEPT,
            "number": first + i,
            "at": event.at,
            "what": storable(event.what, LONGEST_WHAT),
            "outcome": event.outcome.value,
            "reason": _kept(event.reason),
        }
        for i, event in enumerate(events)
    ][-KEPT:]
    _NOTE_EVENTS.run(connection, rows)


def _noting(dialect: str) -> Any:
    """Return the statement that writes events over those in their slots."""
    new = inserting(dialect, _event)
    kept = {name: new.excluded[name] for name in ("number", "at", "what", "outcome", "reason")}
    return new.on_conflict_do_update(index_elements=["source_account_id", "slot"], set_=kept)


_NOTE_EVENTS = Prepared(_noting, _event.c.keys())


def events_of(connection: Connection, account_id: int) -> list[SourceEvent]:
    """Return the last KEPT events of a source account, newest first."""
    query = (
        select(_event.c.at, _event.c.what, _event.c.outcome, _event.c.reason)
        .where(_event.c.source_account_id == account_id)
        .order_by(_event.c.number.desc())
    )
    return [
        SourceEvent(row.at, row.what, EventOutcome(row.outcome), unpacked(row.reason))
        for row in connection.execute(query)
    ]


# ---- polling ----


@dataclass(frozen=True, slots=True)
class ClaimedPoll:
    """A source account that this worker polls. `owner` and `until` (Unix seconds) are its lease."""

    account: SourceRow
    owner: str
    until: int


def claim_due(
    connection: Connection, plugins: Collection[str], *, owner: str, now: int, lease: int, limit: int
) -> list[ClaimedPoll]:
    """Take the source accounts that are due longest; nobody else polls them until `lease` seconds have passed."""
    due = (
        _due(plugins, now)
        .order_by(_account.c.poll_at, _account.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=_account)  # SQLite has one writer at a time and needs none
    )
    found = [row.id for row in connection.execute(due)]
    if not found:
        return []
    taken = connection.execute(
        update(_account)
        .where(_account.c.id.in_(found))
        .values(poll_owner=owner, poll_until=now + lease)
        .returning(*_COLUMNS)
    )
    return [ClaimedPoll(_row(row), owner, now + lease) for row in taken]


def is_due(connection: Connection, plugins: Collection[str], *, now: int) -> bool:
    """Return whether `claim_due` would find something; a read, which disturbs nobody."""
    return connection.execute(_due(plugins, now).limit(1)).first() is not None


def finish_poll(connection: Connection, poll: ClaimedPoll, *, problem: str | None = None, **values: Any) -> bool:
    """Give a source account back with what the poll changed. False: the lease was lost, and nothing changes."""
    held = and_(
        _account.c.id == poll.account.id, _account.c.poll_owner == poll.owner, _account.c.poll_until == poll.until
    )
    free = {"poll_owner": None, "poll_until": None}
    changes = free | values | {"problem": problem and packed(problem)}
    changes = {key: storable(value) if isinstance(value, str) else value for key, value in changes.items()}
    return connection.execute(update(_account).where(held).values(**changes)).rowcount == 1


# ---- values ----


def value_of(connection: Connection, account_id: int, key: str) -> Any:
    """Return a value, None if there is none."""
    text = connection.execute(select(_value.c.value).where(_is(account_id, key))).scalar()
    return None if text is None else json.loads(text)


def values_of(connection: Connection, account_id: int, prefix: str) -> list[tuple[str, Any]]:
    """Return the keys that begin so and their values, in the order in which the keys were first kept."""
    query = (
        select(_value.c.key, _value.c.value)
        .where(_value.c.source_account_id == account_id, func.substr(_value.c.key, 1, len(prefix)) == prefix)
        .order_by(_value.c.number)
    )
    return [(row.key, json.loads(row.value)) for row in connection.execute(query)]


def put_value(connection: Connection, account_id: int, key: str, value: Any) -> None:
    """Keep a value; an earlier one of this key is replaced."""
    if not _add_value(connection, account_id, key, value):
        connection.execute(update(_value).where(_is(account_id, key)).values(value=json.dumps(value)))


def add_value(connection: Connection, account_id: int, key: str, value: Any) -> Any:
    """Keep a value unless there is one of this key already; returns the one that is kept."""
    return value if _add_value(connection, account_id, key, value) else value_of(connection, account_id, key)


def remove_values(connection: Connection, account_id: int, keys: Collection[str]) -> None:
    """Forget values."""
    connection.execute(delete(_value).where(_value.c.source_account_id == account_id, _value.c.key.in_(keys)))


def _add_value(connection: Connection, account_id: int, key: str, value: Any) -> bool:
    # The account's row orders who adds at the same time, and says whether there is still an account.
    if connection.execute(select(_account.c.id).where(_account.c.id == account_id).with_for_update()).first() is None:
        return True
    if connection.execute(select(_value.c.key).where(_is(account_id, key))).first() is not None:
        return False
    last = connection.execute(
        select(func.coalesce(func.max(_value.c.number), 0)).where(_value.c.source_account_id == account_id)
    ).scalar_one()
    new = {"source_account_id": account_id, "key": key, "number": last + 1, "value": json.dumps(value)}
    connection.execute(insert(_value).values(new))
    return True


# ---- parts ----


def _due(plugins: Collection[str], now: int) -> Select[tuple[int]]:
    """Return the query for the source accounts that are to be polled; those of disabled people are not."""
    owned = select(_account.c.id).join_from(_account, _user, _account.c.user_id == _user.c.id)
    return owned.where(
        _account.c.plugin.in_(plugins),
        _account.c.poll_at <= now,
        ~_account.c.is_paused,
        ~_account.c.is_refused,
        ~_user.c.is_disabled,
        or_(_account.c.poll_until.is_(None), _account.c.poll_until <= now),
    )


def _row(columns: Sequence[Any]) -> SourceRow:
    row = SourceRow(*columns)
    return row if row.problem is None else replace(row, problem=unpacked(row.problem))


def _kept(reason: str) -> str:
    """Return a reason as it is stored; one that is too long forgets what its sentence was made of."""
    kept = storable(packed(reason))
    return kept if len(kept) <= LONGEST_REASON else storable(reason, LONGEST_REASON)


def _first(connection: Connection, condition: Any) -> SourceRow | None:
    row = connection.execute(select(*_COLUMNS).where(condition)).first()
    return None if row is None else _row(row)


def _is(account_id: int, key: str) -> Any:
    return and_(_value.c.source_account_id == account_id, _value.c.key == key)
