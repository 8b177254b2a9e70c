import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine, text

from goscrobble import serving
from goscrobble.config import DEFAULT_PORT
from goscrobble.migrations import runner
from tests.operation.conftest import PATIENCE, ROOT, Server, goscrobble


def children(pid):
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def periodic(environment):
    """The kinds of periodic work that somebody has begun to do."""
    engine = create_engine(environment["GOSCROBBLE_DATABASE_URL"])
    with engine.connect() as connection:
        kinds = set(connection.execute(text("SELECT kind FROM job")).scalars())
    engine.dispose()
    return kinds


@pytest.mark.parametrize("kind", ["gevent", "gthread", "sync"])
def test_it_serves_and_ends_cleanly_under_every_kind_of_worker(run, kind):
    server = run(GUNICORN_CMD_ARGS=f"--worker-class {kind}")
    assert server.get("/api/v1/serverinfo?key=gs_this_must_not_be_logged") == 200
    assert server.end() == 0
    output = server.output()
    assert "GoScrobble serves " in output
    assert f"Using worker: {kind}" in output
    assert "GET /api/v1/serverinfo" in output
    assert "must_not_be_logged" not in output
    assert "Traceback" not in output
    assert "Warning" not in output


def test_plain_gunicorn_in_the_checkout_needs_nothing_else(start, port, environment):
    server = start("-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}").wait_until_ready()
    assert runner.state(environment["GOSCROBBLE_DATABASE_URL"]) == "current"
    assert "Using worker: gevent" in server.output()
    assert server.end() == 0
    assert "Traceback" not in server.output()


def test_it_serves_from_the_folder_above_a_checkout(tmp_path, port, environment):
    """A folder `goscrobble` stands there, which is no package."""
    (tmp_path / "goscrobble").symlink_to(ROOT)
    program = Path(sys.executable).with_name("goscrobble")
    command = [str(program), "run", "--port", str(port)]
    server = Server(command, environment, port, tmp_path / "log", folder=tmp_path)
    try:
        server.wait_until_ready()
        assert server.end() == 0
        assert "Traceback" not in server.output()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(PATIENCE)


def test_a_worker_that_is_killed_is_replaced(run):
    server = run("--workers", "1")
    [worker] = children(server.process.pid)
    os.kill(worker, signal.SIGKILL)
    server.wait_until_ready()
    assert children(server.process.pid) != [worker]
    assert server.end() == 0


def test_after_kill_9_of_everything_it_starts_again(run):
    server = run("--workers", "1")
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(PATIENCE)
    assert run("--workers", "1").end() == 0


def test_a_reload_fails_no_request(run):
    server = run()
    before = set(children(server.process.pid))
    answers, ended = [], threading.Event()

    def ask():
        while not ended.is_set():
            answers.append(server.get())

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    server.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while before & set(children(server.process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    ended.set()
    for thread in asking:
        thread.join(PATIENCE)
    assert not before & set(children(server.process.pid))
    assert set(answers) == {200}
    assert server.end() == 0


def test_a_request_under_way_is_answered_when_it_ends(run, port):
    server = run("--workers", "1")
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(b"Connection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(PATIENCE) == 0


def test_the_port_that_is_taken_is_a_sentence(environment, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        result = goscrobble(environment, "run", "--port", str(port))
    assert result.returncode == 1
    assert result.stderr == f"The server cannot listen on 127.0.0.1, port {port}: Address already in use.\n"


def test_gunicorn_gives_up_with_a_sentence_when_the_instance_cannot_be_used(start, port, instance_path):
    (instance_path / "jwt.key").write_text("short")
    server = start("-m", "gunicorn", "wsgi:app", "--workers", "1", "--bind", f"127.0.0.1:{port}")
    assert server.process.wait(PATIENCE) in {1, 3}  # 1 where the worker ends before gunicorn listens for that
    assert "is shorter than 64 bytes; delete it to get a new one." in server.output()
    assert "Traceback" not in server.output()


def test_jobs_are_done_in_the_web_workers_unless_switched_off(run, environment):
    run("--workers", "1", GOSCROBBLE_JOBS__EMBEDDED="false").end()
    assert periodic(environment) == set()
    run("--workers", "1").end()
    assert "every:housekeeping" in periodic(environment)


def test_a_worker_does_jobs_alone_and_ends_cleanly(start, environment):
    server = start("-m", "goscrobble", "worker")
    deadline = time.monotonic() + PATIENCE
    while "Background jobs are being done" not in server.output() and time.monotonic() < deadline:
        time.sleep(0.1)
    while not periodic(environment) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert periodic(environment) >= {"every:housekeeping", "every:judge-play-sessions"}
    assert server.end() == 0
    assert "Traceback" not in server.output()


def test_gunicorn_listens_where_the_program_says():
    assert serving.bind == f"127.0.0.1:{DEFAULT_PORT}"


def test_a_worker_looks_for_garbage_as_soon_as_it_serves():
    try:
        serving.post_fork(None, None)
        assert not gc.isenabled()
        serving.post_worker_init(SimpleNamespace(wsgi=None))
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()
