import subprocess
import sys

import pytest

from goscrobble.jobs.runner import LEASE, Runner
from goscrobble.storage import jobs

WORKER = """
import sys, time
from pathlib import Path
from goscrobble.jobs.runner import Runner
from goscrobble.testing import Clock, make_core, make_settings

def work_for_ever(core, payload):
    print("begun", flush=True)
    time.sleep(600)

path, url, at = sys.argv[1:]
settings = make_settings(Path(path), database_url=url)
Runner(make_core(settings, Clock(float(at))), handlers={"try": work_for_ever}).run_due()
"""


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_is_done_by_another_after_the_lease(core, clock, settings):
    core.database.write(lambda c: jobs.enqueue(c, "try", {"n": 1}, now=int(core.now())))
    command = [sys.executable, "-c", WORKER, str(settings.instance_path), settings.url, str(clock.at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == b"begun\n"
        worker.kill()
    seen = []
    other = Runner(core, handlers={"try": lambda core, payload: seen.append(payload)})
    assert other.run_due() == 0
    clock.advance(LEASE)
    assert other.run_due() == 1
    assert seen == [{"n": 1}]
    assert other.run_due() == 0
