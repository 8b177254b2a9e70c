"""Asks services for listeners' plays: each connection when it is due, by one worker of all at a time.

How far a connection was polled (its cursor) is stored in the transaction that stores what was found. A worker that dies
in the middle has stored both or neither; the next poll finds the same plays, and those told already are duplicates.
"""

from __future__ import annotations

import math
import random
from typing import Any

import structlog

from goscrobble import logs
from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.domain.sentences import Sentence, ended, said
from goscrobble.errors import NotFound
from goscrobble.plugins.checks import LONGEST_WAIT
from goscrobble.plugins.declarations import PluginRecord, Polled, Poller
from goscrobble.plugins.policy import AdministratorMustAct, NotAuthorized, RetryLater, Unrecoverable
from goscrobble.services import failures, mail
from goscrobble.services.core import Core
from goscrobble.services.source_accounts import Connected
from goscrobble.storage import sources
from goscrobble.storage.database import Connection
from goscrobble.storage.sources import ClaimedPoll

log = structlog.get_logger("goscrobble.polling")

SHORTEST_PAUSE = 5  # seconds after a failure; doubled with each
LONGEST_PAUSE = 240
JITTER = 0.1  # part of a pause by which it varies, so that not all are due at once
SPARE = 30  # seconds of a lease beyond the longest poll


def claim(core: Core, owner: str, limit: int) -> list[ClaimedPoll]:
    """Take up to `limit` connections that are due; nobody else polls them meanwhile."""
    pollers = _pollers(core)
    now = int(core.now())
    with core.database.read() as connection:
        if not pollers or not sources.is_due(connection, pollers, now=now):
            return []
    lease = int(max(poller.deadline for of_plugin in pollers.values() for poller in of_plugin)) + SPARE
    return core.database.write(
        lambda connection: sources.claim_due(connection, pollers, owner=owner, now=now, lease=lease, limit=limit)
    )


def poll(core: Core, claimed: ClaimedPoll) -> None:
    """Poll one connection, store what it brought, and say when it is next due."""
    row = claimed.account
    record = core.plugins.records[row.plugin]
    poller = record.poller(row.source)
    if poller is None:  # another version of the plugin polled this
        _finish(core, claimed, poll_at=None)
        return
    account = Connected(core, row)
    try:
        polled = core.plugins.poll(record, poller, account)
    except RetryLater as error:
        if isinstance(error, AdministratorMustAct):
            failures.tell_administrator(core, row.plugin, logs.without_secrets(said(error)))
        _retry(core, claimed, error)
    except NotAuthorized as error:
        _refuse(core, claimed, said(error) or Sentence("The service does not accept these credentials any more"))
    except Unrecoverable as error:
        _refuse(core, claimed, said(error) or Sentence("The plugin cannot poll this connection"))
    else:
        _store(core, claimed, poller, account, polled)


def fail(core: Core, claimed: ClaimedPoll, error: Exception) -> None:
    """Give back a connection whose poll could not be stored, to be tried again; its owner and the log are told."""
    log.warning("what a poll brought could not be stored", plugin=claimed.account.plugin, error=type(error).__name__)
    _retry(core, claimed, RetryLater("What the service answered could not be stored"))


def run_due(core: Core) -> int:
    """Poll here and now whatever is due; returns how many connections that were."""
    done = 0
    while claimed := claim(core, "run_due", 100):
        for one in claimed:
            poll(core, one)
        done += len(claimed)
    return done


# ---- parts ----


class _Lost(Exception):
    """Somebody else has the lease now, and polls the same."""


def _pollers(core: Core) -> dict[str, tuple[Poller, ...]]:
    """Return the pollers of every plugin that takes part right now."""
    records: list[PluginRecord] = [one for one in core.plugins.records.values() if one.pollers]
    return {record.name: record.pollers for record in records if core.plugins.runs(record.name)}


def _store(core: Core, claimed: ClaimedPoll, poller: Poller, account: Connected, polled: Polled) -> None:
    pause = polled.again_in if polled.again_in is not None else poller.every
    pause = max(1.0, pause * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - spreads load
    values: dict[str, Any] = {"poll_at": int(core.now() + pause), "attempts": 0}
    if polled.cursor is not None:
        values["cursor"] = polled.cursor

    def advance(connection: Connection) -> None:
        if not sources.finish_poll(connection, claimed, **values):
            raise _Lost

    try:
        for event in polled.playing:
            account.observe(event)
        account.submit(polled.drafts, beside=advance)
    except (_Lost, NotFound):
        return  # what is stored is told again as a duplicate; or its owner has gone
    if claimed.account.problem is not None:
        failures.settle_administrator(core, claimed.account.plugin)


def _retry(core: Core, claimed: ClaimedPoll, error: RetryLater) -> None:
    attempts, pause = claimed.account.attempts, error.after
    if pause is None or not math.isfinite(pause):
        pause = min(SHORTEST_PAUSE * 2 ** min(attempts, 10), LONGEST_PAUSE)
    pause = min(max(1, pause), LONGEST_WAIT)
    sentence = said(error) or Sentence("The service cannot be asked right now")
    _finish(core, claimed, logs.without_secrets(sentence), poll_at=int(core.now() + pause), attempts=attempts + 1)


def _refuse(core: Core, claimed: ClaimedPoll, sentence: str) -> None:
    _finish(core, claimed, logs.without_secrets(sentence), by_mail=True, is_refused=True)


def _finish(core: Core, claimed: ClaimedPoll, problem: str = "", *, by_mail: bool = False, **values: Any) -> None:
    """Give a connection back after a poll that stored nothing. Its owner reads of a problem once, not at each try."""
    row, is_news = claimed.account, bool(problem) and claimed.account.problem != problem
    event = SourceEvent(int(core.now()), "", EventOutcome.FAILED, ended(problem))

    def work(connection: Connection) -> None:
        if not sources.finish_poll(connection, claimed, problem=problem or None, **values):
            return
        if is_news:
            sources.note(connection, row.id, [event], heard_at=None)
        if by_mail:
            mail.enqueue_connection(connection, row.uuid, ended(problem), now=int(core.now()))

    core.database.write(work)
