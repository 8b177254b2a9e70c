"""The documented curl calls, from the file that the documentation shows, against a running server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path

import jwt
import pytest

import goscrobble
from goscrobble.services.mail import OUTBOX
from tests.operation.conftest import PATIENCE

EXAMPLES = Path(__file__).parents[2] / "docs" / "reference" / "api-examples.sh"
HOST = "http://127.0.0.1:42069"
PASSWORD, NEW_PASSWORD = "correct horse battery staple", "another horse, another staple"
DAY = 86_400
ORDER = [
    ("GET", "/serverinfo"),
    ("POST", "/register"),
    ("POST", "/login"),
    ("GET", "/config"),
    ("POST", "/config"),
    ("POST", "/ingress/jellyfin"),
    ("POST", "/ingress/multiscrobbler"),
    ("POST", "/refresh"),
    ("POST", "/sendreset"),
    ("POST", "/resetpassword"),
]


def commands():
    """Return the commands of the file by (method, path)."""
    found = {}
    for block in EXAMPLES.read_text("utf-8").split("\n\n"):
        command = "\n".join(line for line in block.splitlines() if not line.startswith("#"))
        if command:
            method = "POST" if "-X POST" in command else "GET"
            found[method, re.search(rf"{HOST}/api/v1([\w/]+)", command)[1]] = command
    return found


@pytest.fixture
def curl(server, tmp_path):
    """Run a command of the file, some of its texts replaced, and return status and answer."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    (tmp_path / ".curlrc").write_text('write-out = "\\n%{http_code} %{content_type}"\n')

    def run(method, path, **replaced):
        command = commands()[method, path].replace(HOST, server.url)
        for old, new in replaced.items():
            assert old in command, f"{old} is not in the example of {path}"
            command = command.replace(old, new)
        done = subprocess.run(
            ["sh", "-eu", "-c", command],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "CURL_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        body, _, rest = done.stdout.rpartition("\n")
        status, _, content_type = rest.partition(" ")
        assert content_type == "application/json; charset=utf-8"
        return int(status), json.loads(body)

    return run


@pytest.fixture
def reset_token(instance):
    """Return the token of the next mail to someone, from the file that it is kept in."""

    def find(email):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for mail in (instance / OUTBOX).glob("*.eml"):
                text = mail.read_text("utf-8")
                found = re.search(r"/reset\?token=([\w-]+)", text)
                if found and f"To: {email}" in text:
                    assert mail.stat().st_mode & 0o777 == 0o600
                    return found[1]
            time.sleep(0.1)
        raise AssertionError("no mail was kept in the outbox")

    return find


def claims_of(token):
    assert jwt.get_unverified_header(token)["alg"] == "HS512"
    return jwt.decode(token, options={"verify_signature": False})


def check_claims(token, *, at):
    """Check the documented claims of a token of ada's that was made at this time."""
    claims = claims_of(token)
    documented = {"username": "ada", "email": "ada@example.org", "admin": True, "mod": False}
    assert {name: claims[name] for name in documented} == documented
    assert isinstance(claims["sub"], str)
    assert str(uuid.UUID(claims["sub"])) == claims["sub"]
    assert abs(claims["iat"] - at) < PATIENCE
    assert (claims["exp"], claims["refresh_exp"]) == (claims["iat"] + 7 * DAY, claims["iat"] + 30 * DAY)
    assert len(claims["refresh_token"]) >= 43
    return claims


def test_the_file_holds_the_ten_documented_calls_in_order():
    assert list(commands()) == ORDER


def test_the_documented_calls_work_as_a_newcomer_makes_them(curl, post, reset_token):
    status, info = curl("GET", "/serverinfo")
    assert (status, info) == (200, {"version": goscrobble.__version__, "registration_enabled": "1"})
    assert curl("POST", "/register") == (200, {"message": "User created succesfully. You may now login"})
    began = time.time()
    status, answer = curl("POST", "/login")
    assert (status, list(answer)) == (200, ["token"])
    token = answer["token"]
    claims = check_claims(token, at=began)

    def as_ada(method, path):
        return curl(method, path, YOUR_ACCESS_TOKEN=token)

    status, config = as_ada("GET", "/config")
    documented = {"DEFAULT_TIMEZONE": "UTC", "JELLYFIN_ENABLED": True, "REGISTRATION_ENABLED": True}
    documented |= {"SPOTIFY_API_ID": "", "SPOTIFY_API_SECRET": "", "SPOTIFY_ENABLED": True}
    assert (status, {key: config[key] for key in documented}) == (200, documented)
    assert as_ada("POST", "/config") == (200, {"message": "Config updated successfully"})
    assert as_ada("POST", "/ingress/jellyfin") == (200, {"message": "success"})
    assert as_ada("POST", "/ingress/multiscrobbler") == (200, {"message": "success"})
    status, answer = curl("POST", "/refresh", YOUR_REFRESH_TOKEN=claims["refresh_token"])
    assert (status, list(answer)) == (200, ["token"])
    renewed = check_claims(answer["token"], at=began)
    assert renewed["sub"] == claims["sub"]
    assert renewed["refresh_token"] != claims["refresh_token"]
    assert curl("POST", "/sendreset") == (200, {"message": "Password reset email sent"})
    found = reset_token("ada@example.org")
    assert post("/resetpassword", {"token": found}) == (200, {"valid": True})
    changed = curl("POST", "/resetpassword", YOUR_RESET_TOKEN=found)
    assert changed == (200, {"message": "Password updated successfully!"})
    assert post("/resetpassword", {"token": found}) == (200, {"valid": False})
    wrong = (401, {"error": "Invalid Username or Password"})
    assert curl("POST", "/login") == wrong
    assert curl("POST", "/login", **{PASSWORD: NEW_PASSWORD})[0] == 200


def test_the_passwords_of_the_original_samples_are_too_short(curl, post, reset_token):
    too_short = (400, {"error": "The password must have 8 to 1024 characters"})
    eve = {"ada@example.org": "eve@example.org", '"ada"': '"eve"'}
    assert curl("POST", "/register", **eve, **{PASSWORD: "def"}) == too_short
    assert curl("POST", "/register", **eve)[0] == 200
    curl("POST", "/sendreset", **{"ada@example.org": "eve@example.org"})
    token = reset_token("eve@example.org")
    assert curl("POST", "/resetpassword", YOUR_RESET_TOKEN=token, **{NEW_PASSWORD: "Hunter1"}) == too_short
    assert post("/resetpassword", {"token": token}) == (200, {"valid": True})
    assert curl("POST", "/login", **{'"ada"': '"eve"'})[0] == 200
