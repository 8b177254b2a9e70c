"""What comes through the one way out."""

from __future__ import annotations

import pytest

from goscrobble.plugins.policy import Unreachable
from goscrobble.services import outgoing
from tests.services.outgoing.servers import ok, resolving, says


def test_an_answer_comes_back_with_status_headers_and_body(core, serve):
    server = serve(ok(b'{"a": 1}', b"X-Told: Yes"))
    answer = outgoing.fetch(core, "GET", server.url(path="/x?b=1"), params={"q": "ä & b"}, headers={"X-Asked": "1"})
    assert (answer.status, answer.headers["x-told"], answer.json()) == (200, "Yes", {"a": 1})
    first, *lines = server.requests[0].decode().split("\r\n")
    assert first == "GET /x?b=1&q=%C3%A4+%26+b HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert "X-Asked: 1" in lines
    assert "Accept-Encoding: identity" in lines


def test_a_form_is_posted(core, serve):
    server = serve(ok())
    outgoing.fetch(core, "POST", server.url(), form={"code": "a b"})
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert "Content-Type: application/x-www-form-urlencoded" in head
    assert body in {"code=a+b", ""}, "it may come in a packet of its own"


@pytest.mark.parametrize("status", [201, 400, 401, 404, 500, 502])
def test_whatever_its_status_an_answer_is_one(core, serve, status):
    server = serve(says(b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\n{}" % status))
    assert outgoing.fetch(core, "GET", server.url()).status == status


@pytest.mark.parametrize(
    "body",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\xef\xbb\xbf{}",
    ],
)
def test_every_way_to_write_an_answer_is_read(core, serve, body):
    assert outgoing.fetch(core, "GET", serve(says(body)).url()).json() == {}


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_says_so_only_when_asked_for_it(core, serve, body):
    answer = outgoing.fetch(core, "GET", serve(ok(body)).url())
    assert answer.body == body
    with pytest.raises(Unreachable):
        answer.json()


def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_asked(core, serve):
    server, asked = serve(ok()), []

    def resolve(host, port, *others):
        asked.append(host)
        return resolving("127.0.0.1" if len(asked) == 1 else "10.0.0.1")(host, port, *others)

    answer = outgoing.fetch(core, "GET", server.url("rebind.test"), resolve=resolve)
    assert (answer.status, asked) == (200, ["rebind.test"])
