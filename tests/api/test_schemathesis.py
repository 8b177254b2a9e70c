"""The served OpenAPI document against the server: Schemathesis makes requests of it and checks the answers.

Nothing it sends may cause a 5xx, and every answer has a status, a content type and a shape that the document names.
Schemathesis' own `parametrize` reaches into pytest's insides and breaks there; its strategies and checks stand alone.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from goscrobble.services import accounts, connecting, history, ids, ingest, sessions, sources, tokens
from goscrobble.services import settings as runtime_settings
from goscrobble.storage import jobs
from goscrobble.testing import PASSWORD, make_account, make_draft
from goscrobble.testing.clock import START
from tests.examples import examples

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
SEED = 42069
PLUGINS = ("JELLYFIN", "MULTISCROBBLER", "NAVIDROME", "SPOTIFY")
SWITCHES = {"REGISTRATION_ENABLED": True} | {f"{plugin}_ENABLED": True for plugin in PLUGINS}


class World:
    """Makes what requests name, anew for each: what one of them deletes or ends, no other misses."""

    def __init__(self, core, caller):
        self._core = core
        self._id = caller.id
        self._made = 0
        history = [make_draft(title=f"t{n}", played_at=int(START) - 10**6 - 900 * n) for n in range(60)]
        ingest.submit(core, caller.id, history, source="jellyfin")

    @property
    def caller(self):
        """Who calls, as the database says now: "sign out everywhere" is among what is sent."""
        return accounts.find_by_id(self._core, self._id)

    def make_real(self, case):
        """Let a request name things that exist, and say what can be done with them."""
        named = {
            "play_id": self._play,
            "uuid": self._token,
            "username": self._user if "/admin/" in case.path else lambda: "caller",
            "name": lambda: "multiscrobbler",
            "job_id": self._job,
            "plugin": lambda: "multiscrobbler",
            "source_id": self._source,
            "other": lambda: "caller",
            "year": lambda: "2026",
            "entry": lambda: self._entry(case.path),
        }
        for name in case.path_parameters:
            case.path_parameters[name] = named[name]()
        sent = {
            "/merge": lambda: {"into": self._play()},
            "/split": lambda: {"sources": ["multiscrobbler"]},
            "/refresh": lambda: {"token": sessions.start(self._core, self.caller).refresh_token},
            "/login": lambda: {"username": "caller", "password": PASSWORD},
            "/register": self._registration,
            "/ingress/jellyfin": lambda: {"Name": f"t{self._next()}", "Artist": "Can", "ItemType": "Audio"},
            "/ingress/multiscrobbler": lambda: {"Track": f"t{self._next()}", "Artist": ["Can"], "PlayedAt": int(START)},
        }
        for end, make in sent.items():
            if case.path.endswith(end):
                case.body = make()

    def _play(self):
        drafts = [make_draft(played_at=int(START) - 900 * self._next())]
        for source in ("jellyfin", "multiscrobbler"):
            (outcome,) = ingest.submit(self._core, self._id, drafts, source=source)
        return ids.of(self._core).token(outcome.of)

    def _entry(self, path):
        (play, *_), _ = history.recent(self._core, self.caller, limit=1)
        return {"artists": play.artists[0], "albums": play.album, "tracks": play.track}[path.split("/")[3]].id

    def _token(self):
        return tokens.add_api_token(self._core, self.caller, "of a request", {"read"})[0].id

    def _job(self):
        enqueue = {"kind": "mail", "payload": {}, "now": int(START)}
        self._core.database.write(lambda connection: jobs.enqueue(connection, **enqueue))
        job = self._core.database.write(
            lambda connection: jobs.claim(connection, ["mail"], owner="nobody", now=int(START), lease=60)
        )
        self._core.database.write(lambda connection: jobs.bury(connection, job, reason="It was not meant to be."))
        return job.id

    def _source(self):
        known = sources.list_all(self._core, self.caller)
        return (known[0] if known else connecting.connect(self._core, self.caller, "multiscrobbler").row).uuid

    def _user(self):
        return make_account(self._core, f"somebody_{self._next()}").username

    def _registration(self):
        name = f"newcomer_{self._next()}"
        return {"username": name, "email": f"{name}@example.org", "password": PASSWORD}

    def _next(self):
        self._made += 1
        return self._made


@pytest.fixture
def published(app):
    """The document as it is served."""
    load_all_checks()
    # Else some requests would go without the credential, or with another one, than the test says.
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)


def requests_of(operation):
    """Requests that the document allows, and as many that it does not."""
    modes = [GenerationMode.POSITIVE]
    if operation.body or operation.query or operation.path_parameters:
        modes.append(GenerationMode.NEGATIVE)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_admin", "is_known", "usual"),
    [(True, True, 10), (False, True, 6), (False, False, 4)],
    ids=["an administrator", "a listener", "nobody"],
)
def test_every_answer_is_one_that_the_document_names(core, published, jwt_of, subtests, is_admin, is_known, usual):
    # No request can delete the caller: none has the password.
    world = World(core, make_account(core, "caller", admin=is_admin))
    operations = [result.ok() for result in published.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:

        @seed(SEED)
        @settings(
            max_examples=examples(usual),
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=requests_of(operation), is_real=st.booleans())
        def attempt(case, is_real):
            if is_real:
                world.make_real(case)
            headers = {"Authorization": f"Bearer {jwt_of(world.caller)}"} if is_known else {}
            case.call_and_validate(headers=headers, checks=CHECKS)

        runtime_settings.change(core, SWITCHES)  # which requests found and turned
        with subtests.test(operation.label):
            attempt()
