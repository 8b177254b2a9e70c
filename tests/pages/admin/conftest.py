"""The browser of an administrator."""

import pytest

from goscrobble.plugins.declarations import Failure
from goscrobble.services import administration, failures
from goscrobble.storage import jobs
from goscrobble.testing import make_account


@pytest.fixture
def root(core):
    return make_account(core, "root", admin=True, time_zone="America/New_York")


@pytest.fixture
def admin(browser, root):
    """Signed in as root."""
    assert browser.sign_in("root").status == 303
    return browser


@pytest.fixture
def done(core):
    """Give what was written down: (actor, action, subject), oldest first."""
    return lambda: [
        (one.actor, one.action, one.subject) for one in reversed(administration.list_entries(core, limit=200).entries)
    ]


@pytest.fixture
def bury(core):
    """Let a job fail for good and return its id."""

    def bury(kind="mail", reason="The mail server refused the recipient (550)", **payload):
        now = int(core.now())
        core.database.write(lambda c: jobs.enqueue(c, kind, payload, now=now, run_at=1))
        job = core.database.write(lambda c: jobs.claim(c, [kind], owner="w", now=now, lease=60))
        core.database.write(lambda c: jobs.bury(c, job, reason=reason))
        return job.id

    return bury


@pytest.fixture
def tripped(core):
    """Let jellyfin fail so often that it is left alone."""
    for _ in range(failures.MOST):
        failures.note(core, Failure("jellyfin", "prepare_draft", "RuntimeError: <b>no</b>", "x.py, f, line 3", True))
