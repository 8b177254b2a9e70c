"""Which addresses the one way out leads to."""

from __future__ import annotations

import ipaddress

import pytest

from goscrobble.errors import BadConfig
from goscrobble.services import outgoing
from goscrobble.testing import make_core, make_settings
from tests.services.outgoing.servers import DEADLINE, PUBLIC, SLACK, ok, refused, resolving

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
