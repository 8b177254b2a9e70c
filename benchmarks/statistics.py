"""How long statistics of big histories take, over HTTP: in a cold process, after a write, and again.

    python benchmarks/statistics.py [--database sqlite|postgresql] [--plays 1000000] [--listeners 0] [--keep DIR]

Fills a database with the histories of the bench's generator (../shared/bench/gen.py): one listener with so many plays,
and `--listeners` others with 100,000 each for the charts of the site. Then asks our own gunicorn, one worker, one
request at a time. `--keep` keeps the filled SQLite database (or finds it there); `--peer FILE` compares the pages with
what ../shared/bench/peer_maloja.py wrote. Prints a table in Markdown, and the machine's noise before and after.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the checkout, not this folder, whose name we share

from benchmarks import histories, serving
from benchmarks.serving import Server, percentile

PLENTY = "100000/s burst 100000"
PERF = "/api/v1/users/perf"
INGRESS = "/api/v1/ingress/multiscrobbler"
COLD_STARTS = 3
TIME_ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: its name, its address, and the p95 it aims at (milliseconds, at a million plays)."""

    name: str
    path: str
    aim: int


CASES = (
    Case("top 50 artists, all time", f"{PERF}/top/artists", 25),
    Case("top 50 albums, all time", f"{PERF}/top/albums", 25),
    Case("top 50 tracks, all time", f"{PERF}/top/tracks", 25),
    Case("recent 50", f"{PERF}/scrobbles?limit=50", 25),
    Case("totals", f"{PERF}/stats", 25),
    Case("heat map of a year", f"{PERF}/activity?unit=day&range=365d", 25),
    Case("artists, 365 days", f"{PERF}/top/artists?range=365d", 80),
    Case("albums, 365 days", f"{PERF}/top/albums?range=365d", 80),
    Case("tracks, 365 days", f"{PERF}/top/tracks?range=365d", 80),
    Case("tracks by time, 365 days", f"{PERF}/top/tracks?range=365d&by=time", 80),
    Case("tracks, July to June", f"{PERF}/top/tracks?from=2024-07-01&to=2025-06-30", 80),
    Case("tracks, a month", f"{PERF}/top/tracks?range=2026-03", 80),
    Case("artists, middle five of ten years", f"{PERF}/top/artists?from=2019-05-01&to=2024-04-30", 120),
    Case("albums, middle five of ten years", f"{PERF}/top/albums?from=2019-05-01&to=2024-04-30", 120),
    Case("tracks, middle five of ten years", f"{PERF}/top/tracks?from=2019-05-01&to=2024-04-30", 120),
    Case("tracks by time, middle five years", f"{PERF}/top/tracks?from=2019-05-01&to=2024-04-30&by=time", 120),
    Case("artists, eight of ten years", f"{PERF}/top/artists?from=2017-11-01&to=2025-10-31", 120),
    Case("tracks, eight of ten years", f"{PERF}/top/tracks?from=2017-11-01&to=2025-10-31", 120),
    Case("user page", "/u/perf", 60),
    Case("user page, a full month", "/u/perf?from=2026-10-01&to=2026-10-31", 60),
)
SITE = (
    Case("site's top artists, all time", "/api/v1/top/artists", 50),
    Case("site's top tracks, all time", "/api/v1/top/tracks", 50),
    Case("site's top artists, a month", "/api/v1/top/artists?from=2026-10-01&to=2026-10-31", 50),
    Case("site's totals", "/api/v1/stats", 50),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--plays", type=int, default=1_000_000, help="of the one listener")
    parser.add_argument("--listeners", type=int, default=0, help="further ones, with 100,000 plays each")
    parser.add_argument("--n", type=int, default=40, help="requests of each kind after a write, and again")
    parser.add_argument("--keep", type=Path, help="folder of the filled SQLite database")
    parser.add_argument("--peer", type=Path, help="what peer_maloja.py wrote, for the ratio")
    options = parser.parse_args(arguments)

    print(f"{options.database}, {options.plays:,} plays, {options.listeners} further listeners, one worker")
    print(serving.noise(), flush=True)
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        url = _database(stack, options, folder)
        environment, token = _fill(folder, url, options)
        cases = CASES + (SITE if options.listeners else ())
        with serving.gunicorn(
            "wsgi:app", environment, workers=1, folder=folder
        ) as server:  # charts are kept from here on
            first = {case: _asked(server, case.path) for case in cases if case in SITE}
        cold: dict[Case, list[float]] = {case: [] for case in cases}
        for _ in range(COLD_STARTS):
            with serving.gunicorn("wsgi:app", environment, workers=1, folder=folder) as server:
                for case in cases:
                    cold[case].append(_asked(server, case.path))
        with serving.gunicorn("wsgi:app", environment, workers=1, folder=folder) as server:
            written = {case: list(_after_writes(server, case, token, options.n)) for case in cases}
            again = {case: [_asked(server, case.path) for _ in range(options.n)] for case in cases}
    print("| what | aim p95 | cold, worst | after a write p50 | p95 | again p50 | p95 |\n|---|---|---|---|---|---|---|")
    for case in cases:
        figures = (max(cold[case]), *_p50_and_p95(written[case]), *_p50_and_p95(again[case]))
        print(f"| {case.name} | {case.aim} | " + " | ".join(f"{figure:.1f}" for figure in figures) + " |")
    for case, milliseconds in first.items():
        print(f"{case.name}, asked for the first time ever: {milliseconds:.0f} ms")
    print(serving.noise())
    if options.peer is not None:
        _compare(json.loads(options.peer.read_text()), written)
    return 0


def _database(stack: ExitStack, options: argparse.Namespace, folder: Path) -> str:
    if options.keep is not None and (folder / "goscrobble.db").exists():
        return f"sqlite:///{folder / 'goscrobble.db'}"
    return stack.enter_context(serving.database(options.database, folder))


def _fill(folder: Path, url: str, options: argparse.Namespace) -> tuple[dict[str, str], str]:
    """Make the histories where they are not there; return the server's environment and a token to write with."""
    from goscrobble.services import accounts, tokens  # noqa: PLC0415 - the server's parts are no business of the client's
    from goscrobble.testing import make_core, make_settings  # noqa: PLC0415 - same

    core = make_core(make_settings(folder, database_url=url), time.time)
    begun = time.perf_counter()
    if accounts.find(core, "perf") is None:
        catalogue = histories.Catalogue(core)
        catalogue.listen(core, "perf", options.plays, time_zone=TIME_ZONE)
        for number in range(options.listeners):
            catalogue.listen(core, f"listener{number}", 100_000, seed=100 + number, time_zone=TIME_ZONE)
        histories.settle(core)
        print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
    account = accounts.named(core, "perf")
    _, token = tokens.add_api_token(core, account, "benchmark", {"ingest"})
    core.database.close()
    limits = {f"GOSCROBBLE_RATE_LIMIT_{tier}": PLENTY for tier in ("LIGHT", "STANDARD", "HEAVY")}
    return {"GOSCROBBLE_INSTANCE_PATH": str(folder), "GOSCROBBLE_DATABASE_URL": url, **limits}, token


def _after_writes(server: Server, case: Case, token: str, n: int) -> Iterator[float]:
    """Yield how long each answer took right after a new play was stored."""
    for number in range(n):
        play = {"Track": f"New {case.name} {number}", "Artist": ["Somebody"], "Album": "Else", "Duration": 200}
        body = json.dumps(play | {"PlayedAt": int(time.time()) - 300 - number})
        _asked(server, INGRESS, body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        yield _asked(server, case.path)


def _asked(server: Server, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> float:
    """Return the milliseconds until the whole answer was there."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET" if body is None else "POST", path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {text[:200]!r}")
    return (time.perf_counter() - begun) * 1000


def _p50_and_p95(times: list[float]) -> tuple[float, float]:
    return percentile(times, 0.5), percentile(times, 0.95)


def _compare(peer: dict[str, dict[str, list[float]]], written: dict[Case, list[float]]) -> None:
    """Print how often our page is there while the peer makes its own, both right after a new play."""
    by_name = {case.name: percentile(times, 0.5) for case, times in written.items()}
    pairs = {"start": "user page", "artists_all": "top 50 artists, all time", "tracks_all": "top 50 tracks, all time"}
    for theirs, ours in pairs.items():
        peers = percentile(peer["after_write"][theirs], 0.5)
        print(f"{ours}: {by_name[ours]:.1f} ms, the peer's {theirs}: {peers:.0f} ms, ratio {peers / by_name[ours]:.0f}")


if __name__ == "__main__":
    sys.exit(main())
