"""An API client for these tests, and a person who is signed in."""

import pytest

from goscrobble.services import tokens
from goscrobble.testing import PASSWORD, make_account

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def call(client):
    """`call("POST", "/login", {…})` returns the response; `token` goes into the header."""

    def call(method, path, body=None, token=None, **options):
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            options["json"] = body
        return client.open(f"/api/v1{path}", method=method, headers=headers, **options)

    return call


@pytest.fixture
def ada(core):
    """An administrator."""
    return make_account(core, "ada", admin=True)


@pytest.fixture
def bob(core, ada):
    """An account like any other."""
    return make_account(core, "bob")


@pytest.fixture
def login(call):
    """Return a JWT of someone."""

    def login(username, password=PASSWORD):
        answer = call("POST", "/login", {"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        return answer.json["token"]

    return login


@pytest.fixture
def api_token(core):
    """Return the text of a new API token of someone."""
    return lambda account, *scopes: tokens.add_api_token(core, account, "test", set(scopes))[1]
