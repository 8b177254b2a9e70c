"""People, their credentials of every kind, and a way to call the API with them."""

from __future__ import annotations

import pytest

from goscrobble.domain.accounts import Privacy
from goscrobble.services import history, ingest, sessions, tokens
from goscrobble.testing import make_account, make_draft
from goscrobble.web import access_tokens
from goscrobble.web.sessions import COOKIE
from tests.api.payloads import AT, listen

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ada(app, core):
    """A public listener like any other."""
    return make_account(core, "ada")


@pytest.fixture
def bob(app, core):
    """A member who looks at others."""
    return make_account(core, "bob")


@pytest.fixture
def hidden(app, core):
    """One listener of each kind that not everybody may see, by name."""
    return {
        "mia": make_account(core, "mia", privacy=Privacy.MEMBERS),
        "pia": make_account(core, "pia", privacy=Privacy.PRIVATE),
        "dan": make_account(core, "dan", is_disabled=True),
    }


@pytest.fixture
def jwt_of(app, core):
    """Return an access token of someone, as `/login` gives it."""

    def make(account):
        with app.app_context():
            return access_tokens.make(sessions.start(core, account))

    return make


@pytest.fixture
def api_token_of(core):
    """Return the text of a new API token of someone: `api_token_of(ada, "read")`."""
    return lambda account, *scopes: tokens.add_api_token(core, account, "test", set(scopes))[1]


@pytest.fixture
def sign_in(core, client):
    """Give the client's browser the cookie of someone who has just signed in on the page."""
    return lambda account: client.set_cookie(COOKIE, sessions.open_web(core, account))


@pytest.fixture
def call(client):
    """`call("POST", "/scrobbles", {…}, token)` returns the response; a body that is bytes or text goes as it is."""

    def call(method, path, body=None, token=None, **options):
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, bytes | str):
            options = {"data": body, "content_type": "application/json"} | options
        elif body is not None:
            options["json"] = body
        return client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    return call


@pytest.fixture
def jwt(jwt_of, ada):
    return jwt_of(ada)


@pytest.fixture
def tell(call, jwt):
    """Tell listens (as ada, by hand) and return their outcomes."""

    def tell(*listens, token=None):
        answer = call("POST", "/scrobbles", {"scrobbles": list(listens)}, token or jwt)
        assert answer.status_code == 200, answer.text
        return answer.json["outcomes"]

    return tell


@pytest.fixture
def play(tell):
    """Tell one listen and return its play."""

    def play(token=None, **changes):
        (outcome,) = tell(listen(**changes), token=token)
        assert outcome["status"] == "stored", outcome
        return outcome["scrobble"]

    return play


@pytest.fixture
def titles(core, ada):
    """Give the titles of ada's plays, oldest first."""
    return lambda: [play.track.name for play in reversed(history.recent(core, ada, limit=1000)[0])]


@pytest.fixture
def hear(core):
    """Let someone hear a track at a time, without going through HTTP."""

    def hear(account, at=AT, **changes):
        draft = make_draft(**({"played_at": at} | changes))
        return ingest.submit(core, account.id, [draft], source="jellyfin", voice="living room")

    return hear


@pytest.fixture
def get(call):
    """Get an address and return its JSON."""

    def get(path, token=None):
        answer = call("GET", path, token=token)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        return answer.json

    return get
