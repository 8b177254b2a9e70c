"""Plays to post, and the client that posts them: a closed loop over keep-alive connections, in a process of its own."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

ARTISTS, ALBUMS, TRACKS = 4000, 6000, 20_000
NEW = 0.05  # of all plays: a title nobody has told before
APART = 200  # seconds between the plays of one listener
HEAD_OF_FAME = 20  # tracks that are about as popular as the first: puts it near 1 % of all plays, as in real histories

_ADJECTIVES = "Amber Quiet Violet Hidden Northern Crooked Tender Hollow Rapid Silver Lonely Distant".split()  # noqa: SIM905 - a list of words reads best as one
_NOUNS = "Harbour Lantern Meadow Engine Sparrow Canyon Velvet Orbit Thunder Mosaic Comet Garden".split()  # noqa: SIM905 - same


def plays(count: int, *, seed: int, start: int) -> Iterator[dict[str, Any]]:
    """Yield plays as the ingress of multi-scrobbler takes them, `APART` seconds apart from `start` (Unix seconds) on.

    Which tracks there are is always the same; which are played, by Zipf's law, follows from `seed`.
    """
    names = random.Random("names")
    artists = [f"{names.choice(_ADJECTIVES)} {names.choice(_NOUNS)} {n}" for n in range(ARTISTS)]
    albums = [(f"{names.choice(_NOUNS)} of {names.choice(_NOUNS)} {n}", names.choice(artists)) for n in range(ALBUMS)]
    tracks = []
    for n in range(TRACKS):
        album, artist = names.choice(albums)
        guests = [names.choice(artists)] if names.random() < 0.08 else []
        title = f"{names.choice(_ADJECTIVES)} {names.choice(_NOUNS)} {n}"
        tracks.append((title, [artist, *guests], album, names.randint(95, 420)))
    names.shuffle(tracks)
    fame = list(itertools.accumulate(1 / (place + HEAD_OF_FAME) for place in range(TRACKS)))

    chance = random.Random(seed)
    for n, (title, credited, album, duration) in enumerate(chance.choices(tracks, cum_weights=fame, k=count)):
        name = f"{title} (take {seed}.{n})" if chance.random() < NEW else title
        at = start + n * APART
        yield {"Track": name, "Artist": credited, "Album": album, "PlayedAt": at, "Duration": duration}


def batches(told: Iterable[dict[str, Any]], size: int) -> Iterator[dict[str, Any]]:
    """Yield such plays as our own API takes them, so many in each body."""
    listens = (
        {
            "track": play["Track"],
            "artists": play["Artist"],
            "album": play["Album"],
            "played_at": play["PlayedAt"],
            "duration": play["Duration"],
        }
        for play in told
    )
    while part := list(itertools.islice(listens, size)):
        yield {"scrobbles": part}


def request(path: str, body: Any, token: str) -> bytes:
    """Return a POST request as it travels."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@dataclass(slots=True)
class Result:
    """What a run came to. Times are seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)  # of the requests that were answered 2xx
    errors: Counter[str] = field(default_factory=Counter)  # any other answer, or none

    @property
    def rate(self) -> float:
        """Requests answered 2xx, a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency that this share (0 to 1) of the requests stayed below."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


def send(port: int, requests: Sequence[bytes], concurrency: int) -> Result:
    """Send these requests to 127.0.0.1 over so many connections, from another process; the next after each answer."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_client, args=(theirs, port, requests, concurrency))
    process.start()
    theirs.close()
    try:
        result: Result = ours.recv()
    finally:
        process.join()
    return result


def _client(answer: Connection, port: int, requests: Sequence[bytes], concurrency: int) -> None:
    result, lock = Result(), threading.Lock()
    todo = iter(requests)

    def post() -> None:
        channel = _Channel(port)
        while True:
            with lock:
                message = next(todo, None)
            if message is None:
                channel.close()
                return
            begun = time.perf_counter()
            try:
                status = channel.ask(message)
            except (OSError, ValueError) as error:
                status = type(error).__name__
                channel.close()
            took = time.perf_counter() - begun
            with lock:
                if status.startswith("2"):
                    result.latencies.append(took)
                else:
                    result.errors[status] += 1

    threads = [threading.Thread(target=post) for _ in range(concurrency)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - begun
    answer.send(result)


class _Channel:
    """One connection that is kept. Reads no more of an answer than its status and where it ends."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, message: bytes) -> str:
        """Return the status of the answer. Raises OSError or ValueError when there is none."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(message)
        head, body = self._read_until(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
        missing = int(fields["content-length"]) - len(body)
        while missing > 0:
            missing -= len(self._receive())
        if fields.get("connection") == "close":
            self.close()
        return head.split(" ", 2)[1]

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read_until(self, mark: bytes) -> tuple[str, bytes]:
        data = self._receive()
        while mark not in data:
            data += self._receive()
        head, _, rest = data.partition(mark)
        return head.decode("latin-1"), rest

    def _receive(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError
        return data
