"""What happens now, as Server-Sent Events: new plays, and what players have on."""

from __future__ import annotations

import json
import select
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Annotated, Any

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, Field

from goscrobble.domain import scrobbles
from goscrobble.domain.drafts import NowPlaying
from goscrobble.errors import TooManyRequests, Unavailable
from goscrobble.services import ids
from goscrobble.services.ids import PublicIds
from goscrobble.services.live import Hub, Listener, Stream
from goscrobble.storage import credentials
from goscrobble.web import auth, current_core, limits, sessions
from goscrobble.web.api.asking import owner_of, viewer
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Playing, Scrobble
from goscrobble.web.body import Text, query

blueprint = Blueprint("api_live", __name__, url_prefix="/api/v1")

RETRY = 3000  # milliseconds after which a browser comes back
POLL = 15_000  # the same where there are no streams, and each answer is a short one
FULL = 30  # seconds after which a page may try again for a stream
HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class LiveQuery(BaseModel):
    """Of whom, and from where on."""

    user: Annotated[str, Text(64)] | None = Field(default=None, description="A username; without it, of everybody.")
    last_event_id: Annotated[str, Text(1000)] | None = Field(
        default=None, description="The last event's id, for those who cannot send it as the header `Last-Event-ID`."
    )


@blueprint.get("/live")
@limits.tier("pages")
@describe(
    tags=["Users"],
    summary="New plays and what plays now, as they happen: Server-Sent Events",
    query=LiveQuery,
    answers={200: None},
    media="text/event-stream",
    auth="optional",
    errors=(404,),
)
def stream() -> Response:
    """Answer a stream of events, or a short answer where the server has no threads for streams."""
    asked = query(LiveQuery)
    who = viewer()
    listener = _listener(who, asked.user)
    last_seen = request.headers.get("Last-Event-ID") or asked.last_event_id or ""
    if not current_core().settings.live.enabled:
        raise Unavailable("This server has no streams, please ask for plays now and then", retry_after=FULL)
    hub, room = _hub(), _room()
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    if not room:
        return Response(_retry(POLL) + hub.opening(listener, last_seen), headers=HEADERS)
    if len(hub) >= room or hub.is_ending():
        raise Unavailable("Too many streams are open, please ask for plays now and then", retry_after=FULL)
    caller = limits.caller()
    if hub.count_of(caller) >= current_core().settings.live.max_streams_each:
        raise TooManyRequests("You have too many streams open, please close some", retry_after=FULL)
    client = request.environ.get("gunicorn.socket")
    opened = Stream(listener, client, lambda: _hang_up(client), caller)
    return Response(_chunks(hub, opened, _retry(RETRY) + hub.open(opened, last_seen)), headers=HEADERS)


def _chunks(hub: Hub, opened: Stream, opening: bytes) -> Iterator[bytes]:
    try:
        yield opening
        told = hub.settled  # before it is waited, so that nothing it counts in can still be on its way
        while (data := opened.take()) is not None:
            yield data or b":\n" + _reached(told)
            told = hub.settled
    finally:
        hub.close(opened)


def _listener(who: Any, username: str | None) -> Listener:
    owner = None if username is None else owner_of(username)
    context = auth.identify()
    if who is None or context is None:
        return Listener(owner=owner)
    key: bytes | str = context.token_uuid or b""
    if context.kind == "session":
        key = credentials.digest(request.cookies.get(sessions.COOKIE, ""))
    return Listener(who, owner, context.kind, key)


# ---- the wire ----


class _Wire:
    """Events as Server-Sent Events are written."""

    def __init__(self, own_ids: PublicIds) -> None:
        self._ids = own_ids

    def scrobble(self, username: str, play: scrobbles.Scrobble, position: str) -> bytes:
        shown = Scrobble.of(play, self._ids).model_dump(mode="json")
        return _event("scrobble", shown | {"username": username}, position)

    def playing(self, username: str, playing: list[NowPlaying]) -> bytes:
        shown = [Playing.of(one).model_dump(mode="json") for one in playing]
        return _event("now-playing", {"username": username, "now_playing": shown})

    def reset(self) -> bytes:
        return _event("reset", {})

    def reached(self, position: str) -> bytes:
        return _reached(position)


def _event(kind: str, data: Any, position: str = "") -> bytes:
    where = f"id: {position}\n" if position else ""
    return f"event: {kind}\n{where}data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def _reached(position: str) -> bytes:
    return f"id: {position}\n\n".encode()


def _retry(milliseconds: int) -> bytes:
    return f"retry: {milliseconds}\n\n".encode()


# ---- the server ----


def _hub() -> Hub:
    known = current_app.extensions
    if "goscrobble_live" not in known:
        hub = Hub(current_core(), _Wire(ids.of(current_core())))
        hub.gone = _gone
        worker = known.get("gunicorn_worker")
        if worker is not None:
            hub.is_ending = lambda: not worker.alive
        known.setdefault("goscrobble_live", hub)
    found: Hub = known["goscrobble_live"]
    return found


def _room() -> int:
    """Return how many streams this process may hold: none where it answers one request at a time."""
    most = current_core().settings.live.max_streams
    if not request.is_multithread:
        return 0
    if _is_gevent():
        return most
    worker = current_app.extensions.get("gunicorn_worker")
    threads = worker.cfg.threads if worker is not None else 2 * most
    return min(most, max(1, threads // 2))


def _is_gevent() -> bool:
    if "gevent" not in sys.modules:
        return False
    from gevent import monkey  # noqa: PLC0415 - other workers never load gevent

    return bool(monkey.is_module_patched("threading"))


def _hang_up(client: Any) -> None:
    if client is not None:
        with suppress(OSError):  # gone already
            client.shutdown(socket.SHUT_RDWR)


def _gone(streams: list[Stream]) -> Iterable[Stream]:
    """Return those whose clients hung up: else only the next heartbeat would notice."""
    poll = _poll()
    known = {}
    for one in streams:
        number = -1 if one.socket is None else one.socket.fileno()
        if number >= 0:
            known[number] = one
            poll.register(number, select.POLLRDHUP)
    return [known[number] for number, _ in poll.poll(0)] if known else []


def _poll() -> Any:
    """Return a poll of the system's: gevent's own would let others run in between."""
    if _is_gevent():
        from gevent import monkey  # noqa: PLC0415 - other workers never load gevent

        return monkey.get_original("select", "poll")()
    return select.poll()
