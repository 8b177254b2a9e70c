"""How long a worker takes for a person's page, and how many bytes a browser takes in to show it.

    python benchmarks/pages.py [--plays 100000] [--n 60] [--database sqlite|postgresql]

Fills a database as `statistics.py` does and asks our own gunicorn, one worker, one request at a time: a page that no
cache knows, the same again, and pages of other ranges. CPU is the worker's, and
changes less than time with what else the machine does. The bytes are those of the page with its styles and
scripts, sent as a browser asks for them, without covers. Prints a table in Markdown, and the machine's noise.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)  # the checkout, not this folder, whose name we share

from benchmarks import serving, statistics
from benchmarks.serving import Server, percentile

AIM_TIME, AIM_BYTES = 100, 150_000  # milliseconds, bytes
PAGES = {
    "dashboard, a month": "/u/perf?from=2026-10-01&to=2026-10-31",
    "dashboard, 1 year": "/u/perf?range=365d",
    "dashboard, all time": "/u/perf?range=all",
    "charts of artists, 90 days, with movement": "/u/perf/charts/artists?range=90d",
    "a year in review": "/u/perf/years/2025",
    "history": "/u/perf/history",
    "front page": "/",
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--plays", type=int, default=100_000)
    parser.add_argument("--n", type=int, default=60, help="requests of each page")
    options = parser.parse_args(arguments)
    print(f"{options.database}, {options.plays:,} plays, one worker")
    print(serving.noise(), flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(serving.database(options.database, folder))
        filling = SimpleNamespace(plays=options.plays, listeners=0)
        environment, _ = statistics._fill(folder, url, filling)  # noqa: SLF001 - the same history as there
        with serving.gunicorn("wsgi:app", environment, workers=1, folder=folder) as server:
            print("| page | first | p50 | p95 | CPU a page | page, bytes (gzip) | whole, bytes |\n|" + 7 * "---|")
            failed = False
            for name, path in PAGES.items():
                first, used = asked(server, path)[0], server.cpu_seconds()
                times = [asked(server, path)[0] for _ in range(options.n)]
                cpu = 1000 * (server.cpu_seconds() - used) / options.n
                whole, page, plain = weight(server, path)
                p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
                failed |= cpu > AIM_TIME or whole > AIM_BYTES
                spent = " | ".join(f"{figure:.0f} ms" for figure in (first, p50, p95, cpu))
                print(f"| {name} | {spent} | {plain:,} ({page:,}) | {whole:,} |")
    print(serving.noise())
    return int(failed)


def asked(server: Server, path: str) -> tuple[float, bytes]:
    """Return the milliseconds until the whole answer was there, and the answer as it was sent."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    begun = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - begun) * 1000
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
    return took, body


def weight(server: Server, path: str) -> tuple[int, int, int]:
    """Return the bytes of a page with all it needs but covers, of the page alone, and of that unpacked."""
    page = asked(server, path)[1]
    html = gzip.decompress(page).decode()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))
    return len(page) + sum(len(asked(server, file)[1]) for file in files), len(page), len(html.encode())


if __name__ == "__main__":
    sys.exit(main())
