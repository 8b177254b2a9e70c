"""The queue of background work as an administrator sees it: what waits, what runs, what failed for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, Conflict, NotFound
from goscrobble.services import mail, telling
from goscrobble.services.core import Core
from goscrobble.storage import jobs
from goscrobble.storage.database import Connection
from goscrobble.storage.jobs import QueuedJob

__all__ = ["KINDS", "PERIODIC", "STATES", "Listing", "QueuedJob", "count", "discard", "is_known", "list_all", "retry"]

State = Literal["waiting", "running", "dead"]
STATES: tuple[State, ...] = get_args(State)
PERIODIC = "every:"  # begins the kinds of what recurs
# What the handlers and the schedule of `goscrobble.jobs` know: a layer that nothing here may import. A test compares.
KINDS = frozenset(
    {
        mail.JOB,
        telling.JOB,
        f"{PERIODIC}judge-play-sessions",
        f"{PERIODIC}site-charts",
        f"{PERIODIC}housekeeping",
    }
)
_NO_SUCH = Sentence("There is no such job")
_LARGEST_ID = 2**63 - 1

Beside = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of jobs; `next` is the cursor of the one after it, None: that was all."""

    jobs: list[QueuedJob]
    next: str | None


def list_all(core: Core, state: str, *, cursor: str | None = None, limit: int = 50) -> Listing:
    """Return a page of the jobs in a state, those due first first; of the dead, those that failed last.

    Raises BadInput for a state that does not exist and a cursor that is not one of ours.
    """
    if state not in STATES:
        raise BadInput(f"state must be {', '.join(STATES[:-1])} or {STATES[-1]}")
    after = _parse_cursor(cursor) if cursor else None
    with core.database.read() as connection:
        found = jobs.page(connection, state, after=after, limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return Listing(found[:limit], None if last is None else f"{last.run_at}.{last.id}")


def count(core: Core) -> dict[str, int]:
    """Return how many jobs are in each state."""
    with core.database.read() as connection:
        found = jobs.count(connection)
    return {state: found.get(state, 0) for state in STATES}


def is_known(kind: str) -> bool:
    """Return whether this server can do jobs of a kind."""
    return kind in KINDS


def problem(job: QueuedJob) -> str:
    """Return why nothing will come of a job, as a sentence; "" if something may."""
    if is_known(job.kind):
        return ""
    return Sentence(
        "Nothing here does jobs of the kind %(kind)s: its plugin was removed. Install it again or discard the job.",
        kind=job.kind,
    )


def find(core: Core, job_id: str | int) -> QueuedJob:
    """Return a job. Raises NotFound."""
    text = str(job_id)
    number = int(text) if text.isdecimal() and text.isascii() and len(text) < len(str(_LARGEST_ID)) else 0
    with core.database.read() as connection:
        found = jobs.find(connection, number)
    if found is None:
        raise NotFound(_NO_SUCH)
    return found


def retry(core: Core, job: QueuedJob, *, beside: Beside | None = None) -> None:
    """Try a dead job once more from the start. `beside`: what else the transaction does.

    Raises Conflict for a job that is not dead, or that nothing here can do.
    """
    if not is_known(job.kind):
        raise Conflict(problem(job))

    def work(connection: Connection) -> None:
        if not jobs.revive(connection, job.id, now=int(core.now())):
            raise Conflict("Only a job that failed for good can be tried again")
        if beside is not None:
            beside(connection)

    core.database.write(work)


def discard(core: Core, job: QueuedJob, *, beside: Beside | None = None) -> None:
    """Forget a dead job, or a waiting one that nothing here can do. `beside`: what else the transaction does.

    Raises Conflict for any other.
    """
    state = "dead" if is_known(job.kind) or job.state == "dead" else "waiting"

    def work(connection: Connection) -> None:
        if not jobs.discard(connection, job.id, state):
            raise Conflict("Only a job that failed for good, or that nothing here can do, can be discarded")
        if beside is not None:
            beside(connection)

    core.database.write(work)


def _parse_cursor(cursor: str) -> tuple[int, int]:
    due, _, number = cursor.partition(".")
    parts = (due, number)
    if not all(part.isdecimal() and part.isascii() and len(part) < len(str(_LARGEST_ID)) for part in parts):
        raise BadInput("cursor is not one this server gave")
    return int(due), int(number)
