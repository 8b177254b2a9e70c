"""What no honest client sends, to every route that takes JSON and with every kind of token that is none of ours.

The routes are those of the application itself, so that a new one is tested from its first day. Each answer is the
contract's status with one sentence under `error`; nothing is stored, nothing is told of the inside.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid

import jwt as pyjwt
import pytest
from sqlalchemy import MetaData, select

from goscrobble.services import connecting, queue, tokens
from goscrobble.storage import jobs
from goscrobble.testing import make_account
from goscrobble.web.api.openapi import _NOTE as NOTE
from goscrobble.web.body import MAX_BYTES, MAX_JSON

DAY = 86_400
INGRESS = "/api/v1/ingress/"
PLAY = {"track": "Jóga", "artists": ["Björk"], "played_at": 1_780_311_600}
FIELDS = {  # of routes whose body has no model that names them
    "/api/v1/config": ["REGISTRATION_ENABLED", "DEFAULT_TIMEZONE", "JELLYFIN_ENABLED"],
    "/api/v1/ingress/jellyfin": ["Name", "Artist", "Album", "UtcTimestamp", "RunTimeTicks"],
    "/api/v1/ingress/multiscrobbler": ["Track", "Artist", "Album", "PlayedAt", "Duration"],
}


@pytest.fixture
def root(app, core):
    """An administrator, who is stopped by what a body holds and by nothing else."""
    return make_account(core, "root", admin=True)


@pytest.fixture
def jwt(jwt_of, root):
    return jwt_of(root)


@pytest.fixture
def addresses(app, core, call, root, ada, jwt):
    """Give (method, path, view's note) of every route of the API, with things that exist in the path."""
    stored = call("POST", "/scrobbles", {"scrobbles": [PLAY | {"album": "Homogenic"}]}, jwt).json["outcomes"][0][
        "scrobble"
    ]
    entries = {"artists": stored["artists"][0]["id"], "albums": stored["album"]["id"], "tracks": stored["track"]["id"]}
    token = tokens.add_api_token(core, root, "of the route", {"read"})[0].id
    connection = connecting.connect(core, root, "jellyfin").row.uuid
    core.database.write(lambda connection: jobs.enqueue(connection, "mail", {}, now=int(core.now())))
    (job,) = queue.list_all(core, "waiting").jobs
    known = {"username": "ada", "play_id": stored["id"], "uuid": token, "name": "jellyfin", "job_id": str(job.id)}
    known |= {"plugin": "jellyfin", "source_id": connection, "other": "ada", "year": "2026"}
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.rule.startswith("/api/v1/"):
            here = known | {"entry": entries.get(rule.rule.split("/")[3])}
            path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda match, here=here: here[match[1]], rule.rule)
            note = getattr(app.view_functions[rule.endpoint], NOTE, None)
            found += [(method, path, note) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


@pytest.fixture
def takers(addresses):
    """Give (method, path, fields) of every route that takes a JSON body."""
    return [
        (method, path, FIELDS.get(path.rstrip("/")) or list(note.body.model_fields))
        for method, path, note in addresses
        if path.startswith(INGRESS) or (note is not None and note.body is not None)
    ]


@pytest.fixture
def stored(core):
    """Give everything that is in the database, but for limits' counters and what a connection's owner reads of it."""

    def stored():
        metadata = MetaData()
        with core.database.read() as connection:
            metadata.reflect(connection)
            return {
                table.name: sorted(map(repr, connection.execute(select(table))))
                for table in metadata.sorted_tables
                if table.name not in {"rate_bucket", "source_account", "source_event"}
            }

    return stored


def check(answer):
    """Return the status of a failure that is told as it should be."""
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert list(answer.json) == ["error"]
    sentence = answer.json["error"]
    assert isinstance(sentence, str)
    assert 5 < len(sentence) < 300
    assert not re.search(r"Traceback|File \"|sqlalchemy|psycopg|sqlite|pydantic|werkzeug|0x[0-9a-f]{6}", answer.text)
    return answer.status_code


def test_the_routes_that_take_json_are_found(takers):
    paths = {(method, re.sub(r"[0-9a-f]{16}", "…", path)) for method, path, _ in takers}
    assert {
        ("POST", "/api/v1/register"),
        ("POST", "/api/v1/login"),
        ("POST", "/api/v1/refresh"),
        ("POST", "/api/v1/sendreset"),
        ("POST", "/api/v1/resetpassword"),
        ("POST", "/api/v1/config"),
        ("PATCH", "/api/v1/user"),
        ("DELETE", "/api/v1/user"),
        ("POST", "/api/v1/user/tokens"),
        ("POST", "/api/v1/scrobbles"),
        ("PATCH", "/api/v1/scrobbles/…"),
        ("POST", "/api/v1/scrobbles/…/split"),
        ("POST", "/api/v1/scrobbles/…/merge"),
        ("PATCH", "/api/v1/admin/users/ada"),
        ("PATCH", "/api/v1/admin/plugins/jellyfin"),
        ("POST", "/api/v1/ingress/jellyfin"),
        ("POST", "/api/v1/ingress/multiscrobbler"),
    } <= paths


# ---- bodies that are no JSON object ----

BODIES = {
    "nothing": b"",
    "a word": b"hello",
    "an object that never ends": b'{"username": "a',
    "single quotes": b"{'username': 'a'}",
    "two objects": b"{} {}",
    "an array": b"[]",
    "an array of objects": b"[{}]",
    "a number": b"7",
    "a string": b'"username"',
    "null": b"null",
    "true": b"true",
    "NaN": b'{"username": NaN}',
    "infinity": b'{"username": [-Infinity]}',
    "a number past all numbers": b'{"username": 1e999}',
    "5,000 digits": b'{"username": ' + b"9" * 5000 + b"}",
    "invalid UTF-8": b'{"username": "\xc3\x28"}',
    "UTF-16": '{"username": "a"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a key twice": b'{"username": "a", "username": "b"}',
    "200,000 levels": b"[" * 200_000 + b"]" * 200_000,
    "200,000 levels of objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "200,000 levels that never close": b'{"username": ' + b"[" * 200_000,
}


def test_a_body_that_is_no_json_object_is_400_everywhere(client, takers, jwt, stored):
    before = stored()
    headers = {"Authorization": f"Bearer {jwt}"}
    for name, raw in BODIES.items():
        answers = {
            (method, path): client.open(path, method=method, data=raw, headers=headers, content_type="application/json")
            for method, path, _ in takers
        }
        found = {route: check(answer) for route, answer in answers.items()}
        assert found == dict.fromkeys(found, 400), name
    assert stored() == before


# ---- values that no field takes ----

VALUES = {
    "a NUL": '"a\\u0000b"',
    "half a surrogate pair": '"\\ud83d"',
    "1 MB": json.dumps("x" * 1_000_000),
    "an object": "{}",
    "a huge number": "1e300",
}
A_WRONG_PASSWORD = {("DELETE", "/api/v1/user"): 403}  # a password may be of any characters; this one is not right


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_no_field_takes_is_the_contracts_status_everywhere(client, takers, jwt, stored, name):
    before = stored()
    headers = {"Authorization": f"Bearer {jwt}"}
    found, too_large = {}, {}
    for method, path, fields in takers:
        raw = "{" + ",".join(f'"{field}": {VALUES[name]}' for field in fields) + "}"
        if len(raw) > MAX_JSON:
            too_large[method, path] = 413
        answer = client.open(path, method=method, data=raw, headers=headers, content_type="application/json")
        found[method, path] = check(answer)
    special = A_WRONG_PASSWORD if VALUES[name].startswith('"') else {}
    assert found == dict.fromkeys(found, 400) | special | too_large
    assert stored() == before


# ---- 100 MB ----


class Flood:
    """A body of 100 MB that counts what is read of it."""

    size = 100 * 1024 * 1024

    def __init__(self):
        self.read_bytes = 0

    def read(self, count=-1):
        count = min(self.size - self.read_bytes, 65_536 if count is None or count < 0 else count)
        self.read_bytes += count
        return b" " * count

    def readline(self, count=-1):
        return self.read(count)


def test_100_mb_are_413_without_being_read(client, takers, jwt, stored):
    before = stored()
    for method, path, _ in takers:
        flood = Flood()
        answer = client.open(
            path,
            method=method,
            headers={"Authorization": f"Bearer {jwt}"},
            environ_overrides={"wsgi.input": flood, "CONTENT_LENGTH": str(Flood.size)},
            content_type="application/json",
        )
        assert (check(answer), flood.read_bytes) == (413, 0), path
    assert stored() == before


def test_100_mb_that_are_not_announced_are_413_once_the_limit_is_passed(client, takers, jwt, stored):
    before = stored()
    for method, path, _ in takers:
        flood = Flood()
        answer = client.open(
            path,
            method=method,
            headers={"Authorization": f"Bearer {jwt}", "Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input": flood, "wsgi.input_terminated": True},
            content_type="application/json",
        )
        assert check(answer) == 413, path
        assert flood.read_bytes <= MAX_BYTES + 65_536
    assert stored() == before


# ---- names of nobody ----


def test_who_and_what_does_not_exist_is_the_contracts_status(call, jwt, stored):
    before = stored()
    password = {"password": "correct horse battery staple"}
    found = {
        f"{method} {path}": (check(answer), answer.json["error"])
        for method, path, body, token in [
            ("GET", "/users/zoe", None, None),
            ("GET", "/admin/users/zoe", None, jwt),
            ("PATCH", "/admin/users/zoe", {"disabled": True}, jwt),
            ("DELETE", "/admin/users/zoe", None, jwt),
            ("POST", "/admin/users/zoe/reset-link", None, jwt),
            ("GET", "/admin/plugins/zoe", None, jwt),
            ("PATCH", "/admin/plugins/zoe", {"enabled": True}, jwt),
            ("POST", "/admin/plugins/zoe/reset", None, jwt),
            ("POST", "/admin/jobs/4711/retry", None, jwt),
            ("DELETE", f"/admin/jobs/{'9' * 40}", None, jwt),
            ("DELETE", "/user/tokens/zoe", None, jwt),
            ("POST", "/login", {"username": "zoe"} | password, None),
            ("POST", "/resetpassword", {"token": "zoe"} | password, None),
            ("POST", "/refresh", {"token": "zoe"}, None),
        ]
        for answer in [call(method, path, body, token)]
    }
    nobody = (404, "There is no such user")
    assert found == {
        "GET /users/zoe": nobody,
        "GET /admin/users/zoe": nobody,
        "PATCH /admin/users/zoe": nobody,
        "DELETE /admin/users/zoe": nobody,
        "POST /admin/users/zoe/reset-link": nobody,
        "GET /admin/plugins/zoe": (404, "There is no such plugin"),
        "PATCH /admin/plugins/zoe": (404, "There is no such plugin"),
        "POST /admin/plugins/zoe/reset": (404, "There is no such plugin"),
        "POST /admin/jobs/4711/retry": (404, "There is no such job"),
        f"DELETE /admin/jobs/{'9' * 40}": (404, "There is no such job"),
        "DELETE /user/tokens/zoe": (404, "There is no such token"),
        "POST /login": (401, "Invalid Username or Password"),
        "POST /resetpassword": (401, "This link has been used or is too old, please ask for a new one"),
        "POST /refresh": (401, "This refresh token is not valid any more, please sign in again"),
    }
    assert stored() == before


# ---- tokens ----


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture
def forgeries(core, root, jwt):
    """Give every kind of access token that is not, or not any more, one of ours."""
    now = int(core.now())
    good = pyjwt.decode(jwt, options={"verify_signature": False})

    def sign(key=core.keys.jwt, algorithm="HS512", without=(), **changes):
        claims = {name: value for name, value in (good | changes).items() if name not in without}
        return pyjwt.encode(claims, key, algorithm)

    unsigned = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(good)}."
    head, body, signature = jwt.split(".")
    renamed = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.{signature}"
    swapped = f"{head}.{encoded(good | {'sub': str(uuid.uuid4()), 'admin': True})}.{signature}"
    by_key_id = f"{encoded({'alg': 'HS512', 'kid': '/dev/null'})}.{encoded(good)}"
    by_key_id += "." + base64.urlsafe_b64encode(hmac.digest(b"", by_key_id.encode(), hashlib.sha512)).decode()
    return {
        "expired": sign(exp=now - 1),
        "expired this second": sign(exp=now),
        "with a foreign key": sign(key="k" * 64),
        "with an empty key": by_key_id.rstrip("="),
        "unsigned, alg none": unsigned,
        "alg none with a signature": renamed,
        "alg nOnE": f"{encoded({'alg': 'nOnE'})}.{body}.",
        "HS256 with our key": sign(algorithm="HS256"),
        "HS384 with our key": sign(algorithm="HS384"),
        "without exp": sign(without=["exp"]),
        "without jti": sign(without=["jti"]),
        "without type": sign(without=["type"]),
        "without ver": sign(without=["ver"]),
        "without sub": sign(without=["sub"]),
        "of type refresh": sign(type="refresh"),
        "of an older version": sign(ver=good["ver"] - 1),
        "of a user who does not exist": sign(sub=str(uuid.uuid4())),
        "issued tomorrow": sign(iat=now + DAY),
        "with another's claims": swapped,
        "a refresh token": good["refresh_token"],
        "cut short": jwt[:-2],
        "two tokens": f"{jwt},{jwt}",
        "an unknown API token": "gs_" + "x" * 43,
        "a word": "nonsense",
        "nothing": "",
        "dots": "...",
        "10 kB": "x" * 10_000,
    }


def test_a_token_that_is_none_of_ours_is_401_wherever_tokens_count(client, addresses, forgeries, stored):
    before = stored()
    guarded = [
        (method, path)
        for method, path, note in addresses
        if path.startswith(INGRESS) or (note and note.auth is not None)
    ]
    assert len(guarded) > 25
    for name, token in forgeries.items():
        headers = {"Authorization": f"Bearer {token}"}
        found = {
            (method, path): check(client.open(path, method=method, headers=headers, json={}))
            for method, path in guarded
        }
        assert found == dict.fromkeys(found, 401), name
    assert stored() == before


def test_where_tokens_do_not_count_a_bad_one_does_no_harm(client, forgeries):
    for token in forgeries.values():
        answer = client.get("/api/v1/serverinfo", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer\t", "Bearer  ", "Basic Og==", "Token", "JWT x", "é", "Bearer é"])
def test_a_header_that_holds_no_token_is_401(client, ada, header):
    answer = client.get("/api/v1/user", headers={"Authorization": header})
    assert check(answer) == 401


# ---- the plays themselves ----


def test_times_that_cannot_be_are_refused_on_every_way_in(call, jwt, addresses, core, stored):
    before, now = stored(), int(core.now())
    edit = next(path for method, path, _ in addresses if method == "PATCH" and "/scrobbles/" in path)
    for at, error in (
        (1, "The play is from before 2002"),
        (-5, "The play is from before 2002"),
        (now + 2 * DAY, "The play is more than an hour in the future"),
        (10**18, "The play is more than an hour in the future"),
    ):
        (outcome,) = call("POST", "/scrobbles", {"scrobbles": [PLAY | {"played_at": at}]}, jwt).json["outcomes"]
        assert outcome == {"status": "rejected", "scrobble": None, "error": error}
        posted = call("POST", "/ingress/multiscrobbler", {"Track": "x", "Artist": "y", "PlayedAt": at}, jwt)
        edited = call("PATCH", edit.removeprefix("/api/v1"), {"played_at": at}, jwt)
        for answer in (posted, edited):
            assert (answer.status_code, answer.json) == (400, {"error": error})
    assert stored() == before
