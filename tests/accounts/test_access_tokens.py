"""JWTs: what they claim, and everything that is no JWT of ours."""

import base64
import hashlib
import hmac
import json

import jwt
import pytest

from goscrobble.services import accounts, sessions
from goscrobble.testing import PASSWORD, make_core

DAY = 86_400


@pytest.fixture
def claims(core, clock, ada):
    """What a token of ada's claims, with nothing missing."""
    now = int(clock.at)
    return {
        "sub": ada.uuid,
        "username": "ada",
        "email": "ada@example.org",
        "admin": True,
        "mod": False,
        "iat": now,
        "exp": now + DAY,
        "jti": "00000000-0000-4000-8000-000000000000",
        "type": "access",
        "ver": ada.token_version,
        "refresh_token": sessions.start(core, ada).refresh_token,
        "refresh_exp": now + DAY,
    }


@pytest.fixture
def sign(core):
    """Sign claims with the server's key, or with another."""
    return lambda claims, key=None, algorithm="HS512", **header: jwt.encode(
        claims, key or core.keys.jwt, algorithm, headers=header
    )


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def sign_anything(core, header, payload):
    signed = f"{part(header)}.{part(payload)}"
    return f"{signed}.{part(hmac.digest(core.keys.jwt, signed.encode(), hashlib.sha512))}"


def test_a_token_claims_what_is_documented(core, clock, ada, login):
    token = login("ada")
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    now = int(clock.at)
    assert header["alg"] == "HS512"
    expected = {"sub": ada.uuid, "username": "ada", "email": "ada@example.org", "admin": True, "mod": False}
    times = {"iat": now, "exp": now + 7 * DAY, "refresh_exp": now + 30 * DAY, "ver": 0, "type": "access"}
    assert expected | times == {key: claims[key] for key in expected | times}
    assert len(claims["refresh_token"]) == 43
    assert claims["jti"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", "TOKEN", "tOkEn"])
def test_the_scheme_may_be_bearer_or_token_in_any_case(call, login, ada, scheme):
    answer = call("GET", "/user", headers={"Authorization": f"{scheme} {login('ada')}"})
    assert (answer.status_code, answer.json["username"]) == (200, "ada")


def test_a_token_lives_until_its_end_and_no_longer(call, clock, ada, login):
    token = login("ada")
    clock.advance(7 * DAY - 1)
    assert call("GET", "/user", token=token).status_code == 200
    clock.advance(1)
    answer = call("GET", "/user", token=token)
    assert (answer.status_code, answer.json) == (401, {"error": "This access token has expired"})


def test_a_token_that_we_could_have_made_is_believed(call, sign, claims):
    assert call("GET", "/user", token=sign(claims)).status_code == 200


@pytest.mark.parametrize("claim", ["exp", "jti", "type", "ver", "sub", "iat", "refresh_token"])
def test_a_token_that_lacks_a_claim_is_refused(call, sign, claims, claim):
    del claims[claim]
    refused(call("GET", "/user", token=sign(claims)))


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("type", "refresh"),
        ("type", None),
        ("jti", None),
        ("jti", ""),
        ("jti", 7),
        ("ver", 1),
        ("ver", -1),
        ("ver", "0"),
        ("ver", False),
        ("ver", 0.0),
        ("sub", 1),
        ("sub", ""),
        ("sub", None),
        ("sub", "\0"),
        ("sub", "no uuid"),
        ("sub", "00000000-0000-4000-8000-000000000000"),
        ("sub", ["a"]),
        ("exp", "tomorrow"),
        ("exp", 1e300),
        ("exp", True),
        ("exp", -1),
        ("iat", 10**12),
        ("iat", "now"),
        ("iat", None),
        ("nbf", "never"),
        ("nbf", 10**13),
    ],
)
def test_a_token_with_a_claim_that_cannot_be_is_refused(call, core, claims, claim, value):
    token = sign_anything(
        core, {"alg": "HS512", "typ": "JWT"}, claims | {claim: value}
    )  # PyJWT would not sign them all
    refused(call("GET", "/user", token=token))


def test_a_token_without_signature_is_refused(call, claims):
    refused(call("GET", "/user", token=jwt.encode(claims, None, "none")))
    refused(call("GET", "/user", token=f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."))


@pytest.mark.parametrize("algorithm", ["HS256", "HS384"])
def test_a_token_of_another_algorithm_is_refused(call, sign, claims, algorithm):
    refused(call("GET", "/user", token=sign(claims, algorithm=algorithm)))


def test_a_token_of_another_server_is_refused(call, sign, claims):
    refused(call("GET", "/user", token=sign(claims, key=b"k" * 64)))


def test_a_key_that_a_header_names_is_not_looked_at(call, sign, claims):
    refused(call("GET", "/user", token=sign(claims, key=b"k" * 64, kid="../../dev/null", jku="http://127.0.0.1/keys")))


def test_a_critical_extension_that_nobody_knows_is_refused(call, sign, claims):
    refused(call("GET", "/user", token=sign(claims, crit=["exp2"], exp2=1)))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS512", "kid": 7},
        {"alg": ["HS512"]},
        {"alg": {"a": 1}},
        {"alg": None},
        {"typ": "JWT"},
        {"alg": "HS512", "b64": False, "crit": ["b64"]},
        [],
        7,
        b"{",
        b"\xff\xfe",
        b"[" * 2500,
    ],
)
def test_an_odd_header_is_refused(call, core, claims, header):
    refused(call("GET", "/user", token=sign_anything(core, header, claims)))


@pytest.mark.parametrize("payload", [[], "text", 7, None, b"{", b"\xff", b"[" * 2500, b'{"a":' * 500, b"{} {}"])
def test_an_odd_payload_is_refused(call, core, payload):
    refused(call("GET", "/user", token=sign_anything(core, {"alg": "HS512"}, payload)))


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "a.b.c", "...", "ü", "a" * 10_240, f"{'a' * 5000}.{'b' * 5000}.c", "gs_", "gs_x", "a b c", "=.=.="],
)
def test_text_that_is_no_token_is_refused(call, text):
    answer = call("GET", "/user", headers={"Authorization": f"Bearer {text}".encode().decode("latin-1")})
    refused(answer)


def test_a_big_but_signed_token_is_refused(call, sign, claims):
    refused(call("GET", "/user", token=sign(claims | {"more": "x" * 10_240})))


def test_a_refresh_token_is_no_access_token(call, ada, login):
    secret = jwt.decode(login("ada"), options={"verify_signature": False})["refresh_token"]
    refused(call("GET", "/user", token=secret))


def test_nobody_is_asked_to_sign_in(call):
    answer = call("GET", "/user")
    assert (answer.status_code, answer.json) == (
        401,
        {"error": "Sign in first: this needs an access token or an API token"},
    )


def test_another_scheme_is_not_ours_to_judge(call):
    assert call("GET", "/user", headers={"Authorization": "Basic YWRhOnBhc3N3b3Jk"}).status_code == 401
    assert call("GET", "/serverinfo", headers={"Authorization": "Basic YWRhOnBhc3N3b3Jk"}).status_code == 200


def test_the_token_of_a_disabled_account_is_refused_and_stays_dead_after_enabling(call, core, bob, login):
    token = login("bob")
    assert call("GET", "/user", token=token).status_code == 200
    bob = accounts.set_disabled(core, bob, True)
    refused(call("GET", "/user", token=token))
    accounts.set_disabled(core, bob, False)
    refused(call("GET", "/user", token=token))
    assert call("GET", "/user", token=login("bob")).status_code == 200


def test_the_token_of_a_deleted_account_is_refused(call, core, bob, login):
    token = login("bob")
    accounts.delete(core, bob)
    refused(call("GET", "/user", token=token))


def test_a_change_in_another_process_holds_here_within_a_second(call, core, clock, settings, bob, login):
    token = login("bob")
    assert call("GET", "/user", token=token).status_code == 200
    other = make_core(settings, clock)
    accounts.set_password(other, bob, "a brand new password")
    other.database.close()
    clock.advance(1)
    refused(call("GET", "/user", token=token))


def test_rights_are_those_of_this_moment_not_those_of_the_token(call, core, clock, settings, ada, bob, login):
    token = login("bob")
    assert call("GET", "/admin/users", token=token).status_code == 403
    other = make_core(settings, clock)  # another worker: what this one remembers does not count
    accounts.set_admin(other, bob, True)
    assert call("GET", "/admin/users", token=token).status_code == 200
    accounts.set_admin(other, bob, False)
    assert call("GET", "/admin/users", token=token).status_code == 403
    other.database.close()


def test_a_claimed_right_is_not_a_right(call, sign, claims, core, bob):
    assert call("GET", "/admin/users", token=sign(claims | {"sub": bob.uuid, "admin": True})).status_code == 403


def refused(answer):
    assert answer.status_code == 401
    assert list(answer.json) == ["error"]
    assert " " in answer.json["error"]


def test_a_password_that_was_changed_leaves_no_old_token_alive(call, core, bob, login):
    token = login("bob")
    accounts.set_password(core, bob, "a brand new password")
    refused(call("GET", "/user", token=token))
    assert call("POST", "/login", {"username": "bob", "password": PASSWORD}).status_code == 401
    assert login("bob", "a brand new password")
