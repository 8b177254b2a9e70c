"""How many single plays a second a server takes, over HTTP, with an API token, each on disk before it is answered.

    python benchmarks/ingest.py [--database sqlite|postgresql] [--n 4000] [--concurrency 8] [--users 1] [--workers 2]
    python benchmarks/ingest.py --batch 100 --n 40000 [...]

Runs against our own gunicorn settings with all that is on by default but the smallness of the rate limits. In the same
run the bare stack (`bare.py`: Flask and one insert a request) is measured in the same way, so that what counts, the
share of it that we reach, depends little on the machine. Prints one line each, and the machine's noise before and
after. With `--batch` so many plays travel in each request, to our own API; no bare stack is beside that. Latencies are
those of requests, rate and processor time those of plays.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(
        Path(__file__).resolve().parent.parent
    )  # the checkout, not this folder, which has a statistics.py

from benchmarks import bare, serving, traffic
from benchmarks.serving import Server

INGRESS = "/api/v1/ingress/multiscrobbler"
BATCHES = "/api/v1/scrobbles"
PLENTY = "100000/s burst 100000"
START = 1_700_000_000  # Unix seconds of the first play


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement: plays a second, latencies and processor time of the workers in milliseconds."""

    what: str
    rate: float
    p50: float
    p95: float
    p99: float
    cpu: float
    errors: dict[str, int]

    def __str__(self) -> str:
        times = f"p50 {self.p50:6.1f}  p95 {self.p95:6.1f}  p99 {self.p99:6.1f} ms  CPU {self.cpu:.2f} ms a play"
        return f"{self.what:11}{self.rate:7.0f}/s  {times}  errors {self.errors or 0}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--n", type=int, default=4000, help="plays that are measured")
    parser.add_argument("--warm-up", type=int, default=300, help="plays before the clock starts")
    parser.add_argument("--concurrency", type=int, default=8, help="connections, each with one request at a time")
    parser.add_argument("--users", type=int, default=1, help="listeners, whose plays are sent in turn")
    parser.add_argument("--workers", type=int, default=2, help="of gunicorn")
    parser.add_argument("--rounds", type=int, default=1, help="how often all is measured; the fastest of each counts")
    parser.add_argument("--no-reference", action="store_true", help="leave the bare stack out")
    parser.add_argument(
        "--batch", type=int, default=0, help="plays of a request to our own API; 0: one each, by a plugin"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    options.no_reference |= options.batch > 0

    say = (lambda _text: None) if options.json else print
    say_noise = (lambda: None) if options.json else (lambda: print(serving.noise()))
    say(f"{options.database}, {options.workers} workers, {options.concurrency} connections, {options.users} users")
    say_noise()
    found: dict[str, list[Figures]] = {}
    for number in range(options.rounds):
        for what, serve in (("bare stack", _bare), ("GoScrobble", _goscrobble)):
            if what == "bare stack" and options.no_reference:
                continue
            with tempfile.TemporaryDirectory() as folder, serve(options, Path(folder)) as (server, path, tokens):
                found.setdefault(what, []).append(_measure(what, server, path, tokens, options, seed=number))
                say(found[what][-1])
    say_noise()
    best = {what: max(figures, key=lambda one: one.rate) for what, figures in found.items()}
    if not options.no_reference:
        say(f"GoScrobble reaches {best['GoScrobble'].rate / best['bare stack'].rate:.0%} of the bare stack")
    if options.json:
        print(json.dumps({what: asdict(figures) for what, figures in best.items()}))
    return 1 if any(figures.errors for figures in best.values()) else 0


Target = tuple[Server, str, list[str]]  # where to post, with which tokens


@contextmanager
def _bare(options: argparse.Namespace, folder: Path) -> Iterator[Target]:
    with ExitStack() as stack:
        url = stack.enter_context(serving.database(options.database, folder))
        bare.prepare(url)
        environment = {"BARE_DATABASE_URL": url}
        server = serving.gunicorn("benchmarks.bare:app", environment, workers=options.workers, folder=folder)
        yield stack.enter_context(server), bare.PATH, ["none"]


@contextmanager
def _goscrobble(options: argparse.Namespace, folder: Path) -> Iterator[Target]:
    with ExitStack() as stack:
        url = stack.enter_context(serving.database(options.database, folder))
        tokens = _tokens(folder, url, options.users)
        environment = {
            "GOSCROBBLE_INSTANCE_PATH": str(folder),
            "GOSCROBBLE_DATABASE_URL": url,
            "GOSCROBBLE_RATE_LIMIT_LIGHT": PLENTY,
            "GOSCROBBLE_RATE_LIMIT_STANDARD": PLENTY,
        }
        server = serving.gunicorn("wsgi:app", environment, workers=options.workers, folder=folder)
        yield stack.enter_context(server), BATCHES if options.batch else INGRESS, tokens


def _tokens(folder: Path, url: str, users: int) -> list[str]:
    """Return an API token of each of so many new listeners."""
    import time  # noqa: PLC0415 - the server's parts are no business of the client's process

    from goscrobble.services import tokens  # noqa: PLC0415 - same
    from goscrobble.testing import make_account, make_core, make_settings  # noqa: PLC0415 - same

    core = make_core(make_settings(folder, database_url=url), time.time)
    accounts = [make_account(core, f"listener{number}") for number in range(users)]
    texts = [tokens.add_api_token(core, account, "benchmark", {"ingest", "write"})[1] for account in accounts]
    core.database.close()
    return texts


def _measure(
    what: str, server: Server, path: str, tokens: list[str], options: argparse.Namespace, *, seed: int
) -> Figures:
    size = options.batch or 1
    warm_up, measured = (-(-plays // size) for plays in (options.warm_up, options.n))  # requests
    told = traffic.plays((warm_up + measured) * size, seed=seed, start=START)
    bodies = traffic.batches(told, size) if options.batch else told
    requests = [traffic.request(path, body, token) for body, token in zip(bodies, cycle(tokens), strict=False)]
    traffic.send(server.port, requests[:warm_up], options.concurrency)
    before = server.cpu_seconds()
    result = traffic.send(server.port, requests[warm_up:], options.concurrency)
    cpu = (server.cpu_seconds() - before) / (measured * size)
    p50, p95, p99 = (result.percentile(share) * 1000 for share in (0.5, 0.95, 0.99))
    return Figures(what, result.rate * size, p50, p95, p99, cpu * 1000, dict(result.errors))


if __name__ == "__main__":
    sys.exit(main())
