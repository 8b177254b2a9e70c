"""Streams of what happens now: new plays, and what players have on, each to those who may see it.

The database is the bus. Each process that has streams asks it once a second for plays with higher numbers than the
last one told and for what plays now; what happens in this process is asked for at once (`wake`). So it holds for any
number of workers and nodes, and nothing is written for it. Who may see what is looked up each time.
"""

from __future__ import annotations

import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import NowPlaying
from goscrobble.domain.positions import Position
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.services import playback, positions
from goscrobble.services.core import Core
from goscrobble.services.feed import Feed, Listener, News
from goscrobble.storage import live as stored
from goscrobble.storage.database import Connection

__all__ = ["Hub", "Listener", "Shape", "Stream", "wake"]

EVERY = 1.0  # seconds between looks at the database
SHORTEST = 0.2  # seconds between looks however often something happens
MANY = 1000  # streams: with so many, as long between looks as EVERY, and what happens meanwhile is told in one piece
RECHECKED_EVERY = 2.0  # seconds: whether those who listen are still signed in
HEARTBEAT = 15.0  # seconds
LONGEST_LIFE = 3600  # seconds of one stream; its client then comes back with its position
MOST_WAITING = 128 * 1024  # bytes that a slow client may leave untaken
PATIENCE = 5.0  # seconds until the database is asked again when it was away
AT_ONCE = 25  # streams that are told before requests have their turn
TELLING = 0.6  # share of the time between looks over which the telling of many streams is spread
log = structlog.get_logger("goscrobble.live")


class Shape(Protocol):
    """How events look on the wire."""

    def scrobble(self, username: str, play: Scrobble, position: str) -> bytes:
        """Return the event of a new play; `position` is where its reader goes on."""

    def playing(self, username: str, playing: list[NowPlaying]) -> bytes:
        """Return the event that tells what a person's players have on."""

    def reset(self) -> bytes:
        """Return the event that tells a page to load anew."""

    def reached(self, position: str) -> bytes:
        """Return what tells a client its position, and is no event."""


@dataclass(eq=False)
class Stream:
    """One connection. Whoever serves it calls `take` until that returns None."""

    listener: Listener
    socket: Any = None  # of the client, where the server shows it
    hang_up: Callable[[], None] = lambda: None  # cuts off a client that takes nothing
    caller: str = ""  # who opened it: an account, or an address
    showing: set[int] = field(default_factory=set)  # of whom it was told that they play something
    opened_with: dict[int, bytes] = field(default_factory=dict)  # what that was, until the loop has looked
    is_over: bool = False
    _chunks: deque[bytes] = field(default_factory=deque)
    _waiting: int = 0  # bytes
    _ready: threading.Event = field(default_factory=threading.Event)
    _ends_at: float = field(default_factory=lambda: time.monotonic() + LONGEST_LIFE * random.uniform(0.9, 1))  # noqa: S311 - spreads load

    def put(self, data: bytes) -> None:
        """Send this; a client that leaves too much untaken is cut off."""
        if self.is_over or not data:
            return
        if self._waiting + len(data) > MOST_WAITING:
            self.end()
            self.hang_up()
            return
        self._chunks.append(data)
        self._waiting += len(data)
        self._ready.set()

    def take(self, timeout: float = HEARTBEAT) -> bytes | None:
        """Return what is to be sent: b"" where nothing happened for `timeout` seconds, None when the stream is over."""
        self._ready.wait(timeout)
        self._ready.clear()
        if self._chunks:
            data = b"".join(self._chunks.popleft() for _ in range(len(self._chunks)))
            self._waiting -= len(data)
            return data
        return None if self.is_over or time.monotonic() > self._ends_at else b""

    def end(self, last: bytes = b"") -> None:
        """Let it end, with these words."""
        self.put(last)
        self.is_over = True
        self._ready.set()


class Hub:
    """The streams of this process, and the loop that feeds them."""

    def __init__(self, core: Core, shape: Shape) -> None:
        self._core = core
        self._shape = shape
        self._streams: weakref.WeakSet[Stream] = weakref.WeakSet()  # one that nobody serves any more is gone from here
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()
        self._feed = Feed(core)
        self._people: Mapping[int, Account] = {}  # as they were when last told of
        self._playing: Mapping[int, list[NowPlaying]] = {}
        self._rechecked_at = 0.0
        self.settled = ""  # the sealed position up to which every stream has all that it shall have
        self.is_ending: Callable[[], bool] = lambda: False  # whether this process shall end
        self.gone: Callable[[list[Stream]], Iterable[Stream]] = lambda _streams: ()  # those whose clients left
        _HUBS.add(self)

    def __len__(self) -> int:
        return len(self._streams)

    def count_of(self, caller: str) -> int:
        """Return how many streams somebody has open."""
        return sum(stream.caller == caller for stream in list(self._streams))

    def open(self, stream: Stream, last_seen: str = "") -> bytes:
        """Begin to feed a stream; returns what it is sent first (see `opening`).

        Raises Unavailable when the database is away.
        """
        with self._lock:
            if self._thread is None:
                self._begin()
            self._streams.add(stream)
            position = self._feed.position
        try:
            opening = self.opening(stream.listener, last_seen, position, stream.opened_with)
        except BaseException:
            self.close(stream)
            raise
        stream.showing |= stream.opened_with.keys()
        return opening

    def close(self, stream: Stream) -> None:
        """Feed a stream no more."""
        stream.end()
        self._streams.discard(stream)

    def opening(
        self,
        listener: Listener,
        last_seen: str = "",
        until: Position | None = None,
        playing: dict[int, bytes] | None = None,
    ) -> bytes:
        """Return what a client is told first: plays since its position `last_seen`, what plays now, its new position.

        That is `until`, by default that of all plays there are. A position that is no position, or from which there is
        too much to tell, is answered by the event that tells the page to load anew. What it tells of those who play
        something is noted in `playing`.
        """
        until = until or positions.current(self._core)
        since = positions.unseal(self._core, last_seen) if last_seen else until
        missed = None if since is None else self._feed.between(listener, since, until)
        told = [self._shape.reset()] if missed is None else [self._scrobble(*one) for one in missed]
        told += self._playing_now(listener, {} if playing is None else playing)
        return b"".join([*told, self._shape.reached(positions.seal(self._core, until))])

    def wake(self) -> None:
        """Look at the database now."""
        self._woken.set()

    # ---- the loop ----

    def _begin(self) -> None:
        self._feed.begin()
        self._playing = playback.playing_of(self._core, None)
        with self._core.database.read() as connection:
            self._people = stored.accounts(connection, self._playing.keys())
        self.settled = positions.seal(self._core, self._feed.position)
        self._thread = threading.Thread(target=self._run, name="goscrobble-live", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        not_before = pause = 0.0
        while True:
            self._woken.wait(max(0.0, EVERY - pause))
            self._woken.clear()
            began = time.monotonic()
            with self._lock:
                if not self._streams:
                    self._thread = None
                    return
            if self.is_ending():
                for stream in list(self._streams):
                    stream.end()
            elif began >= not_before:
                try:
                    self._tick()
                except Exception as error:  # noqa: BLE001 - the database is away, most likely; streams outlive it
                    log.info("streams wait for the database", error=type(error).__name__)
                    not_before = time.monotonic() + PATIENCE
            pause = self._pause()
            time.sleep(max(0.0, began + pause - time.monotonic()))

    def _pause(self) -> float:
        """Return how many seconds pass at least from one look to the next."""
        return max(SHORTEST, min(EVERY, EVERY * len(self._streams) / MANY))

    def _tick(self) -> None:
        """Look once, and tell."""
        streams = list(self._streams)
        for stream in self.gone(streams):
            stream.end()
        news, reached = self._feed.look()
        playing = playback.playing_of(self._core, None)
        with self._core.database.read() as connection:
            self._recheck(connection, streams)
            asked = {one.owner for one in news} | playing.keys() | self._playing.keys()
            asked |= {one.listener.owner.id for one in streams if one.listener.owner is not None}
            asked |= {owner for one in streams for owner in one.opened_with}
            people = stored.accounts(connection, asked)
        plays = [(people[one.owner], self._scrobble(people[one.owner], one)) for one in news if one.owner in people]
        look = _Look(asked, people, playing, plays, self._changes(playing, people))
        known = set(streams)
        with self._lock:  # who comes from here on begins at the new position
            streams = list(self._streams)
            self._feed.position, self._people, self._playing = reached, people, playing
        turn = self._pause() * TELLING * AT_ONCE / max(1, len(streams))
        for number, stream in enumerate(streams, start=1):
            self._tell(stream, look, is_known=stream in known)
            if number % AT_ONCE == 0 and (plays or look.changes):
                time.sleep(turn)
        self.settled = positions.seal(self._core, reached)

    def _changes(self, playing: Mapping[int, list[NowPlaying]], people: Mapping[int, Account]) -> list[_Change]:
        """Return whose players do something else than when last told, or who may see it has changed."""
        changes = []
        for one in playing.keys() | self._playing.keys():
            now, before = people.get(one), self._people.get(one)
            known = now or before
            is_same = _same(playing.get(one), self._playing.get(one)) and _openness(now) == _openness(before)
            if known is not None and not is_same:
                shown = self._shape.playing(known.username, playing.get(one, []))
                changes.append(_Change(one, now, one in playing, shown, self._shape.playing(known.username, [])))
        return changes

    def _tell(self, stream: Stream, look: _Look, *, is_known: bool) -> None:
        listener = stream.listener
        owner = listener.owner
        if owner is not None and owner.id in look.asked and not listener.sees(look.people.get(owner.id)):
            stream.end(self._shape.reset())
            return
        said = [text for whose, text in look.plays if listener.sees(whose)]
        said += filter(None, (_told_of(stream, change) for change in look.changes))
        if stream.opened_with and is_known:
            said += self._since_opening(stream, look)
        stream.put(b"".join(said))

    def _since_opening(self, stream: Stream, look: _Look) -> list[bytes]:
        """Return what has changed since the stream was opened, and was not seen to change by the loop."""
        changed, told = {change.owner for change in look.changes}, []
        for owner, before in stream.opened_with.items():
            account = look.people.get(owner)
            if owner in changed or account is None:
                continue
            now = look.playing.get(owner, []) if stream.listener.sees(account) else []
            if (text := self._shape.playing(account.username, now)) != before:
                told.append(text)
            if not now:
                stream.showing.discard(owner)
        stream.opened_with = {}
        return told

    def _scrobble(self, owner: Account, news: News) -> bytes:
        return self._shape.scrobble(owner.username, news.play, news.position)

    def _playing_now(self, listener: Listener, noted: dict[int, bytes]) -> list[bytes]:
        """Return the events that tell what plays: of one person also if that is nothing."""
        wanted = None if listener.owner is None else [listener.owner.id]
        playing = playback.playing_of(self._core, wanted)
        with self._core.database.read() as connection:
            people = stored.accounts(connection, wanted or playing.keys())
        seen = [account for account in people.values() if listener.sees(account)]
        told = {one.id: self._shape.playing(one.username, playing.get(one.id, [])) for one in seen}
        noted |= {one: text for one, text in told.items() if one in playing}
        return list(told.values())

    def _recheck(self, connection: Connection, streams: list[Stream]) -> None:
        """End the streams of those who were disabled or signed out."""
        if time.monotonic() - self._rechecked_at < RECHECKED_EVERY:
            return
        self._rechecked_at = time.monotonic()
        known = [stream.listener for stream in streams]
        people = stored.accounts(connection, {one.viewer.id for one in known if one.viewer is not None})
        digests = {one.key for one in known if one.credential == "session" and isinstance(one.key, bytes)}
        sessions = stored.web_sessions(connection, digests, int(self._core.now()))
        uuids = {one.key for one in known if one.credential == "api-token" and isinstance(one.key, str)}
        tokens = stored.api_tokens(connection, uuids)
        for stream in streams:
            if not _stands(stream.listener, people, sessions, tokens):
                stream.end(self._shape.reset())


def wake() -> None:
    """Have the streams of this process told at once; where nothing happened, that costs one look at the database."""
    for hub in list(_HUBS):
        hub.wake()


_HUBS: weakref.WeakSet[Hub] = weakref.WeakSet()  # hooks know no core: theirs is every server of this process


@dataclass(frozen=True, slots=True)
class _Change:
    """What changed of what somebody plays: the events for those who may see it, and for those who could until now."""

    owner: int
    account: Account | None
    is_something: bool
    shown: bytes
    hidden: bytes


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at the database found."""

    asked: Collection[int]  # whose accounts were looked up
    people: Mapping[int, Account]
    playing: Mapping[int, list[NowPlaying]]
    plays: list[tuple[Account, bytes]]
    changes: list[_Change]


def _told_of(stream: Stream, change: _Change) -> bytes:
    """Return what this stream is told of a change."""
    if stream.listener.sees(change.account):
        (stream.showing.add if change.is_something else stream.showing.discard)(change.owner)
        return change.shown
    if change.owner in stream.showing:  # private now, or gone
        stream.showing.discard(change.owner)
        return change.hidden
    return b""


def _same(one: list[NowPlaying] | None, other: list[NowPlaying] | None) -> bool:
    """Return whether two lists tell the same, in whatever order: that changes with every sign of life of a player."""
    return one == other or sorted(map(repr, one or ())) == sorted(map(repr, other or ()))


def _openness(account: Account | None) -> tuple[str, bool] | None:
    return None if account is None else (account.privacy, account.is_disabled)


def _stands(listener: Listener, people: Mapping[int, Account], sessions: set[bytes], tokens: set[str]) -> bool:
    """Return whether the credential of a listener still counts."""
    if listener.viewer is None:
        return True
    account = people.get(listener.viewer.id)
    if account is None or account.is_disabled:
        return False
    if listener.credential == "api-token":
        return listener.key in tokens
    if account.token_version != listener.viewer.token_version:
        return False
    return listener.credential != "session" or listener.key in sessions
