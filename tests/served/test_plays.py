"""What players post to a running server stands on the page of whoever sent it, once; floods are turned away."""

from __future__ import annotations

import contextlib
import json
import socket
import urllib.request
from datetime import datetime, timedelta

import pytest

from tests.api.payloads import fixture
from tests.pages.conftest import Page

PASSWORD = "correct horse battery staple"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def join(post):
    """Make an account, as anybody would, and return an API token of it for players."""

    def join(name):
        post("/register", {"username": name, "email": f"{name}@example.org", "password": PASSWORD})
        _, answer = post("/login", {"username": name, "password": PASSWORD})
        status, made = post("/user/tokens", {"name": "players", "scopes": ["ingest"]}, answer["token"])
        assert status == 200
        return made["token"]

    return join


@pytest.fixture(scope="module")
def page(server):
    """Fetch an address as a browser that is not signed in."""

    def page(path):
        with urllib.request.urlopen(server.url + path, timeout=60) as answer:
            return Page(answer.status, answer.headers, answer.read().decode())

    return page


def plays_on(page):
    """Return (time, what the line says) of the plays that a listener's page shows."""
    lines = [" ".join(line.text.split()) for line in page.all("li", class_="play")]
    times = [time.attributes["datetime"] for time in page.all("time") if "T" in time.attributes["datetime"]]
    return list(zip(times, lines, strict=True))


def seconds_earlier(text, seconds):
    """Return a time as Jellyfin writes it, so many seconds earlier."""
    return (datetime.fromisoformat(text) - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def jellyfin_listen():
    """Return the bodies of one listen: start, progress (as a listener's Jellyfin sent it), stop."""
    progress, stop = fixture("jellyfin", "progress_audio_real_10_8"), fixture("jellyfin", "stop_audio_completed")
    began = seconds_earlier(stop["json"]["UtcTimestamp"], 92)
    start = progress["json"] | {"NotificationType": "PlaybackStart", "UtcTimestamp": began, "PlaybackPositionTicks": 0}
    return [json.dumps(start), progress["body_text"], stop["body_text"]]


def test_plays_stand_on_the_page_of_who_sent_them_once_each_though_sent_twice(join, post, page):
    events, told = jellyfin_listen(), fixture("multiscrobbler", "goscrobble_ingress_documented")["json"]
    ada, _bob = join("ada"), join("bob")
    success = (200, {"message": "success"})
    shown = []
    for _ in range(2):
        for body in events:
            sent = post(f"/ingress/jellyfin?key={ada}", body.encode(), content_type="text/plain; charset=utf-8")
            assert sent == success
        assert post("/ingress/multiscrobbler", told, ada) == success
        shown.append(plays_on(page("/u/ada")))
    (first_at, first), (second_at, second) = shown[0]
    assert (first_at, second_at) == ("2026-01-05T08:00:00+00:00", "2023-09-26T14:16:45+00:00")
    assert "Hummingbird Metro Boomin, James Blake" in first
    assert "Brother Madonna Kitsune²" in second
    assert shown[1] == shown[0]
    assert plays_on(page("/u/bob")) == []


# ---- floods ----


def flood(server, path, framing, chunk):
    """Send 100 MB without listening; return how many went out, and the status of the answer (None: cut off)."""
    port = int(server.url.rpartition(":")[2])
    head = f"POST /api/v1{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(head.encode())
            while sent < 100 * MEGABYTE:
                connection.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass  # it hung up, as it should
        with contextlib.suppress(OSError):
            answer = connection.recv(65_536)
    return sent, int(answer.split()[1]) if answer else None


@pytest.mark.parametrize("path", ["/login", "/ingress/jellyfin"])
@pytest.mark.parametrize(
    ("framing", "chunk"),
    [
        (f"Content-Length: {100 * MEGABYTE}", b" " * 65_536),
        ("Transfer-Encoding: chunked", b"10000\r\n" + b" " * 65_536 + b"\r\n"),
    ],
    ids=["announced", "not announced"],
)
def test_a_body_of_100_mb_is_turned_away_early(server, path, framing, chunk):
    sent, status = flood(server, path, framing, chunk)
    assert status in {413, 401, None}  # 401: of a stranger's plays the key is looked for in their beginning alone
    assert sent < 40 * MEGABYTE  # 8 that are read at most, and what the two kernels hold
    assert server.get("/health/live") == 200
