"""People whose listening a catalogue is made of, and ways to ask for it."""

from __future__ import annotations

import pytest

from goscrobble.services import sessions
from goscrobble.web import access_tokens
from tests.catalogue.world import make_people


@pytest.fixture
def people(core):
    """ada and bob are public, mia is for members, pia private, dan disabled."""
    return make_people(core)


@pytest.fixture
def get(app, client):
    """`get("/artists/…", account)` returns status and JSON."""

    def get(path, account=None):
        headers = {}
        if account is not None:
            with app.app_context():
                token = access_tokens.make(sessions.start(app.extensions["goscrobble"], account))
            headers["Authorization"] = f"Bearer {token}"
        answer = client.get(f"/api/v1{path}", headers=headers)
        return answer.status_code, answer.json

    return get
