"""Background work as administrators see it."""

import pytest

from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.schedule import PERIODIC
from goscrobble.services import queue
from goscrobble.storage import jobs

UNKNOWN = "Nothing here does jobs of the kind tidal: its plugin was removed. Install it again or discard the job."


def listed(call, **query):
    return call("GET", "/admin/jobs", query_string=query).json


def test_the_kinds_that_are_known_are_those_that_are_done():
    assert {*HANDLERS, *(one.kind for one in PERIODIC)} == queue.KINDS


def test_a_job_is_shown_without_its_payload(call, clock, bury):
    job = bury(token="hunter2")
    answer = call("GET", "/admin/jobs")
    assert "hunter2" not in answer.text
    assert answer.json["counts"] == {"waiting": 0, "running": 0, "dead": 1}
    assert answer.json["jobs"] == [
        {
            "id": job,
            "kind": "mail",
            "state": "dead",
            "run_at": "1970-01-01T00:00:01Z",
            "attempts": 1,
            "last_error": "It was not meant to be.",
            "created_at": "2026-06-01T12:00:00Z",
            "problem": "",
        }
    ]


def test_jobs_are_listed_by_state(core, call, clock, enqueue, bury):
    dead = bury()
    running = enqueue(run_at=5)
    core.database.write(lambda c: jobs.claim(c, ["mail"], owner="w", now=int(core.now()), lease=60))
    waiting = enqueue()
    found = {state: [one["id"] for one in listed(call, state=state)["jobs"]] for state in queue.STATES}
    assert found == {"waiting": [waiting], "running": [running], "dead": [dead]}


def test_waiting_jobs_come_in_pages_those_due_first_first(call, clock, enqueue):
    now = int(clock.at)
    ids = [enqueue(run_at=now + seconds) for seconds in (30, 10, 10, 20, 40)]
    expected = [ids[1], ids[2], ids[3], ids[0], ids[4]]
    assert pages(call, state="waiting", limit=2) == [expected[:2], expected[2:4], expected[4:]]


def test_dead_jobs_come_in_pages_those_that_failed_last_first(call, bury):
    ids = [bury(run_at=at) for at in (30, 10, 10, 20, 40)]
    expected = [ids[4], ids[0], ids[3], ids[2], ids[1]]
    assert pages(call, state="dead", limit=2) == [expected[:2], expected[2:4], expected[4:]]


def pages(call, **query):
    seen, cursor = [], ""
    while cursor is not None:
        page = listed(call, cursor=cursor, **query)
        seen.append([one["id"] for one in page["jobs"]])
        cursor = page["next"]
    return seen


@pytest.mark.parametrize(
    "query", ["state=gone", "cursor=x", "cursor=1", "cursor=1.", "cursor=.1", f"cursor={'9' * 30}.1", "limit=0"]
)
def test_a_list_that_cannot_be_is_refused(call, query):
    assert call("GET", f"/admin/jobs?{query}").status_code == 400


def test_a_dead_job_is_tried_once_more(call, bury):
    job = bury()
    assert call("POST", f"/admin/jobs/{job}/retry").json == {"message": "The job is tried once more"}
    (again,) = listed(call, state="waiting")["jobs"]
    assert (again["id"], again["attempts"]) == (job, 0)
    assert listed(call)["jobs"] == []


def test_a_dead_job_is_discarded(call, bury):
    job = bury()
    assert call("DELETE", f"/admin/jobs/{job}").json == {"message": "The job was discarded"}
    assert call("DELETE", f"/admin/jobs/{job}").status_code == 404


def test_a_job_that_may_still_be_done_is_left_alone(call, enqueue):
    job = enqueue()
    for method, path in (("DELETE", f"/admin/jobs/{job}"), ("POST", f"/admin/jobs/{job}/retry")):
        assert call(method, path).status_code == 409
    assert [one["id"] for one in listed(call, state="waiting")["jobs"]] == [job]


def test_a_job_that_no_plugin_here_knows_says_so_and_can_only_be_discarded(call, enqueue, bury):
    waiting, dead = enqueue("tidal"), bury("tidal")
    assert [one["problem"] for state in queue.STATES for one in listed(call, state=state)["jobs"]] == [UNKNOWN] * 2
    answer = call("POST", f"/admin/jobs/{dead}/retry")
    assert (answer.status_code, answer.json) == (409, {"error": UNKNOWN})
    for job in (waiting, dead):
        assert call("DELETE", f"/admin/jobs/{job}").status_code == 200
    assert listed(call)["counts"] == {"waiting": 0, "running": 0, "dead": 0}
