"""A listener, and ways to hear and to ask."""

from __future__ import annotations

import pytest

from goscrobble.services import ingest
from goscrobble.testing import make_account, make_draft


@pytest.fixture
def ada(app, core):
    """A public listener in UTC."""
    return make_account(core, "ada")


@pytest.fixture
def hear(core):
    """Let someone hear a track at some times: `hear(ada, at, at + 300, title="Spoon")`."""

    def hear(account, *times, **changes):
        drafts = [make_draft(**({"played_at": int(at)} | changes)) for at in times]
        return ingest.submit(core, account.id, drafts, source="jellyfin", voice="living room")

    return hear


@pytest.fixture
def ask(client):
    """Ask below /users/ and return status and JSON."""

    def ask(path, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = client.get(f"/api/v1/users/{path}", headers=headers)
        return answer.status_code, answer.json

    return ask


@pytest.fixture
def get(ask):
    """Ask below /users/ what can be answered, and return the JSON."""

    def get(path):
        status, shown = ask(path)
        assert status == 200, shown
        return shown

    return get
