"""An administrator, a listener, and a way to call the API as one of them."""

import pytest

from goscrobble.jobs.handlers import HANDLERS
from goscrobble.jobs.runner import Runner
from goscrobble.services import administration, sessions
from goscrobble.storage import jobs
from goscrobble.testing import make_account
from goscrobble.web import access_tokens


@pytest.fixture
def ada(core):
    """An administrator."""
    return make_account(core, "ada", admin=True)


@pytest.fixture
def bob(core, ada):
    """An account like any other."""
    return make_account(core, "bob")


@pytest.fixture
def jwt_of(app, core):
    def make(account):
        with app.app_context():
            return access_tokens.make(sessions.start(core, account))

    return make


@pytest.fixture
def call(client, jwt_of, ada):
    """`call("PATCH", "/admin/users/bob", {…})` returns the response; `by`: who calls, else ada."""

    def call(method, path, body=None, by=ada, **options):
        headers = {} if by is None else {"Authorization": f"Bearer {jwt_of(by)}"}
        if body is not None:
            options["json"] = body
        return client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    return call


@pytest.fixture
def done(core):
    """Give what was written down: (actor, action, subject, detail), oldest first."""

    def done():
        entries = administration.list_entries(core, limit=200).entries
        return [(one.actor, one.action, one.subject, one.detail) for one in reversed(entries)]

    return done


@pytest.fixture
def enqueue(core):
    """Enqueue a job and return its id."""

    def enqueue(kind="mail", run_at=None, **payload):
        core.database.write(lambda c: jobs.enqueue(c, kind, payload, now=int(core.now()), run_at=run_at))
        with core.database.read() as connection:
            return max(one.id for one in jobs.page(connection, "waiting", after=None, limit=1000))

    return enqueue


@pytest.fixture
def bury(core, enqueue):
    """Enqueue a job, let it fail for good, and return its id."""

    def bury(kind="mail", reason="It was not meant to be.", run_at=None, **payload):
        job_id = enqueue(kind, run_at or 1, **payload)  # due before any other
        job = core.database.write(lambda c: jobs.claim(c, [kind], owner="w", now=int(core.now()), lease=60))
        assert job.id == job_id
        core.database.write(lambda c: jobs.bury(c, job, reason=reason))
        return job_id

    return bury


@pytest.fixture
def work(core):
    """Do what is due."""
    return lambda: Runner(core, handlers=HANDLERS).run_due()
