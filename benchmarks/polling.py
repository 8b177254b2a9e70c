"""Measure how late a poll is when a tenth of all services answers after ten seconds.

    python benchmarks/polling.py [--accounts 200] [--minutes 2] [--database sqlite|postgresql]

One worker polls `--accounts` connections, each due once a minute, on a new database. First all services answer at once,
then every tenth takes ten seconds; what is measured is how long after its time each of the others was asked.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import types
from importlib.metadata import EntryPoint
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(
        Path(__file__).resolve().parent.parent
    )  # the checkout, not this folder, which has a statistics.py

from pydantic import Field

from benchmarks.serving import database, noise, percentile
from goscrobble.jobs.runner import Runner
from goscrobble.plugins import Polled, Poller, Source, SourceSettings, hookimpl
from goscrobble.services import sources
from goscrobble.storage import sources as stored
from goscrobble.testing import make_account, make_core, make_settings

SLOW_SECONDS = 10
EVERY = 60
GROUP = "goscrobble.plugins"


def main() -> int:
    """Measure both ways and print a table; 1 if the slow ones made the others later than a second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=200, help="connections, each due once a minute (200)")
    parser.add_argument("--minutes", type=float, default=2, help="how long each way is measured (2)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    print(f"{options.accounts} connections, {options.minutes:g} minutes each way, {options.database}; {noise()}")
    print(f"{'services':28} {'polls':>6} {'late p50':>9} {'p95':>9} {'worst':>9}")
    late = {}
    for name, slow in (("all answer at once", 0), (f"a tenth takes {SLOW_SECONDS} s", 10)):
        late[name] = measure(options.accounts, options.minutes * 60, slow, options.database)
        p95 = percentile(late[name], 0.95)
        middle = percentile(late[name], 0.5)
        print(f"{name:28} {len(late[name]):6} {middle:8.2f}s {p95:8.2f}s {max(late[name]):8.2f}s", flush=True)
    quick, slow = (percentile(values, 0.95) for values in late.values())
    print(f"p95 with the slow ones / without: {slow / quick:.2f}")
    return 0 if slow < quick + 1 else 1


def measure(accounts: int, seconds: float, slow: int, kind: str) -> list[float]:
    """Return by how many seconds each poll of a service that answers at once was late; each `slow`th does not."""
    late: list[float] = []
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        sys.modules["benchmark_source"] = _plugin(slow, late)
        core = make_core(
            make_settings(Path(name), database_url=url), time.time, [EntryPoint("bench", "benchmark_source", GROUP)]
        )
        begun = time.time()
        for number in range(accounts):
            account = make_account(core, f"listener{number}")
            row = sources.connect(core, account, "bench", settings={"number": number}).row
            first = int(begun + 5 + EVERY * number / accounts)  # spread over the minute, as they would be
            _set_due(core, row.id, first)
        runner = Runner(core, handlers={})
        runner.start()
        time.sleep(seconds)
        runner.stop()
        core.database.close()
    return list(late)


def _set_due(core: object, row: int, at: int) -> None:
    core.database.write(lambda connection: stored.change(connection, row, poll_at=at))


def _plugin(slow: int, late: list[float]) -> types.ModuleType:
    class Connection(SourceSettings):
        number: int = Field(default=0, description="Which one.")

    guard = threading.Lock()

    def poll(account: object) -> Polled:
        if slow and account.settings.number % slow == 0:
            time.sleep(SLOW_SECONDS)
        else:
            with guard:
                late.append(time.time() - account._row.poll_at)  # noqa: SLF001 - no plugin needs to know
        return Polled(again_in=EVERY)

    module = types.ModuleType("benchmark_source")
    module.register_sources = hookimpl(lambda: [Source("Bench", "A service.", settings=Connection)])
    module.register_pollers = hookimpl(lambda: [Poller(poll)])
    return module


if __name__ == "__main__":
    sys.exit(main())
