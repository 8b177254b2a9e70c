import itertools
import threading
import time

import pytest
import structlog

from goscrobble.jobs.runner import LEASE, MOST_ATTEMPTS, Runner
from goscrobble.jobs.schedule import Periodic
from goscrobble.plugins.policy import RetryLater, Unrecoverable
from goscrobble.storage import jobs


def enqueue(core, kind="try", payload=None):
    core.database.write(lambda c: jobs.enqueue(c, kind, payload or {}, now=int(core.now())))


def dead(core):
    with core.database.read() as connection:
        return [(one.attempts, one.reason) for one in jobs.list_dead(connection, limit=10)]


def raising(error):
    def handler(core, payload):
        raise error

    return handler


def until(question, seconds=10):
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def test_what_is_due_is_done_with_its_payload(core):
    seen = []
    enqueue(core, payload={"n": 1})
    enqueue(core, payload={"n": 2})
    runner = Runner(core, handlers={"try": lambda core, payload: seen.append(payload["n"])})
    assert runner.run_due() == 2
    assert seen == [1, 2]
    assert runner.run_due() == 0


def test_a_failed_job_is_tried_again_after_pauses_that_double_up_to_four_minutes(core, clock):
    tries = []

    def handler(core, payload):
        tries.append(core.now())
        raise ValueError("not today")

    enqueue(core)
    runner = Runner(core, handlers={"try": handler})
    while not dead(core):
        runner.run_due()
        clock.advance(5)
    pauses = [round(b - a) for a, b in itertools.pairwise(tries)]
    assert pauses == [5, 10, 20, 40, 80, 160] + [240] * (MOST_ATTEMPTS - 7)
    assert dead(core) == [(MOST_ATTEMPTS, "ValueError: not today")]


def test_a_job_may_say_when_to_try_again(core, clock):
    enqueue(core)
    tries = []

    def handler(core, payload):
        tries.append(core.now())
        if len(tries) == 1:
            raise RetryLater("busy", after=33)

    runner = Runner(core, handlers={"try": handler})
    runner.run_due()
    clock.advance(32)
    assert runner.run_due() == 0
    clock.advance(1)
    assert runner.run_due() == 1
    assert len(tries) == 2
    assert dead(core) == []


def test_an_unrecoverable_job_is_kept_with_its_reason_and_not_tried_again(core, clock):
    enqueue(core)
    runner = Runner(core, handlers={"try": raising(Unrecoverable("No such mailbox"))})
    assert runner.run_due() == 1
    assert dead(core) == [(1, "Unrecoverable: No such mailbox")]
    clock.advance(1_000_000)
    assert runner.run_due() == 0


def test_a_job_that_ends_its_worker_again_and_again_is_given_up(core, clock):
    enqueue(core)
    for _ in range(MOST_ATTEMPTS):
        core.database.write(lambda c: jobs.claim(c, ["try"], owner="gone", now=int(core.now()), lease=LEASE))
        clock.advance(LEASE)
    seen = []
    Runner(core, handlers={"try": lambda core, payload: seen.append(payload)}).run_due()
    assert seen == []
    assert dead(core) == [(MOST_ATTEMPTS + 1, f"Its worker ended in the middle of it, {MOST_ATTEMPTS} times.")]


def test_no_log_line_tells_what_an_error_says(core):
    enqueue(core)
    with structlog.testing.capture_logs() as lines:
        Runner(core, handlers={"try": raising(ValueError("ada@example.org"))}).run_due()
    assert any(line["event"] == "job failed" for line in lines)
    assert "ada@" not in str(lines)


def test_between_slices_the_lease_is_renewed(core, clock):
    rival = []

    def slices(core, payload):
        for _ in range(10):
            clock.advance(LEASE / 2)
            yield
            rival.append(Runner(core, handlers={"try": slices}).run_due())

    enqueue(core)
    assert Runner(core, handlers={"try": slices}).run_due() == 1
    assert rival == [0] * 10


def test_a_worker_that_lost_its_job_stops_at_the_next_slice(core, clock):
    done = []

    def slices(core, payload):
        done.append("first slice")
        if len(done) == 1:
            clock.advance(LEASE + 1)  # it slept: meanwhile another did all of it
            assert Runner(core, handlers={"try": slices}).run_due() == 1
        yield
        done.append("second slice")

    enqueue(core)
    Runner(core, handlers={"try": slices}).run_due()
    assert done == ["first slice", "first slice", "second slice"]


def test_a_job_interrupted_by_the_end_of_its_worker_goes_back_untried(core):
    begun = threading.Event()

    def endless(core, payload):
        while True:
            begun.set()
            time.sleep(0.01)
            yield

    enqueue(core)
    runner = Runner(core, handlers={"try": endless})
    runner.start()
    assert begun.wait(10)
    runner.stop()
    job = core.database.write(lambda c: jobs.claim(c, ["try"], owner="next", now=int(core.now()), lease=LEASE))
    assert job.attempt == 1


def test_two_workers_never_do_one_job_twice(core):
    seen = []
    for n in range(40):
        enqueue(core, payload={"n": n})
    runners = [Runner(core, handlers={"try": lambda core, p: seen.append(p["n"])}, idle=0.01) for _ in range(4)]
    for runner in runners:
        runner.start()
    until(lambda: len(seen) >= 40)
    for runner in runners:
        runner.stop()
    assert sorted(seen) == list(range(40))


def test_a_slow_job_delays_no_tick(core, clock):
    ticks = []
    hold = threading.Event()
    enqueue(core)
    runner = Runner(
        core,
        handlers={"try": lambda core, payload: hold.wait(20) and None},
        periodic=[Periodic("every:tick", 5, lambda core: ticks.append(core.now()))],
        idle=0.01,
    )
    runner.start()
    until(lambda: len(ticks) == 1)
    clock.advance(5)
    until(lambda: len(ticks) == 2)
    hold.set()
    runner.stop()
    assert ticks[1] - ticks[0] == 5


def test_of_all_workers_one_does_each_tick(core, clock):
    ticks = []
    runners = [
        Runner(core, handlers={}, periodic=[Periodic("every:tick", 5, lambda core: ticks.append(core.now()))])
        for _ in range(3)
    ]
    for _ in range(4):
        for runner in runners:
            runner.run_due()
        clock.advance(5)
    assert ticks == [clock.at - 20, clock.at - 15, clock.at - 10, clock.at - 5]


def test_a_tick_that_fails_is_tried_at_the_next(core, clock):
    runner = Runner(core, handlers={}, periodic=[Periodic("every:tick", 5, lambda core: 1 / 0)])
    assert runner.run_due() == 1
    assert runner.run_due() == 0
    clock.advance(5)
    assert runner.run_due() == 1
    assert dead(core) == []


@pytest.mark.parametrize("error", [ZeroDivisionError(), RetryLater(), ValueError("x" * 10_000)])
def test_whatever_a_job_raises_the_queue_goes_on(core, error):
    seen = []
    enqueue(core, "bad")
    enqueue(core, "try")
    Runner(core, handlers={"bad": raising(error), "try": lambda core, payload: seen.append(1)}).run_due()
    assert seen == [1]
