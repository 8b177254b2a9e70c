"""A worker that is killed in the middle of a poll, at any point, loses no play and doubles none."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from goscrobble.plugins.host import GROUP
from goscrobble.services import connecting, history, rollups
from goscrobble.testing import make_account, make_core
from goscrobble.testing.clock import START

PLAYS, AT_ONCE, OVERLAP, LEAST_KILLS = 400, 12, 4, 10
SERVICE = f"""
from goscrobble.plugins import Polled, Poller, ScrobbleDraft, Source, hookimpl

@hookimpl
def register_sources():
    return [Source("Shelf", "A service.")]

@hookimpl
def register_pollers():
    return [Poller(poll)]

def poll(account):
    after = max(0, int(account.cursor or 0) - {OVERLAP})
    numbers = range(after, min(after + {AT_ONCE}, {PLAYS}))
    drafts = [
        ScrobbleDraft(title=f"Song {{n}}", artists=("Band",), duration=200, played_at={int(START)} - 300000 + 400 * n)
        for n in numbers
    ]
    return Polled(drafts, cursor=str(numbers.stop))
"""
# Imports once, then forks workers, and kills each after a moment. A worker's clock is an hour ahead of the one before:
# the lease of the one that was killed has run out. The first that finds nothing left ends by itself.
NURSERY = """
import os, random, signal, sys, time
from importlib.metadata import EntryPoint
from pathlib import Path

path, url, begun, seed = sys.argv[1:]
sys.path.insert(0, path)
from goscrobble.plugins.host import GROUP
from goscrobble.services import polling
from goscrobble.testing import Clock, make_core, make_settings

def work(hour):
    clock = Clock(float(begun) + 3600 * hour)
    core = make_core(make_settings(Path(path), database_url=url), clock, [EntryPoint("shelf", "shelf_of_kills", GROUP)])
    os.write(ready, b"!")
    while True:
        claimed = polling.claim(core, f"worker {hour}", 1)
        polling.poll(core, claimed[0])
        os.write(ready, b".")
        clock.advance(100)
        if claimed[0].account.cursor == "%d":
            os._exit(7)

chance, kills, moment = random.Random(int(seed)), 0, None
for hour in range(500):
    heard, ready = os.pipe()
    child = os.fork()
    if child == 0:
        work(hour)
    os.read(heard, 1)
    if moment is None:  # however fast this machine is right now, a worker lives for some polls
        begun_at = time.monotonic()
        for _ in range(3):
            os.read(heard, 1)
        moment = time.monotonic() - begun_at
    time.sleep(chance.uniform(0, moment))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(heard), os.close(ready)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 7, status
        break
    kills += 1
    moment *= 1.02  # the machine may have become slower than it was then
else:
    sys.exit("it never came to the end")
print(kills)
"""


@pytest.mark.parametrize("seed", [1])
def test_a_worker_is_killed_at_any_point_of_a_poll(settings, clock, seed):
    (settings.instance_path / "shelf_of_kills.py").write_text(SERVICE)
    sys.path.insert(0, str(settings.instance_path))
    try:
        core = make_core(settings, clock, [EntryPoint("shelf", "shelf_of_kills", GROUP)])
    finally:
        sys.path.remove(str(settings.instance_path))
        sys.modules.pop("shelf_of_kills", None)
    ada = make_account(core, "ada")
    connecting.connect(core, ada, "shelf")

    command = [
        sys.executable,
        "-c",
        NURSERY % PLAYS,
        str(settings.instance_path),
        settings.url,
        str(clock.at),
        str(seed),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= LEAST_KILLS

    plays = history.recent(core, ada, limit=1000)[0]
    assert sorted(play.track.name for play in plays) == sorted(f"Song {n}" for n in range(PLAYS))
    assert [wrong for _, wrong in rollups.check(core) if wrong] == []
    core.database.close()
