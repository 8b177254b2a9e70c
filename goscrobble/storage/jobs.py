"""The queue of background work: rows that one worker at a time holds under a lease.

A row is `waiting` until `run_at`, `running` while somebody holds it, and goes when it is done; one that failed for
good stays as `dead` with its reason. A claim is known by owner and attempt, so that a worker that lost its lease (it
slept, or was cut off) can no longer say anything about the job.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, tuple_, update

from goscrobble.models import Job, table
from goscrobble.storage.dialect import upsert

_job = table(Job)


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that this worker holds. `attempt` counts from 1."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    owner: str
    run_at: int


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that failed for good."""

    id: int
    kind: str
    attempts: int
    reason: str
    created_at: int  # Unix seconds


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as an administrator sees it: never its payload, which may hold a secret. Times are Unix seconds."""

    id: int
    kind: str
    state: str  # waiting, running, dead
    run_at: int  # when it is due; of a dead one, when it was tried last
    attempts: int
    last_error: str
    owner: str  # of a running one: who does it
    created_at: int


_QUEUED = tuple(_job.c[name] for name in QueuedJob.__dataclass_fields__)


def enqueue(
    connection: Connection,
    kind: str,
    payload: Mapping[str, Any],
    *,
    now: int,
    key: str | None = None,
    run_at: int | None = None,
) -> None:
    """Add a job, to be done at `run_at` (Unix seconds; None: at once), in the transaction of what it is about.

    There is at most one job of a key: enqueued again, it takes the new payload and the earlier of both times; if it is
    being done at that moment, it is done once more.
    """
    due = now if run_at is None else run_at
    new = upsert(connection, _job).values(
        kind=kind, key=key, payload=json.dumps(payload), state="waiting", run_at=due, attempts=0, created_at=now
    )
    earlier = case((_job.c.run_at < due, _job.c.run_at), else_=due)
    later = case((_job.c.run_at >= due, _job.c.run_at + 1), else_=due)  # differs from what was claimed: see `complete`
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["key"],
            set_={"payload": new.excluded.payload, "run_at": case((_job.c.state == "waiting", earlier), else_=later)},
        )
    )


def keep_periodic(connection: Connection, kind: str, *, now: int, every: int) -> None:
    """Make sure that the one row of a periodic job is there, due within `every` seconds."""
    new = upsert(connection, _job).values(
        kind=kind, key=kind, payload="{}", state="waiting", run_at=now, attempts=0, created_at=now
    )
    connection.execute(new.on_conflict_do_nothing(index_elements=["key"]))
    # A row from a time when the clock was wrong would sleep for long.
    late = and_(_job.c.key == kind, _job.c.state == "waiting", _job.c.run_at > now + every)
    connection.execute(update(_job).where(late).values(run_at=now + every))


def is_due(connection: Connection, kinds: Collection[str], *, now: int) -> bool:
    """Return whether `claim` would find something; a read, which disturbs nobody."""
    return connection.execute(select(_job.c.id).where(_due(kinds, now)).limit(1)).first() is not None


def claim(connection: Connection, kinds: Collection[str], *, owner: str, now: int, lease: int) -> ClaimedJob | None:
    """Take the job that is due longest, for `lease` seconds. One whose holder let its lease end is due too."""
    first = (
        select(_job.c.id)
        .where(_due(kinds, now))
        .order_by(_job.c.run_at, _job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite has one writer at a time and needs none
        .scalar_subquery()
    )
    row = connection.execute(
        update(_job)
        .where(_job.c.id == first)
        .values(state="running", owner=owner, lease_until=now + lease, attempts=_job.c.attempts + 1)
        .returning(_job.c.id, _job.c.kind, _job.c.payload, _job.c.attempts, _job.c.run_at)
    ).first()
    if row is None:
        return None
    return ClaimedJob(row.id, row.kind, json.loads(row.payload), row.attempts, owner, row.run_at)


def renew(connection: Connection, job: ClaimedJob, *, lease_until: int) -> bool:
    """Hold the job longer. False: somebody else has it now."""
    changed = connection.execute(update(_job).where(_held(job)).values(lease_until=lease_until))
    return changed.rowcount == 1


def complete(connection: Connection, job: ClaimedJob) -> bool:
    """Take the job off the queue, or back to waiting if it was enqueued again meanwhile. False: lost, as in `renew`."""
    if connection.execute(delete(_job).where(_held(job), _job.c.run_at == job.run_at)).rowcount == 1:
        return True
    return _give_back(connection, job, attempts=0, last_error=None)


def release(connection: Connection, job: ClaimedJob) -> bool:
    """Give the job back undone, as if it had not been claimed: the worker ends."""
    return _give_back(connection, job, attempts=job.attempt - 1)


def reschedule(connection: Connection, job: ClaimedJob, *, run_at: int, reason: str | None = None) -> bool:
    """Give back a periodic job until its next time."""
    return _give_back(connection, job, run_at=run_at, attempts=0, last_error=reason)


def retry(connection: Connection, job: ClaimedJob, *, run_at: int, reason: str) -> bool:
    """Give the job back after a failure, to be tried again at `run_at`."""
    return _give_back(connection, job, run_at=run_at, last_error=reason)


def bury(connection: Connection, job: ClaimedJob, *, reason: str) -> bool:
    """Keep the job as failed for good. Its key is free again."""
    return _give_back(connection, job, state="dead", key=None, last_error=reason)


def list_dead(connection: Connection, *, limit: int) -> list[DeadJob]:
    """Return the jobs that failed for good, newest first."""
    rows = connection.execute(
        select(_job.c.id, _job.c.kind, _job.c.attempts, _job.c.last_error, _job.c.created_at)
        .where(_job.c.state == "dead")
        .order_by(_job.c.id.desc())
        .limit(limit)
    )
    return [DeadJob(row.id, row.kind, row.attempts, row.last_error or "", row.created_at) for row in rows]


def page(connection: Connection, state: str, *, after: tuple[int, int] | None, limit: int) -> list[QueuedJob]:
    """Return jobs in a state, those due first first; of the dead, those that failed last.

    `after` is when the last one of the page before was due, and its id.
    """
    place = tuple_(_job.c.run_at, _job.c.id)
    query = select(*_QUEUED).where(_job.c.state == state).limit(limit)
    if state == "dead":
        query = query.order_by(_job.c.run_at.desc(), _job.c.id.desc())
    else:
        query = query.order_by(_job.c.run_at, _job.c.id)
    if after is not None:
        query = query.where(place < after if state == "dead" else place > after)
    return [_queued(row) for row in connection.execute(query)]


def count(connection: Connection) -> dict[str, int]:
    """Return how many jobs there are in each state that any is in."""
    query = select(_job.c.state, func.count()).group_by(_job.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}


def find(connection: Connection, job_id: int) -> QueuedJob | None:
    """Return a job."""
    row = connection.execute(select(*_QUEUED).where(_job.c.id == job_id)).first()
    return None if row is None else _queued(row)


def discard(connection: Connection, job_id: int, state: str) -> bool:
    """Delete a job if it is in this state. False: it is not, or not any more."""
    found = and_(_job.c.id == job_id, _job.c.state == state)
    return connection.execute(delete(_job).where(found)).rowcount == 1


def revive(connection: Connection, job_id: int, *, now: int) -> bool:
    """Try a dead job once more from the start. False: there is no such dead job."""
    dead = and_(_job.c.id == job_id, _job.c.state == "dead")
    return connection.execute(update(_job).where(dead).values(state="waiting", run_at=now, attempts=0)).rowcount == 1


def remove_dead(connection: Connection, *, created_before: int) -> int:
    """Forget dead jobs that were made before; returns how many."""
    old = and_(_job.c.state == "dead", _job.c.created_at < created_before)
    return connection.execute(delete(_job).where(old)).rowcount


def _queued(row: Any) -> QueuedJob:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    return QueuedJob(**(values | {"last_error": row.last_error or "", "owner": row.owner or ""}))


def _due(kinds: Collection[str], now: int) -> ColumnElement[bool]:
    waiting = and_(_job.c.state == "waiting", _job.c.run_at <= now)
    abandoned = and_(_job.c.state == "running", _job.c.lease_until <= now)
    return and_(_job.c.kind.in_(kinds), or_(waiting, abandoned))


def _held(job: ClaimedJob) -> ColumnElement[bool]:
    return and_(
        _job.c.id == job.id, _job.c.state == "running", _job.c.owner == job.owner, _job.c.attempts == job.attempt
    )


def _give_back(connection: Connection, job: ClaimedJob, *, state: str = "waiting", **values: Any) -> bool:
    free = {"state": state, "owner": None, "lease_until": None}
    return connection.execute(update(_job).where(_held(job)).values(**(free | values))).rowcount == 1
