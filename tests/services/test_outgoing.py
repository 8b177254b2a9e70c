"""The one way out: what it refuses, how long it may take, and whom it leaves alone."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from email.utils import format_datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from goscrobble.errors import BadConfig
from goscrobble.plugins.policy import RetryLater, Unreachable
from goscrobble.services import outgoing
from goscrobble.testing import make_core, make_settings
from goscrobble.testing.clock import START

SENTENCE = "The server at this address cannot be reached, or its answer cannot be used"
DEADLINE = 0.6  # seconds that a request of these tests may take
SLACK = 5  # seconds more that a busy machine may need; what hangs or never ends takes far longer
PUBLIC = "93.184.216.34"


@pytest.fixture
def settings(instance_path, database_url):
    return make_settings(instance_path, database_url=database_url, outgoing_allowed_networks=["127.0.0.0/8", "::1"])


class Server:
    """Accepts connections on loopback, and gives each to `behave(connection)` once its request has come."""

    def __init__(self, behave, context=None):
        self.requests = []
        self._behave = behave
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.05)
        self._stopping = threading.Event()
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def url(self, host="127.0.0.1", path="/", scheme="http"):
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self):
        self._stopping.set()
        self._thread.join()
        self._listening.close()

    def _serve(self):
        while not self._stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection:
            try:
                connection.settimeout(5)
                if self._context is not None:
                    connection = self._context.wrap_socket(connection, server_side=True)
                self.requests.append(connection.recv(65536))
                self._behave(connection)
                connection.close()
            except OSError:
                return  # the client went away, as it should


@pytest.fixture
def serve():
    started = []

    def start(behave, context=None):
        started.append(Server(behave, context))
        return started[-1]

    yield start
    for server in started:
        server.close()


def says(*parts, every=0.0):
    """A behaviour: send these bytes, with pauses between them."""

    def behave(connection):
        for part in parts:
            connection.sendall(part)
            time.sleep(every)

    return behave


def ok(body=b'{"ok": true}', *headers):
    return says(b"\r\n".join([b"HTTP/1.1 200 OK", *headers, b"Content-Length: %d" % len(body), b"", body]))


def refused(core, url, **options):
    """Fetch, and return how many seconds it took to be refused with the one sentence."""
    began = time.monotonic()
    with pytest.raises(Unreachable) as raised:
        outgoing.fetch(core, "GET", url, **({"timeout": DEADLINE} | options))
    assert str(raised.value) == SENTENCE
    return time.monotonic() - began


def resolving(*addresses):
    return lambda _host, port, *_others: [(socket.AF_INET, 1, 6, "", (address, port)) for address in addresses]


# ---- what comes through ----


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


# ---- addresses ----

LOOPBACK = [
    "localhost",
    "LOCALHOST",
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0x7f000001",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "017700000001",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[64:ff9b::a9fe:a9fe]",
    "[::ffff:169.254.169.254]",
]


@pytest.fixture
def closed_core(core, instance_path, database_url, clock):
    """A core whose administrator has opened no network."""
    closed = make_core(make_settings(instance_path, database_url=database_url), clock, [])
    yield closed
    closed.database.close()


@pytest.mark.parametrize("host", LOOPBACK + PRIVATE)
def test_no_spelling_of_an_inner_address_is_reached(closed_core, serve, host):
    server = serve(ok())
    assert refused(closed_core, server.url(host)) < DEADLINE + SLACK
    assert server.requests == []


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "0.0.0.0",
        "::",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fe80::1%eth0",
        "fd00:ec2::254",
    ],
)
def test_what_nobody_may_open_stays_closed(text):
    everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    assert not outgoing.may_reach(text, everything)


@pytest.mark.parametrize(
    ("text", "networks", "reachable"),
    [
        (PUBLIC, [], True),
        ("2606:4700::1111", [], True),
        ("::ffff:93.184.216.34", [], True),
        ("64:ff9b::5db8:d822", [], True),
        ("192.168.1.7", [], False),
        ("192.168.1.7", ["192.168.1.0/24"], True),
        ("::ffff:192.168.1.7", ["192.168.1.0/24"], True),
        ("192.168.2.7", ["192.168.1.0/24"], False),
        ("fd12::7", ["192.168.1.0/24"], False),
        ("fd12::7", ["fd12::/64"], True),
    ],
)
def test_an_address_is_reached_if_it_is_public_or_was_opened(text, networks, reachable):
    assert outgoing.may_reach(text, [ipaddress.ip_network(network) for network in networks]) is reachable


@pytest.mark.parametrize("addresses", [("127.0.0.1",), (PUBLIC, "127.0.0.1"), ("127.0.0.1", PUBLIC), ("10.0.0.1",), ()])
def test_a_name_with_any_inner_address_is_not_asked_at_all(closed_core, serve, addresses):
    server = serve(ok())
    refused(closed_core, server.url("mixed.test"), resolve=resolving(*addresses))
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "ftp://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "127.0.0.1:{port}",
        "http://",
        "http:///x",
        "",
        "http://127.0.0.1:{port}@evil.test/",
        "http://ada:secret@127.0.0.1:{port}/",
        "http://ada@127.0.0.1:{port}/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:-1/",
        "http://[::1/",
        "http://127.0.0.1:{port}/\r\nX-Evil: 1",
        "http://a b.test/",
        "http://" + "a" * 64 + ".test/",
        "http://\ud800.test/",
    ],
)
def test_what_is_no_address_of_a_web_server_is_refused(core, serve, url):
    server = serve(ok())
    assert refused(core, url.replace("{port}", str(server.port))) < DEADLINE + SLACK
    assert server.requests == []


def test_a_network_that_is_none_is_the_administrators_mistake(instance_path, database_url, clock):
    core = make_core(
        make_settings(instance_path, database_url=database_url, outgoing_allowed_networks=["home"]), clock, []
    )
    with pytest.raises(BadConfig, match="outgoing_allowed_networks"):
        outgoing.allowed_networks(core)
    core.database.close()


# ---- faults ----


def _endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(2048):  # 128 MB
        connection.sendall(b"x" * 65536)


def _endless_chunks(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\nx\r\n" * 1000)


def _endless_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"y" * 60_000 + b"\r\n")


def _endless_continues(connection):
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


BOMB = gzip.compress(b"0" * 1_000_000) * 100  # 100 MB in 100 kB


def _bomb(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)


FAULTS = {
    "hang": says(b"", every=5),
    "header drip": says(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 50, every=0.1),
    "status drip": says(*[bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\n\r\n"], every=0.1),
    "body drip": says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", *[b"x"] * 100, every=0.1),
    "128 MB": _endless,
    "endless chunks": _endless_chunks,
    "endless headers": _endless_headers,
    "endless continues": _endless_continues,
    "gzip bomb": _bomb,
    "redirect": says(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
    "not modified": says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "no answer": says(),
    "half a header": says(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "half a body": says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"),
    "half a chunk": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}"),
    "HTTP/0.9": says(b"<html>hello</html>"),
    "garbage": says(bytes(range(256)) * 10),
    "SSH": says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "two lengths": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    "negative length": says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_cut_off_within_the_deadline_and_in_little_memory(core, serve, name):
    server = serve(FAULTS[name])
    tracemalloc.start()
    try:
        seconds = refused(core, server.url())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seconds < DEADLINE + SLACK
    assert peak < 20_000_000
    assert len(server.requests) == 1


def test_an_answer_may_have_two_megabytes_and_no_more(core, serve):
    assert len(outgoing.fetch(core, "GET", serve(ok(b"x" * outgoing.MOST_BYTES)).url()).body) == outgoing.MOST_BYTES
    refused(core, serve(ok(b"x" * (outgoing.MOST_BYTES + 1))).url(), timeout=5)


def test_a_name_that_is_not_resolved_in_time_is_given_up(core):
    seconds = refused(core, "http://slow.test/", resolve=lambda *_: threading.Event().wait(5))
    assert seconds < DEADLINE + SLACK


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), OSError("no"), UnicodeError("label too long")])
def test_a_name_that_cannot_be_resolved_is_the_same(core, error):
    def resolve(*_):
        raise error

    refused(core, "http://nowhere.test/", resolve=resolve)


def test_a_port_where_nobody_listens_is_the_same(core):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    refused(core, f"http://127.0.0.1:{port}/")


def test_no_credential_is_logged_whatever_goes_wrong(core, serve, capfd, caplog):
    for behave in (FAULTS["redirect"], FAULTS["garbage"], FAULTS["no answer"]):
        refused(
            core, serve(behave).url(), params={"p": "enc:68756e74657232"}, headers={"Authorization": "Bearer hunter2"}
        )
    written = "".join(capfd.readouterr()) + caplog.text
    assert not [one for one in ("68756e74657232", "hunter2", "enc:") if one in written]


# ---- TLS ----


def _certificate(folder, host, *, days=1):
    """Write a self-signed certificate for a host, valid until `days` from now; return its file and a server's context."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=10))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, both = folder / f"{host}.pem", folder / f"{host}-key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(secret + file.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return file, context


@pytest.fixture
def trusting(monkeypatch):
    """Let the machine trust the authority in a file."""

    def trust(file):
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        outgoing._trust.cache_clear()

    yield trust
    outgoing._trust.cache_clear()


def test_a_certificate_that_the_machine_trusts_is_good(core, serve, trusting, tmp_path):
    file, context = _certificate(tmp_path, "music.test")
    trusting(file)
    server = serve(ok(), context)
    answer = outgoing.fetch(core, "GET", server.url("music.test", scheme="https"), resolve=resolving("127.0.0.1"))
    assert answer.json() == {"ok": True}


@pytest.mark.parametrize(
    ("host", "days", "is_trusted"),
    [("music.test", 1, False), ("other.test", 1, True), ("music.test", -1, True)],
    ids=["self-signed", "of another host", "expired"],
)
def test_a_certificate_that_proves_nothing_is_refused_before_anything_is_said(
    core, serve, trusting, tmp_path, host, days, is_trusted
):
    file, context = _certificate(tmp_path, host, days=days)
    if is_trusted:
        trusting(file)
    server = serve(ok(), context)
    refused(core, server.url("music.test", scheme="https"), resolve=resolving("127.0.0.1"))
    assert server.requests == []


@pytest.mark.parametrize("name", ["hang", "garbage", "no answer"])
def test_what_speaks_no_tls_is_refused_in_time(core, serve, name):
    assert refused(core, serve(FAULTS[name]).url(scheme="https")) < DEADLINE + SLACK


# ---- hosts that are left alone ----


@pytest.fixture
def other(settings, clock):
    """Another worker on the same database."""
    core = make_core(settings, clock, [])
    yield core
    core.database.close()


def left_alone(core, url):
    """Return for how many seconds more a host is left alone."""
    with pytest.raises(RetryLater) as raised:
        outgoing.fetch(core, "GET", url, timeout=DEADLINE)
    assert str(raised.value) == "The service is left alone for a while"
    return raised.value.after


def busy(*headers):
    return says(b"\r\n".join([b"HTTP/1.1 429 Slow down", *headers, b"Content-Length: 0", b"", b""]))


def date(seconds):
    return format_datetime(dt.datetime.fromtimestamp(START + seconds, dt.UTC), usegmt=True).encode()


@pytest.mark.parametrize("status", [b"429", b"503"])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"Retry-After: 1", 1),
        (b"Retry-After: 120", 120),
        (b"Retry-After: 86400", 86_400),
        (b"Retry-After: 99999999999", 86_400),
        (b"Retry-After: 0", 1),
        (b"Retry-After: -5", 1),
        (b"Retry-After: 1.5", 1.5),
        (b"Retry-After: " + date(90), 90),
        (b"Retry-After: " + date(-90), 1),
        (b"Retry-After: " + date(10**7), 86_400),
        (b"Retry-After: soon", 30),
        (b"Retry-After: nan", 30),
        (b"Retry-After: inf", 30),
        (b"Retry-After: Thu, 99 Jan 2026 00:00:00 GMT", 30),
        (b"Retry-After:", 30),
        (b"X: y", 30),
    ],
)
def test_who_asks_us_to_wait_is_obeyed(core, serve, status, header, seconds):
    server = serve(says(b"HTTP/1.1 %s X\r\n%s\r\nContent-Length: 0\r\n\r\n" % (status, header)))
    with pytest.raises(RetryLater) as raised:
        outgoing.fetch(core, "GET", server.url())
    assert raised.value.after == seconds


@given(st.text(max_size=40))
def test_whatever_stands_in_retry_after_it_is_a_time(text):
    assert 1 <= outgoing._wait_asked(text, START) <= 86_400


def test_a_host_that_asks_us_to_wait_is_left_alone_by_all_workers(core, other, serve, clock):
    server = serve(busy(b"Retry-After: 120"))
    with pytest.raises(RetryLater):
        outgoing.fetch(core, "GET", server.url())
    assert [left_alone(one, server.url()) for one in (core, other)] == [120, 120]
    clock.advance(119)
    assert left_alone(other, server.url(path="/other")) == 1
    assert len(server.requests) == 1
    clock.advance(1)
    with pytest.raises(RetryLater, match="asked us to wait"):
        outgoing.fetch(other, "GET", server.url())


def test_a_host_that_fails_is_left_alone_twice_as_long_each_time_until_it_answers(core, other, serve, clock):
    server = serve(FAULTS["no answer"])
    pauses = []
    for nth in range(8):
        refused((core, other)[nth % 2], server.url())
        pauses.append(left_alone(core, server.url()))
        clock.advance(pauses[-1])
    assert pauses == [5, 10, 20, 40, 80, 160, 240, 240]
    server._behave = ok()
    assert outgoing.fetch(core, "GET", server.url()).status == 200
    server._behave = FAULTS["no answer"]
    refused(core, server.url())
    assert left_alone(other, server.url()) == 5


def test_one_host_that_fails_is_no_reason_to_leave_another_alone(core, serve):
    refused(core, serve(FAULTS["no answer"]).url())
    assert outgoing.fetch(core, "GET", serve(ok()).url()).status == 200


@pytest.mark.parametrize("name", ["redirect", "128 MB", "gzip bomb"])
def test_an_answer_that_we_do_not_take_stops_nobody_else_from_asking_the_host(core, serve, name):
    server = serve(FAULTS[name])
    refused(core, server.url(path="/page"))
    server._behave = ok()
    assert outgoing.fetch(core, "GET", server.url(path="/api")).status == 200


def test_one_scheme_of_a_host_that_fails_is_no_reason_to_leave_the_other_alone(core, serve):
    server = serve(ok())
    refused(core, server.url(scheme="https"))
    assert outgoing.fetch(core, "GET", server.url()).status == 200
