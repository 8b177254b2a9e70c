"""Spotify, as far as we ask it: a real HTTP server on loopback that behaves as its documents and bug reports say.

It is the accounts service and the Web API at once. Its listeners play what a test writes down; what is listed as played and
what plays at the moment follows from that and from the clock. Whatever is asked is remembered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.plugins.spotify.payloads import moment

CLIENT_ID, CLIENT_SECRET = "c0ffee" * 5, "s3cr3t" * 5
RECENT = "/v1/me/player/recently-played"
CURRENT = "/v1/me/player/currently-playing"
TOKEN = "/api/token"
LISTED = 50  # plays that are remembered
SHORTEST = 30  # seconds that must be heard
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True)
class Trouble:
    """What is answered instead."""

    status: int = 500
    body: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    claims: int | None = None  # a Content-Length that is not true: the connection is cut before
    hangs: bool = False  # until the server stops


@dataclass(frozen=True)
class Listed:
    track: Mapping[str, Any] | None
    played_at: float
    from_: float  # when it appears in the list


@dataclass(frozen=True)
class Stretch:
    """What a player does from one time to another."""

    began: float
    ended: float
    track: Mapping[str, Any] | None
    position: float | None
    playing: bool = True
    kind: str = "track"


class Person:
    """Somebody who listens with Spotify."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.listed: list[Listed] = []
        self.stretches: list[Stretch] = []
        self.agrees = True  # when asked for consent
        self.refreshes: set[str] = set()  # refresh tokens that are good
        self._clock = clock

    def listen(self, track, began, heard=None, *, pause_at=None, pause=0.0, stamp="end", late=0.0, private=False):
        """Play a track; returns when it ended. `late`: seconds until it is listed."""
        heard = track["duration_ms"] / 1000 if heard is None else heard
        at = began
        if pause_at is not None:
            self.stretches.append(Stretch(at, at + pause_at, track, 0.0))
            self.stretches.append(Stretch(at + pause_at, at + pause_at + pause, track, pause_at, playing=False))
            at += pause_at + pause
        ended = began + heard + pause
        self.stretches.append(Stretch(at, ended, track, pause_at or 0.0))
        if heard >= SHORTEST and not private:
            self.listed.append(Listed(track, ended if stamp == "end" else began, ended + late))
        return ended

    def has_on(self, stretch):
        """Have something on without that it is ever listed."""
        self.stretches.append(stretch)

    def played(self, track, played_at, *, from_=0.0):
        """List a play."""
        self.listed.append(Listed(track, played_at, from_))

    def recently(self, after: float | None) -> list[dict[str, Any]]:
        here = [one for one in self.listed if one.from_ <= self._clock()]
        here = sorted(here, key=lambda one: -one.played_at)[:LISTED]
        if after is not None:
            here = [one for one in here if round(one.played_at * 1000) > after]
        return [{"track": one.track, "played_at": moment(one.played_at), "context": None} for one in here]

    def currently(self) -> dict[str, Any] | None:
        now = self._clock()
        found = next((one for one in reversed(self.stretches) if one.began <= now < one.ended), None)
        if found is None:
            return None
        position = found.position if not found.playing or found.position is None else found.position + now - found.began
        return {
            "timestamp": int(now * 1000),
            "context": None,
            "progress_ms": None if position is None else int(position * 1000),
            "item": found.track,
            "currently_playing_type": found.kind,
            "is_playing": found.playing,
        }


class StandIn:
    """The server. `person` is who sits at the browser that is sent to it."""

    def __init__(self, clock: Callable[[], float], redirect_uri: str) -> None:
        self.clock = clock
        self.redirect_uri = redirect_uri
        self.person = Person(clock)
        self.asked: list[Asked] = []
        self.rotates = False  # whether a refresh gives another refresh token and voids the old
        self.lives = 3600  # seconds of an access token
        self.secrets: list[str] = []  # every code and token that it gave out
        self.released = threading.Event()  # ends what hangs
        self._trouble: dict[str, list[Trouble]] = {}
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[Person, dict[str, str]]] = {}
        self._access: dict[str, tuple[Person, float]] = {}
        self._refresh: dict[str, Person] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    # ---- what a test says ----

    def fail(self, path: str, *troubles: Trouble) -> None:
        """Answer the next requests for a path so, one after the other."""
        self._trouble.setdefault(path, []).extend(troubles)

    def revoke(self, person: Person) -> None:
        """Take back what somebody agreed to."""
        with self._lock:
            self._refresh = {token: owner for token, owner in self._refresh.items() if owner is not person}
            self._access = {token: one for token, one in self._access.items() if one[0] is not person}

    def forget_access(self) -> None:
        """Void every access token before its time."""
        with self._lock:
            self._access.clear()

    def new_tokens(self, person: Person) -> dict[str, Any]:
        """What the token endpoint answers somebody who agreed."""
        with self._lock:
            return self._grant(person, with_refresh=True)

    def asked_for(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    # ---- answers ----

    def answer(self, asked: Asked) -> Trouble:
        with self._lock:
            waiting = self._trouble.get(asked.path)
            if waiting:
                return waiting.pop(0)
            match asked.path:
                case "/authorize":
                    return self._authorize(asked.query)
                case "/api/token":
                    return self._token(asked)
                case "/v1/me/player/recently-played" | "/v1/me/player/currently-playing":
                    return self._api(asked)
        return _json({"error": {"status": 404, "message": "Service not found"}}, 404)

    def _authorize(self, query: Mapping[str, str]) -> Trouble:
        if query.get("client_id") != CLIENT_ID:
            return Trouble(400, "INVALID_CLIENT: Invalid client")
        if query.get("redirect_uri") != self.redirect_uri:
            return Trouble(400, "INVALID_CLIENT: Invalid redirect URI")
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return Trouble(400, "response_type must be code")
        told = {"state": query["state"]}
        if self.person.agrees:
            code = self._secret("code")
            self._codes[code] = (self.person, dict(query))
            told["code"] = code
        else:
            told["error"] = "access_denied"
        return Trouble(302, "", {"Location": f"{self.redirect_uri}?{urlencode(told)}"})

    def _token(self, asked: Asked) -> Trouble:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {basic}":
            return _json({"error": "invalid_client", "error_description": "Invalid client"}, 400)
        form = asked.form
        if form.get("grant_type") == "refresh_token":
            person = self._refresh.get(form.get("refresh_token", ""))
            if person is None:
                return _json({"error": "invalid_grant", "error_description": "Refresh token revoked"}, 400)
            if self.rotates:
                del self._refresh[form["refresh_token"]]
            return _json(self._grant(person, with_refresh=self.rotates))
        person, query = self._codes.pop(form.get("code", ""), (None, {}))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        proven = challenge.rstrip(b"=").decode() == query.get("code_challenge")
        if person is None or form.get("redirect_uri") != query["redirect_uri"] or not proven:
            return _json({"error": "invalid_grant", "error_description": "Invalid authorization code"}, 400)
        return _json(self._grant(person, with_refresh=True))

    def _grant(self, person: Person, *, with_refresh: bool) -> dict[str, Any]:
        access = self._secret("access")
        self._access[access] = (person, self.clock() + self.lives)
        grant = {"access_token": access, "token_type": "Bearer", "expires_in": self.lives}
        grant["scope"] = "user-read-currently-playing user-read-recently-played"
        if with_refresh:
            grant["refresh_token"] = self._secret("refresh")
            self._refresh[grant["refresh_token"]] = person
        return grant

    def _secret(self, kind: str) -> str:
        self.secrets.append(f"{kind}-{len(self.secrets)}-{hashlib.sha256(str(len(self.secrets)).encode()).hexdigest()}")
        return self.secrets[-1]

    def _api(self, asked: Asked) -> Trouble:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        person, until = self._access.get(token, (None, 0.0))
        if person is None or until <= self.clock():
            return _json({"error": {"status": 401, "message": "The access token expired"}}, 401)
        if asked.path == CURRENT:
            on = person.currently()
            return Trouble(204, "") if on is None else _json(on)
        after = asked.query.get("after")
        items = person.recently(None if after is None else int(after))[: int(asked.query.get("limit", 20))]
        ends = [str(round(self.clock() * 1000))] * 2
        cursors = dict(zip(("after", "before"), ends, strict=True)) if items else None
        return _json({"items": items, "next": None, "cursors": cursors, "limit": 50, "href": self.url})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                form = dict(parse_qsl(self.rfile.read(length).decode())) if length else {}
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, query, form, headers, stand_in.clock())
                stand_in.asked.append(asked)
                told = stand_in.answer(asked)
                if told.hangs:
                    stand_in.released.wait(60)
                    return
                body = told.body.encode()
                self.send_response(told.status)
                for name, value in ({"Content-Type": "text/html"} | dict(told.headers)).items():
                    self.send_header(name, value)
                if told.status != 204:
                    self.send_header("Content-Length", str(len(body) if told.claims is None else told.claims))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the library's names

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing: what was asked is remembered."""

        return Handler


def _json(value: Any, status: int = 200) -> Trouble:
    return Trouble(status, json.dumps(value), {"Content-Type": "application/json; charset=utf-8"})
