"""Measure what open streams cost those who ask the API, and how long a play takes to reach them.

    python benchmarks/streams.py [--streams 1000] [--seconds 20] [--database sqlite|postgresql] [--json]

One gevent worker, gunicorn as we ship it, on a new database. Another process holds the streams; this one posts plays (a
few a second) and reads the API at a steady pace. Three times: without streams; each stream about one of 20 people; each
about the whole site, so that every play goes to all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import PATIENCE, database, gunicorn, noise

PEOPLE = 20
POSTED = 4  # plays a second
READ = 25  # requests of the API a second
AIM = 50  # milliseconds: the p95 of the API with all streams open
_HEAD = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured one way: milliseconds of API reads, of posts, and from post to event."""

    reads: list[float]
    posts: list[float]
    events: list[float]
    cpu: float  # share of one processor that the worker took


def main() -> int:
    """Measure and print a table; 1 if the API missed its aim with all streams open."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1000, help="how many are open (1000)")
    parser.add_argument("--seconds", type=float, default=20, help="how long each way is measured (20)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    options = parser.parse_args()
    before = noise()
    found = {}
    with tempfile.TemporaryDirectory() as name, database(options.database, Path(name)) as url:
        tokens = people(Path(name), url)
        plenty = {f"GOSCROBBLE_RATE_LIMIT_{tier}": "10000/s burst 10000" for tier in ("LIGHT", "STANDARD", "HEAVY")}
        environment = {"GOSCROBBLE_INSTANCE_PATH": name, "GOSCROBBLE_DATABASE_URL": url} | plenty
        environment["GOSCROBBLE_LIVE__MAX_STREAMS_EACH"] = "100000"  # all come from one address here
        with gunicorn("wsgi:app", environment, workers=1, folder=Path(name)) as server:
            measure(server, tokens, 0, 5, is_site=False)  # warms up
            for way, streams, is_site in (
                ("no stream", 0, False),
                (f"{options.streams} streams of one person each", options.streams, False),
                (f"{options.streams} streams of the whole site", options.streams, True),
            ):
                found[way] = measure(server, tokens, streams, options.seconds, is_site=is_site)
    show(found, options.json, f"{options.database}; before: {before}; after: {noise()}")
    return 0 if all(percentile(one.reads, 95) < AIM for one in found.values()) else 1


def people(folder: Path, url: str) -> list[str]:
    """Make the people, and return an API token of each."""
    from goscrobble.services import tokens  # noqa: PLC0415 - the client's process has no use for it
    from goscrobble.testing import make_account, make_core, make_settings  # noqa: PLC0415 - same

    core = make_core(make_settings(folder, database_url=url), time.time)
    accounts = [make_account(core, f"listener{number}") for number in range(PEOPLE)]
    made = [tokens.add_api_token(core, one, "bench", {"read", "write", "ingest"})[1] for one in accounts]
    core.database.close()
    return made


def measure(server, tokens: list[str], streams: int, seconds: float, *, is_site: bool) -> Figures:
    """Return what was measured with so many streams open."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    holder = multiprocessing.get_context("spawn").Process(
        target=hold, args=(there, server.port, tokens, streams, is_site), daemon=True
    )
    holder.start()
    assert here.recv() == streams, "not every stream was opened"
    time.sleep(2)
    began, cpu = time.monotonic(), server.cpu_seconds()
    reads: list[float] = []
    reader = threading.Thread(target=read, args=(server.port, tokens[0], began + seconds, reads))
    reader.start()
    posts, posted = post(server.port, tokens, began + seconds)
    reader.join()
    used = (server.cpu_seconds() - cpu) / (time.monotonic() - began)
    time.sleep(3)
    here.send("stop")
    heard = here.recv()
    holder.join(PATIENCE)
    events = [(at - posted[title]) * 1000 for title, at in heard if title in posted]
    expected = len(posted) * streams if is_site else len(posted) * streams // PEOPLE
    assert len(events) == expected, f"{len(events)} events of {expected} arrived"
    return Figures(reads, posts, events, used)


# ---- the clients ----


def read(port: int, token: str, until: float, took: list[float]) -> None:
    """Read the API at a steady pace, whatever the answers take; notes the milliseconds of each."""
    paths = [
        "/api/v1/users/listener0/scrobbles?limit=20",
        "/api/v1/users/listener1/now-playing",
        "/api/v1/recent?limit=20",
    ]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    due, number = time.monotonic(), 0
    while due < until:
        time.sleep(max(0.0, due - time.monotonic()))
        begun = max(due, time.monotonic()) if number == 0 else due  # waiting for the one before counts
        connection.request("GET", paths[number % len(paths)], headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        took.append((time.monotonic() - begun) * 1000)
        due, number = due + 1 / READ, number + 1
    connection.close()


def post(port: int, tokens: list[str], until: float) -> tuple[list[float], dict[str, float]]:
    """Post plays of one person after the other; returns milliseconds, and when each title was posted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    took, posted, due, number = [], {}, time.monotonic(), 0
    while due < until:
        time.sleep(max(0.0, due - time.monotonic()))
        title = f"play {due:.6f}"
        at = int(time.time()) - 3000 + 30 * (number // PEOPLE)
        play = {"track": title, "artists": ["Can"], "played_at": at, "duration": 29}
        posted[title] = begun = time.monotonic()
        connection.request(
            "POST",
            "/api/v1/scrobbles",
            json.dumps({"scrobbles": [play]}),
            {"Authorization": f"Bearer {tokens[number % PEOPLE]}", "Content-Type": "application/json"},
        )
        answer = json.load(connection.getresponse())
        assert answer["outcomes"][0]["status"] == "stored", answer
        took.append((time.monotonic() - begun) * 1000)
        due, number = due + 1 / POSTED, number + 1
    connection.close()
    return took, posted


def hold(pipe, port: int, tokens: list[str], streams: int, is_site: bool) -> None:
    """Open the streams, tell when all are, and send (title, when) of every play heard once told to stop."""
    asyncio.run(_hold(pipe, port, tokens, streams, is_site))


async def _hold(pipe, port: int, tokens: list[str], streams: int, is_site: bool) -> None:
    heard: list[tuple[str, float]] = []
    opened = asyncio.Semaphore(0)
    turn = asyncio.Semaphore(20)  # as many at once
    listening = [
        asyncio.create_task(
            _listen(port, tokens[n % PEOPLE], None if is_site else f"listener{n % PEOPLE}", heard, opened, turn)
        )
        for n in range(streams)
    ]
    for _ in range(streams):
        await opened.acquire()
    pipe.send(streams)
    await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    for one in listening:
        one.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    pipe.send(heard)


async def _listen(port: int, token: str, user: str | None, heard, opened, turn) -> None:
    path = "/api/v1/live" + (f"?user={user}" if user else "")
    async with turn:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_HEAD.format(path, token).encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        opened.release()
    try:
        while line := await reader.readline():
            if line.startswith(b"data: ") and b'"played_at"' in line:
                heard.append((json.loads(line[6:])["track"]["title"], time.monotonic()))
    finally:
        writer.close()


# ---- the table ----


def percentile(values: list[float], percent: int) -> float:
    """Return a percentile, 0 of nothing."""
    return statistics.quantiles(values, n=100)[percent - 1] if len(values) > 1 else 0.0


def show(found: dict[str, Figures], as_json: bool, around: str) -> None:
    """Print what was measured."""
    rows = {
        way: {
            "API p50": percentile(one.reads, 50),
            "API p95": percentile(one.reads, 95),
            "API p99": percentile(one.reads, 99),
            "post p95": percentile(one.posts, 95),
            "event p50": percentile(one.events, 50),
            "event p95": percentile(one.events, 95),
            "events": len(one.events),
            "CPU": one.cpu * 100,
        }
        for way, one in found.items()
    }
    if as_json:
        print(json.dumps({"around": around, "ways": rows}))
        return
    print(around)
    names = list(next(iter(rows.values())))
    print(f"{'milliseconds':36}" + "".join(f"{name:>11}" for name in names))
    for way, row in rows.items():
        print(f"{way:36}" + "".join(f"{row[name]:11.0f}" for name in names))


if __name__ == "__main__":
    sys.exit(main())
