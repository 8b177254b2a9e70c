"""What a measurement needs around it: a server of our own, a PostgreSQL that syncs, and the noise of the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds until a server must serve


@dataclass(frozen=True, slots=True)
class Server:
    """A gunicorn that serves on a port of its own."""

    port: int
    pid: int
    log: Path

    def cpu_seconds(self) -> float:
        """Return the processor time that its workers have taken so far."""
        return sum(map(_cpu_seconds, _children(self.pid)))


@contextmanager
def gunicorn(application: str, environment: dict[str, str], *, workers: int, folder: Path) -> Iterator[Server]:
    """Serve a WSGI application with GoScrobble's own settings of gunicorn."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    command += ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), application]
    log = folder / f"{application.partition(':')[0]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=out, stderr=out)
    try:
        _wait(process, port, log)
        while len(_children(process.pid)) < workers:
            time.sleep(0.1)
        time.sleep(1)  # the last worker imports
        yield Server(port, process.pid, log)
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a new, migrated database. PostgreSQL is the tests' own server, but with everything synced."""
    from goscrobble.migrations import runner  # noqa: PLC0415 - the client's process has no use for it
    from tests.databases import PostgresqlDatabases  # noqa: PLC0415 - same
    from tests.postgres import PostgresServer  # noqa: PLC0415 - same

    if kind == "sqlite":
        url = f"sqlite:///{folder / 'goscrobble.db'}"
        runner.upgrade(url)
        yield url
        return
    server = PostgresServer(fsync="on", synchronous_commit="on", shared_buffers="256MB")
    try:
        databases = PostgresqlDatabases(server.url, "benchmark")
        yield databases.make(folder)
        databases.close()
    finally:
        server.stop()


def noise() -> str:
    """Return how fast this machine is right now: a fixed loop of Python, and syncs of 4 KB to the disk."""
    loops = sorted(_timed_loop() for _ in range(40))
    with tempfile.TemporaryFile() as file:
        syncs = sorted(_timed_sync(file) for _ in range(200))
    load = os.getloadavg()[0]
    return (
        f"CPU loop {loops[0]:.1f} ms at best, {percentile(loops, 0.5):.1f} median, {loops[-1]:.1f} at worst; "
        f"fsync {percentile(syncs, 0.5):.2f} ms median, {percentile(syncs, 0.95):.2f} p95; load {load:.1f}"
    )


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _timed_loop() -> float:
    begun = time.perf_counter()
    total = 0
    for number in range(400_000):
        total += number * number
    return (time.perf_counter() - begun) * 1000


def _timed_sync(file) -> float:
    begun = time.perf_counter()
    file.write(b"x" * 4096)
    file.flush()
    os.fsync(file.fileno())
    return (time.perf_counter() - begun) * 1000


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise RuntimeError(log.read_text("utf-8", "replace"))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
