import re

import pytest
from sqlalchemy import event, text

from goscrobble.errors import NotAllowed, NotAuthenticated
from goscrobble.services import accounts, tokens
from goscrobble.testing import make_core
from goscrobble.web import auth


@pytest.fixture
def jwt_of_bob(login, bob):
    return login("bob")


def make(call, token, name="Jellyfin", scopes=("ingest",)):
    return call("POST", "/user/tokens", {"name": name, "scopes": list(scopes)}, token=token)


def test_a_token_is_shown_once_and_listed_without_its_text(call, jwt_of_bob):
    made = make(call, jwt_of_bob, " Jellyfin ", ["ingest", "read"]).json
    assert re.fullmatch(r"gs_[A-Za-z0-9_-]{43}", made.pop("token"))
    expected = {
        "name": "Jellyfin",
        "scopes": ["ingest", "read"],
        "created_at": "2026-06-01T12:00:00Z",
        "last_used_at": None,
    }
    assert expected | {"id": made["id"]} == made
    assert {"tokens": [made], "next": None} == call("GET", "/user/tokens", token=jwt_of_bob).json


def test_the_text_is_not_stored(core, bob, api_token):
    secret = api_token(bob, "ingest")
    with core.database.read() as connection:
        assert secret not in repr(connection.execute(text("SELECT * FROM api_token")).fetchall())


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "  ", "scopes": ["read"]},
        {"name": "x" * 101, "scopes": ["read"]},
        {"name": "a\nb", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["admin"]},
        {"name": "x", "scopes": ["account"]},
        {"name": "x", "scopes": "read"},
        {"name": "x"},
        {"scopes": ["read"]},
        {"name": 1, "scopes": ["read"]},
    ],
)
def test_a_token_needs_a_name_and_scopes_that_exist(call, jwt_of_bob, body):
    answer = call("POST", "/user/tokens", body, token=jwt_of_bob)
    assert (answer.status_code, list(answer.json)) == (400, ["error"])


def test_a_token_can_read_its_owners_account_with_the_scope_read_alone(call, bob, api_token):
    assert call("GET", "/user", token=api_token(bob, "read")).status_code == 200
    answer = call("GET", "/user", token=api_token(bob, "ingest", "write"))
    assert (answer.status_code, answer.json) == (403, {"error": "This API token lacks the scope read"})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/user", {"privacy": "private"}),
        ("DELETE", "/user", {"password": "x"}),
        ("DELETE", "/user/sessions", None),
        ("GET", "/user/tokens", None),
        ("POST", "/user/tokens", {"name": "more", "scopes": ["read"]}),
        ("DELETE", "/user/tokens/x", None),
        ("GET", "/admin/users", None),
        ("PATCH", "/admin/users/bob", {"admin": True}),
        ("GET", "/admin/plugins", None),
    ],
)
def test_no_token_manages_accounts_not_even_an_administrators(call, ada, bob, api_token, method, path, body):
    answer = call(method, path, body, token=api_token(ada, "ingest", "read", "write"))
    assert (answer.status_code, answer.json) == (403, {"error": "An API token may not do this, please sign in"})


def test_a_revoked_token_is_refused_at_once(call, jwt_of_bob):
    made = make(call, jwt_of_bob, scopes=["read"]).json
    assert call("GET", "/user", token=made["token"]).status_code == 200
    answer = call("DELETE", f"/user/tokens/{made['id']}", token=jwt_of_bob)
    assert (answer.status_code, answer.json) == (200, {"message": "Token revoked"})
    answer = call("GET", "/user", token=made["token"])
    assert (answer.status_code, answer.json) == (401, {"error": "This API token is not valid"})


def test_a_token_that_another_process_revoked_is_refused_within_a_second(call, core, clock, settings, bob, api_token):
    secret = api_token(bob, "read")
    assert call("GET", "/user", token=secret).status_code == 200
    other = make_core(settings, clock)
    tokens.revoke_api_token(other, bob, tokens.list_api_tokens(other, bob)[0].id)
    other.database.close()
    clock.advance(1)
    assert call("GET", "/user", token=secret).status_code == 401


@pytest.mark.parametrize("uuid", ["x", "0" * 36])
def test_a_token_that_is_not_there_cannot_be_revoked(call, jwt_of_bob, uuid):
    answer = call("DELETE", f"/user/tokens/{uuid}", token=jwt_of_bob)
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such token"})


def test_nobody_sees_or_revokes_another_persons_token(call, core, ada, jwt_of_bob, api_token):
    secret = api_token(ada, "read")
    (theirs,) = tokens.list_api_tokens(core, ada)
    assert call("GET", "/user/tokens", token=jwt_of_bob).json["tokens"] == []
    assert call("DELETE", f"/user/tokens/{theirs.id}", token=jwt_of_bob).status_code == 404
    assert call("GET", "/user", token=secret).status_code == 200


def test_a_token_survives_a_new_password(call, core, bob, api_token):
    secret = api_token(bob, "read")
    accounts.set_password(core, bob, "a brand new password")
    assert call("GET", "/user", token=secret).status_code == 200


def test_a_token_is_refused_while_its_account_is_disabled(call, core, bob, api_token):
    secret, statuses = api_token(bob, "read"), []
    for disabled in (False, True, False):
        accounts.set_disabled(core, bob, disabled)
        statuses.append(call("GET", "/user", token=secret).status_code)
    assert statuses == [200, 401, 200]


def test_a_tokens_last_use_is_noted_at_most_once_a_minute(call, core, clock, bob, api_token):
    secret, noted = api_token(bob, "read"), []
    for seconds in (0, 30, 29, 1):
        clock.advance(seconds)
        call("GET", "/user", token=secret)
        noted.append(tokens.list_api_tokens(core, bob)[0].last_used_at - bob.created_at)
    assert noted == [0, 0, 0, 60]


def test_plays_in_quick_succession_ask_the_database_once(app, core, bob, api_token):
    secret, statements = api_token(bob, "ingest"), []
    with app.test_request_context(headers={"Authorization": f"Bearer {secret}"}):
        auth.identify_ingress(None)
    event.listen(
        core.database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_rest: statements.append(statement),
    )
    for _ in range(3):
        with app.test_request_context(headers={"Authorization": f"Bearer {secret}"}):
            assert bob == auth.identify_ingress(None).account
    assert statements == []


def test_an_account_has_room_for_so_many_tokens(call, core, bob, jwt_of_bob):
    for number in range(tokens.MOST):
        tokens.add_api_token(core, bob, f"token {number}", {"read"})
    assert make(call, jwt_of_bob).status_code == 409


# ---- how a token arrives at an ingress route ----


@pytest.fixture
def ingress(app):
    """Return who is recognised when an ingress route is called like this."""

    def ingress(query="", field=None, authorization=None, cookie=None):
        headers = {}
        if authorization:
            headers["Authorization"] = authorization
        if cookie:
            headers["Cookie"] = f"goscrobble_session={cookie}"
        with app.test_request_context(f"/api/v1/ingress/jellyfin?{query}", method="POST", headers=headers):
            return auth.identify_ingress(field)

    return ingress


def test_a_token_arrives_by_header_by_address_or_in_the_body(ingress, bob, api_token):
    secret = api_token(bob, "ingest")
    found = [
        ingress(authorization=f"Bearer {secret}"),
        ingress(authorization=f"TOKEN {secret}"),
        ingress(query=f"key={secret}"),
        ingress(field=secret),
    ]
    assert len(set(found)) == 1
    assert (bob, "api-token", frozenset({"ingest"})) == (found[0].account, found[0].kind, found[0].scopes)


def test_a_scope_holds_on_every_transport(ingress, bob, api_token):
    secret = api_token(bob, "read", "write")
    for call in ({"authorization": f"Bearer {secret}"}, {"query": f"key={secret}"}, {"field": secret}):
        with pytest.raises(NotAllowed, match="lacks the scope ingest"):
            ingress(**call)


def test_a_jwt_may_send_plays_but_only_in_the_header(ingress, jwt_of_bob):
    assert ingress(authorization=f"Bearer {jwt_of_bob}").kind == "jwt"
    for call in ({"query": f"key={jwt_of_bob}"}, {"field": jwt_of_bob}):
        with pytest.raises(NotAuthenticated, match="Only an API token"):
            ingress(**call)


def test_a_cookie_sends_no_plays(core, ingress, bob):
    from goscrobble.services import sessions

    with pytest.raises(NotAuthenticated, match="Send an API token"):
        ingress(cookie=sessions.open_web(core, bob))


def test_a_wrong_header_is_not_saved_by_a_right_key(ingress, bob, api_token):
    with pytest.raises(NotAuthenticated):
        ingress(authorization="Bearer gs_wrong", query=f"key={api_token(bob, 'ingest')}")


@pytest.mark.parametrize("key", ["x", "gs_", "gs_" + "a" * 43, "gs_" + "a" * 10_000, "gs_ü"])
def test_a_key_that_is_no_token_is_refused(ingress, key):
    with pytest.raises(NotAuthenticated):
        ingress(field=key)


def test_outside_of_ingress_a_key_in_the_address_counts_for_nothing(call, bob, api_token):
    assert call("GET", f"/user?key={api_token(bob, 'read')}").status_code == 401
