"""Whom one sees through the API: by their privacy, by one's own credential, and nothing between the lines."""

from __future__ import annotations

import pytest

from goscrobble.services import accounts
from goscrobble.testing import make_account

ADDRESSES = ["", "/scrobbles", "/now-playing", "/top/artists", "/top/albums", "/top/tracks"]
NOBODY = {"error": "There is no such user"}


def kept(answer):
    """Everything of an answer but what differs with each request: its id, and how much of the limit is left."""
    varying = ("X-Request-ID", "RateLimit-Remaining", "RateLimit-Reset")
    return answer.status, sorted(header for header in answer.headers if header[0] not in varying), answer.data


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_may_see_whom(call, jwt_of, api_token_of, bob, ada, hidden, address):
    everybody = {"ada": ada, **hidden}
    member, reader = jwt_of(bob), api_token_of(bob, "read")

    def seen(token=None):
        return {name for name in everybody if call("GET", f"/users/{name}{address}", token=token).status_code == 200}

    assert seen() == {"ada"}
    assert seen(member) == seen(reader) == {"ada", "mia"}
    assert seen(jwt_of(hidden["mia"])) == {"ada", "mia"}
    assert seen(jwt_of(hidden["pia"])) == {"ada", "mia", "pia"}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_administrator_sees_no_more_than_any_member(call, core, jwt_of, hidden, address):
    token = jwt_of(make_account(core, "root", admin=True))
    assert [call("GET", f"/users/{name}{address}", token=token).status_code for name in hidden] == [200, 404, 404]


@pytest.mark.parametrize("address", ADDRESSES)
def test_unknown_private_and_disabled_answer_alike_byte_for_byte(call, jwt_of, hear, bob, hidden, address):
    for account in hidden.values():
        hear(account)
    for token, names in ((None, ("mia", "pia", "dan")), (jwt_of(bob), ("pia", "dan"))):
        unknown = kept(call("GET", f"/users/zoe{address}", token=token))
        assert unknown[0] == "404 NOT FOUND"
        for name in names:
            assert kept(call("GET", f"/users/{name}{address}", token=token)) == unknown


def test_a_bad_query_does_not_tell_private_from_unknown_either(call, hidden):
    answers = [call("GET", f"/users/{name}/scrobbles?limit=0&cursor=x") for name in ("zoe", "pia")]
    assert [(answer.status_code, answer.json) for answer in answers] == [(404, NOBODY)] * 2


@pytest.mark.parametrize(
    "name", ["%00", "a%00b", "%ED%A0%80", "%FF", "ada ", "ada%20OR%201=1", "..", "x" * 5000, "ａｄａ"]
)
def test_a_name_that_nobody_can_have_is_404(call, ada, name):
    for address in ADDRESSES:
        answer = call("GET", f"/users/{name}{address}")
        assert (answer.status_code, list(answer.json)) == (404, ["error"])


def test_a_browser_that_is_signed_in_reads_as_that_member(call, sign_in, bob, hidden):
    sign_in(bob)
    assert [call("GET", f"/users/{name}").status_code for name in hidden] == [200, 404, 404]


def test_a_credential_that_is_wrong_is_401_even_for_what_all_may_see(call, core, ada, bob, jwt_of):
    ended = jwt_of(bob)
    accounts.sign_out_everywhere(core, bob)
    for address in ADDRESSES:
        for token in ("gs_wrong", "nonsense", ended):
            assert call("GET", f"/users/ada{address}", token=token).status_code == 401


def test_an_api_token_without_read_reads_nothing(call, ada, api_token_of):
    for address in ADDRESSES:
        answer = call("GET", f"/users/ada{address}", token=api_token_of(ada, "ingest", "write"))
        assert (answer.status_code, answer.json) == (403, {"error": "This API token lacks the scope read"})


def test_going_private_hides_at_once(call, core, hear, ada):
    hear(ada)
    assert len(call("GET", "/recent").json["scrobbles"]) == 1
    accounts.change(core, ada, privacy="private")
    assert call("GET", "/users/ada/scrobbles").status_code == 404
    assert call("GET", "/recent").json["scrobbles"] == []


@pytest.mark.parametrize("address", [*(f"/users/ada{address}" for address in ADDRESSES), "/recent"])
def test_what_is_only_read_takes_no_other_method(call, ada, address):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = call(method, address)
        assert (answer.status_code, answer.json) == (405, {"error": f"This address does not take {method} requests"})
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
