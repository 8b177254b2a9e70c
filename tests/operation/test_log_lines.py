"""What a real server prints while it is asked hostile things: whole lines, and nothing that controls a terminal."""

import json
import re
import socket

CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
ACCESS = re.compile(r'127\.0\.0\.1 "[A-Z]+ \S.*" \d{3} \S+ \d+ms')
OF_GUNICORN = re.compile(r"\[\d{4}-\d\d-\d\d [\d:]+ [+-]\d{4}\] \[\d+\] \[[A-Z]+\] .*")
FORGED = '127.0.0.1 "GET /forged" 200 1 1ms'
PATHS = [
    b"/a%0a" + FORGED.encode().replace(b" ", b"%20"),
    b"/a%0d%0aset",
    b"/a%1b%5b2J",
    b"/a%00b",
    b"/a%e2%80%a8b",
    b"/a%c2%85b",
    b"/a%9bb",
    b"/a%ed%a0%80b",
    b"/bj%c3%b6rk",
    b"/%ff%fe",
    b"/api/v1/users/%0a%1b%00",
    b"/api/v1/ingress/jellyfin?key=%0a",
    b"/" + b"%0a" * 2000,
]


def ask(port, raw):
    """Send bytes, and wait until the server has answered or hung up."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(raw)
        while connection.recv(65_536):
            pass


def test_no_request_writes_a_line_of_its_own(run, port):
    server = run()
    end = b" HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n"
    for path in PATHS:
        for method in (b"GET", b"POST"):
            ask(port, method + b" " + path + end + b"\r\n")
    for header in (
        b"User-Agent: a\x1b[31m",
        b"Referer: b\x9b",
        b"X-Forwarded-For: \x1b[2J",
        b"Authorization: Bearer \x85",
    ):
        ask(port, b"GET /header" + end + header + b"\r\n\r\n")
    for nonsense in (b"\x1b[2J\r\n\r\n", b"GET /a\x1bb" + end + b"\r\n", b"G\x1bT /" + end + b"\r\n"):
        ask(port, nonsense)
    assert server.end() == 0
    output = server.output()
    assert CONTROLS.findall(output) == []
    lines = output.splitlines()
    assert FORGED not in lines
    assert output.count('/björk" ') == 2
    assert output.count(r"/a\x0a") == 2
    strange = [line for line in lines if not (ACCESS.fullmatch(line) or OF_GUNICORN.fullmatch(line) or is_ours(line))]
    assert strange == []


def is_ours(line):
    """Whether it is a line of JSON, or one of the sentences that the command prints at its start."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return line == "" or line.startswith(("GoScrobble ", "There is no account", "Open http", "The first"))
