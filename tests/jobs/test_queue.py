import json

import pytest
from sqlalchemy import select

from goscrobble.models import Job, table
from goscrobble.storage import jobs

KINDS = ["mail"]


def enqueue(core, kind="mail", payload=None, **values):
    core.database.write(lambda c: jobs.enqueue(c, kind, payload or {}, now=int(core.now()), **values))


def claim(core, owner="one", lease=60):
    return core.database.write(lambda c: jobs.claim(c, KINDS, owner=owner, now=int(core.now()), lease=lease))


def rows(core):
    with core.database.read() as connection:
        return connection.execute(select(table(Job)).order_by(table(Job).c.id)).all()


def write(core, verb, job, **values):
    return core.database.write(lambda c: verb(c, job, **values))


def test_a_job_is_claimed_once_and_gone_when_it_is_done(core):
    enqueue(core, payload={"to": "somewhere"})
    job = claim(core)
    assert job.payload == {"to": "somewhere"}
    assert job.attempt == 1
    assert claim(core, "two") is None
    assert write(core, jobs.complete, job) is True
    assert rows(core) == []


def test_a_job_waits_for_its_time(core, clock):
    enqueue(core, run_at=int(clock.at) + 30)
    assert claim(core) is None
    clock.advance(30)
    assert claim(core) is not None


def test_the_job_that_is_due_longest_comes_first(core, clock):
    enqueue(core, payload={"n": 1}, run_at=int(clock.at) - 1)
    enqueue(core, payload={"n": 2}, run_at=int(clock.at) - 9)
    enqueue(core, payload={"n": 3}, run_at=int(clock.at) - 1)
    assert [claim(core).payload["n"] for _ in range(3)] == [2, 1, 3]


def test_a_job_of_a_kind_nobody_here_knows_stays_for_those_who_do(core):
    enqueue(core, "teleport")
    assert claim(core) is None
    assert [row.state for row in rows(core)] == ["waiting"]


def test_a_job_enqueued_in_a_transaction_that_fails_was_never_there(core):
    def work(connection):
        jobs.enqueue(connection, "mail", {}, now=0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        core.database.write(work)
    assert rows(core) == []


def test_there_is_one_job_of_a_key_with_the_newest_payload_and_the_earlier_time(core, clock):
    now = int(clock.at)
    enqueue(core, payload={"n": 1}, key="k", run_at=now + 60)
    enqueue(core, payload={"n": 2}, key="k", run_at=now + 90)
    [row] = rows(core)
    assert (json.loads(row.payload), row.run_at) == ({"n": 2}, now + 60)
    enqueue(core, payload={"n": 3}, key="k", run_at=now + 5)
    [row] = rows(core)
    assert (json.loads(row.payload), row.run_at) == ({"n": 3}, now + 5)


@pytest.mark.parametrize("wait", [0, 5])
def test_a_job_enqueued_again_while_it_is_done_is_done_once_more(core, clock, wait):
    enqueue(core, payload={"n": 1}, key="k")
    first = claim(core)
    clock.advance(wait)
    enqueue(core, payload={"n": 2}, key="k")
    assert claim(core, "two") is None
    assert write(core, jobs.complete, first) is True
    clock.advance(1)
    second = claim(core)
    assert second.payload == {"n": 2}
    assert second.attempt == 1
    assert write(core, jobs.complete, second) is True
    assert rows(core) == []


def test_jobs_without_a_key_are_never_taken_for_each_other(core):
    enqueue(core)
    enqueue(core)
    assert len(rows(core)) == 2


def test_a_job_is_somebody_elses_once_its_lease_ends_and_the_first_can_no_longer_speak_for_it(core, clock):
    enqueue(core)
    lost = claim(core, "one", lease=60)
    clock.advance(59)
    assert claim(core, "two") is None
    clock.advance(1)
    taken = claim(core, "two")
    assert (taken.id, taken.attempt) == (lost.id, 2)
    assert write(core, jobs.renew, lost, lease_until=int(clock.at) + 60) is False
    assert write(core, jobs.complete, lost) is False
    assert write(core, jobs.retry, lost, run_at=0, reason="late") is False
    assert write(core, jobs.bury, lost, reason="late") is False
    assert write(core, jobs.complete, taken) is True


def test_a_worker_that_takes_its_own_lost_job_again_cannot_complete_the_first_claim(core, clock):
    enqueue(core)
    first = claim(core, "one", lease=60)
    clock.advance(61)
    second = claim(core, "one", lease=60)
    assert write(core, jobs.complete, first) is False
    assert write(core, jobs.complete, second) is True


def test_a_renewed_lease_keeps_others_away(core, clock):
    enqueue(core)
    job = claim(core, lease=60)
    clock.advance(50)
    assert write(core, jobs.renew, job, lease_until=int(clock.at) + 60) is True
    clock.advance(50)
    assert claim(core, "two") is None


def test_a_released_job_was_never_tried(core):
    enqueue(core)
    assert write(core, jobs.release, claim(core)) is True
    assert claim(core).attempt == 1


def test_a_dead_job_keeps_its_reason_frees_its_key_and_can_be_revived(core, clock):
    enqueue(core, key="k")
    job = claim(core)
    assert write(core, jobs.bury, job, reason="No such mailbox") is True
    enqueue(core, key="k")
    with core.database.read() as connection:
        [dead] = jobs.list_dead(connection, limit=10)
    assert (dead.id, dead.kind, dead.reason, dead.attempts) == (job.id, "mail", "No such mailbox", 1)
    assert core.database.write(lambda c: jobs.revive(c, dead.id, now=int(clock.at))) is True
    assert core.database.write(lambda c: jobs.revive(c, dead.id, now=int(clock.at))) is False
    assert {claim(core).id, claim(core).id} >= {dead.id}


def test_a_periodic_row_is_made_once_and_wakes_from_a_wrong_clock(core, clock):
    now = int(clock.at)
    for _ in range(2):
        core.database.write(lambda c: jobs.keep_periodic(c, "mail", now=now, every=60))
    [row] = rows(core)
    assert row.run_at == now
    job = claim(core)
    write(core, jobs.reschedule, job, run_at=now + 10**6)
    core.database.write(lambda c: jobs.keep_periodic(c, "mail", now=now, every=60))
    [row] = rows(core)
    assert (row.run_at, row.attempts, row.state) == (now + 60, 0, "waiting")
