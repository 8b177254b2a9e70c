"""A Subsonic server of our own, on loopback: it lists what is playing as this or that program does, or misbehaves."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

ERRORS = {
    10: "Required parameter is missing.",
    40: "Wrong username or password.",
    41: "Token authentication not supported for LDAP users.",
    50: "User is not authorized for the given operation.",
}


def song(name="Vitamin C", duration=200, **more):
    """A track of the library, as it stands in a list. None leaves a field out."""
    fields = {"id": name.casefold(), "title": name, "artist": "Can", "album": "Ege Bamyasi", "duration": duration}
    return {key: value for key, value in (fields | more).items() if value is not None}


@dataclass
class Session:
    """A player with a track on. Times are Unix seconds, `position` is seconds into the track at `at`."""

    user: str
    player: str
    track: dict
    began: float
    state: str
    position: float
    at: float

    def position_now(self, now):
        moved = now - self.at if self.state == "playing" else 0
        return min(self.position + moved, self.track["duration"])


@dataclass
class Library:
    """What the server knows of its players. The dialect says how it lists them.

    `navidrome` (0.62 and later) tells states and positions, and forgets who is over; `old` (Navidrome before that)
    knows when each player began, and forgets it five seconds after the track's end; `classic` forgets nothing for an
    hour; `window` (supysonic) lists for three minutes from the start, whatever the track's length.
    """

    clock: object
    dialect: str = "navidrome"
    sessions: dict = field(default_factory=dict)

    def play(self, track, *, user="ada", player="Web", position=0.0):
        now = self.clock()
        self.sessions[user, player] = Session(user, player, track, now - position, "playing", position, now)

    def start(self, track, *, user="ada", player="Web"):
        now = self.clock()
        self.sessions[user, player] = Session(user, player, track, now, "starting", 0.0, now)

    def set(self, state, *, user="ada", player="Web"):
        one, now = self.sessions[user, player], self.clock()
        one.position, one.at, one.state = one.position_now(now), now, state

    def seek(self, position, *, user="ada", player="Web"):
        one = self.sessions[user, player]
        one.position, one.at = position, self.clock()

    def stop(self, *, user="ada", player="Web"):
        if self.dialect == "navidrome":
            self.sessions.pop((user, player), None)

    def listing(self):
        return [self._entry(one) for one in self.sessions.values() if not self._is_forgotten(one)]

    def _is_forgotten(self, one):
        now = self.clock()
        if self.dialect == "navidrome":
            ttl = 1800 if one.state == "paused" else one.track["duration"] - one.position + 5
            return now >= one.at + ttl
        longest = {"old": one.track["duration"] + 5, "classic": 3600, "window": 180}
        return now >= one.began + longest[self.dialect]

    def _entry(self, one):
        ago = (self.clock() - one.began) / 60
        entry = {"username": one.user, "playerName": one.player, "playerId": 1, **one.track}
        if self.dialect == "window":
            return {key: value for key, value in entry.items() if key != "playerName"} | {
                "minutesAgo": int(ago * 60) / 60
            }
        entry["minutesAgo"] = int(ago)
        if self.dialect == "navidrome":
            entry |= {"state": one.state, "positionMs": int(one.position_now(self.clock()) * 1000), "playbackRate": 1}
        return entry


class SubsonicServer:
    """Answers at `url`, below the path `/music`, what `answer` makes of a method and its parameters.

    `tokens` says whether it knows token auth; `trouble` is a function that answers instead (it gets the handler).
    """

    def __init__(self, library):
        self.library = library
        self.passwords = {"ada": "hunter2 & Söhne", "bob": "swordfish"}
        self.tokens = True
        self.without_tokens = 41
        self.failure = None
        self.program = "navidrome"
        self.shape = lambda entries: {"entry": entries} if entries else {}
        self.trouble = None
        self.asked = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/music"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path, parameters):
        self.asked.append((path, parameters))
        if self.failure is not None and not path.endswith("ping.view"):
            return self._failed(self.failure)
        if (code := self._refusal(parameters)) is not None:
            return self._failed(code)
        if path == "/music/rest/ping.view":
            return self._envelope("ok")
        if path == "/music/rest/getNowPlaying.view":
            return self._envelope("ok", nowPlaying=self.shape(self.library.listing()))
        return self._failed(70)

    def _refusal(self, parameters):
        password = self.passwords.get(parameters.get("u", "").casefold())
        if "t" in parameters:
            if not self.tokens:
                return self.without_tokens
            token = hashlib.md5(f"{password}{parameters['s']}".encode()).hexdigest()
            return None if token == parameters["t"] else 40
        if "p" not in parameters:
            return 10
        return None if parameters["p"] == f"enc:{(password or '').encode().hex()}" else 40

    def _failed(self, code):
        return self._envelope("failed", error={"code": code, "message": ERRORS.get(code, "Something.")})

    def _envelope(self, status, **more):
        program = {"type": self.program} if self.program else {}
        return {"subsonic-response": {"status": status, "version": "1.16.1"} | program | more}

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if server.trouble is not None:
                    server.asked.append((self.path, {}))
                    server.trouble(self)
                    return
                parts = urlsplit(self.path)
                body = json.dumps(server.answer(parts.path, dict(parse_qsl(parts.query)))).encode()
                send(self, 200, body)

            def log_message(self, *_arguments):
                pass

        return Handler


def send(handler, status, body, content_type="application/json"):
    handler.send_response(status)
    handler.send_header("Content-Type", content_type)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
