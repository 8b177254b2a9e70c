"""Processes tell that they live; who is silent is not believed."""

import json
import threading
from dataclasses import replace

import pytest
from sqlalchemy import text

from goscrobble import __version__
from goscrobble.jobs.heartbeat import Heartbeat
from goscrobble.services import housekeeping, nodes


@pytest.fixture
def told(core):
    """Store a process that told of itself just now."""

    def told(role=nodes.WEB, **values):
        node = replace(nodes.describe(core, role), **values)
        nodes.tell(core, node)
        return node

    return told


def test_a_process_tells_what_it_is(core, told):
    node = told(nodes.BOTH)
    (found,) = nodes.running(core)
    assert (found.host, found.pid, found.role, found.version) == (node.host, node.pid, "web and jobs", __version__)
    assert set(found.plugins) >= {"jellyfin", "multiscrobbler"}
    assert found.does_jobs is True


def test_a_process_that_is_silent_for_ninety_seconds_is_not_shown_and_then_forgotten(core, told, clock):
    told()
    clock.advance(89)
    assert len(nodes.running(core)) == 1
    clock.advance(1)
    assert nodes.running(core) == []
    clock.advance(1)
    assert housekeeping.sweep(core) == 1


def test_a_process_that_goes_on_is_shown_once(core, told, clock):
    node = told()
    for _ in range(10):
        clock.advance(20)
        nodes.tell(core, node)
    (found,) = nodes.running(core)
    assert found.seen_at - found.started_at == 200


def test_a_process_that_ends_says_so(core, told):
    nodes.leave(core, told())
    assert nodes.running(core) == []


def test_processes_that_are_alike_are_not_remarked(core, told):
    told()
    told(nodes.JOBS)
    assert nodes.differences(nodes.running(core)) == []


def test_processes_that_differ_are_named(core, told):
    common = {name: {"version": "2.0", "status": "loaded"} for name in ("one", "two", "three")}
    others = {"one": common["one"], "two": {"version": "1.9", "status": "failed_to_load"}}
    told(host="a", pid=1, version="1.0", plugins=json.dumps(common))
    told(host="b", pid=2, version="1.1", plugins=json.dumps(others))
    a, b = "a (process 1)", "b (process 2)"
    assert nodes.differences(nodes.running(core)) == [
        f"Not every process runs the same version: 1.0 on {a}; 1.1 on {b}.",
        f"The plugin three is not the same everywhere: 2.0 on {a}; not installed on {b}.",
        f"The plugin two is not the same everywhere: 1.9, failed_to_load on {b}; 2.0 on {a}.",
    ]


def test_the_api_lists_what_runs_where(call, told):
    told(host="a", pid=7)
    answer = call("GET", "/admin/nodes").json
    (node,) = answer["nodes"]
    assert (node["host"], node["pid"], node["role"]) == ("a", 7, "web")
    assert node["seen_at"] == "2026-06-01T12:00:00Z"
    assert answer["differences"] == []


def test_a_heartbeat_tells_until_it_is_stopped(core):
    heartbeat = Heartbeat(core, nodes.JOBS, every=0.01)
    heartbeat.start()
    wait_for(lambda: len(nodes.running(core)) == 1)
    heartbeat.stop()
    assert nodes.running(core) == []


def test_a_heartbeat_survives_a_database_that_is_away(core):
    rename(core, "node", "node_away")
    heartbeat = Heartbeat(core, nodes.WEB, every=0.01)
    heartbeat.start()
    threading.Event().wait(0.1)
    rename(core, "node_away", "node")
    wait_for(lambda: len(nodes.running(core)) == 1)
    rename(core, "node", "node_away")
    heartbeat.stop()
    rename(core, "node_away", "node")


def rename(core, old, new):
    core.database.write(lambda connection: connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}")))


def wait_for(condition):
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not come true within five seconds")
