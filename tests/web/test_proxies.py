"""Whose forwarded headers are believed."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from goscrobble import config
from goscrobble.errors import BadConfig
from goscrobble.web.proxies import TrustedProxies

TRUSTED = ["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]


def seen(peer, *, trusted=TRUSTED, **headers):
    """What the application sees of a request from this peer: address, scheme, host."""
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "inner:42069"}
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in headers.items()}
    TrustedProxies(lambda _environ, _start: [], trusted)(environ, None)
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]


def address(peer, chain, **more):
    return seen(peer, **{"for": chain}, **more)[0]


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is what the client sent itself
        ("10.0.0.1", "203.0.113.9, 10.0.0.2, 192.0.2.1", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.9, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # somebody in the proxies' own network
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, , 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", '"[2001:db9::1]:4711"', "2001:db9::1"),
        ("10.0.0.1", "[2001:db9::1]", "2001:db9::1"),
        ("10.0.0.1", "2001:db9::1", "2001:db9::1"),
        ("10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("2001:db8::7", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.2", "203.0.113.9", "192.0.2.2"),  # nobody's proxy
        ("", "203.0.113.9", ""),
        ("10.0.0.1", ", ".join(["203.0.113.9"] + ["10.0.0.2"] * 5000), "10.0.0.2"),
    ],
)
def test_the_client_is_the_first_from_the_end_that_is_no_trusted_proxy(peer, chain, client):
    assert address(peer, chain) == client


def test_whoever_uses_a_unix_socket_is_believed_where_that_is_said():
    assert address("", "203.0.113.9", trusted=["unix"]) == "203.0.113.9"
    assert address("", "203.0.113.9, 10.0.0.2", trusted=["unix", "10.0.0.0/8"]) == "203.0.113.9"
    assert address("10.0.0.1", "203.0.113.9", trusted=["unix"]) == "10.0.0.1"


ADDRESSES = st.one_of(
    st.ip_addresses().map(str), st.sampled_from(["10.0.0.2", "192.0.2.1", "", "unknown", "[", "1.2.3", "a,b", "\x00"])
)


@given(st.ip_addresses(v=4), st.lists(ADDRESSES, max_size=6))
@example(ipaddress.ip_address("203.0.113.9"), ["10.0.0.2"])
def test_who_is_not_trusted_cannot_choose_its_address_its_scheme_or_its_host(peer, chain):
    if any(peer in ipaddress.ip_network(one) for one in TRUSTED if ":" not in one):
        return
    told = {"for": ", ".join(chain), "proto": "https", "host": "evil.example"}
    assert seen(str(peer), **told) == (str(peer), "http", "inner:42069")


@given(st.ip_addresses(v=4), st.lists(ADDRESSES, max_size=6))
def test_behind_a_proxy_that_adds_what_it_sees_the_client_cannot_choose_either(client, sent):
    if any(client in ipaddress.ip_network(one) for one in TRUSTED if ":" not in one):
        return
    assert address("10.0.0.1", ", ".join([*sent, str(client)])) == str(client)
    assert address("10.0.0.1", ", ".join([*sent, str(client), "10.0.0.2"])) == str(client)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"for": "203.0.113.9", "proto": "https", "host": "m.example"}, ("https", "m.example")),
        ({"for": "203.0.113.9, 10.0.0.2", "proto": "https, http", "host": "m.example, inner"}, ("https", "m.example")),
        ({"for": "203.0.113.9, 10.0.0.2", "proto": "ftp, https, http"}, ("https", "inner:42069")),
        ({"for": "203.0.113.9, 10.0.0.2", "proto": "https"}, ("https", "inner:42069")),
        ({"for": "203.0.113.9", "proto": "javascript"}, ("http", "inner:42069")),
        ({"for": "203.0.113.9"}, ("http", "inner:42069")),
    ],
)
def test_scheme_and_host_are_what_the_outermost_trusted_proxy_wrote(told, expected):
    assert seen("10.0.0.1", **told)[1:] == expected


@pytest.mark.parametrize("text", ["my-proxy", "10.0.0.0/99", "", "10.0.0.1:80"])
def test_what_is_no_address_is_said_to_be_none(text):
    with pytest.raises(BadConfig, match="trusted_proxies cannot be used"):
        TrustedProxies(lambda _environ, _start: [], [text])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1,::1", ["127.0.0.1", "::1"]),
        (" 127.0.0.1 , unix ", ["127.0.0.1", "unix"]),
        ('["10.0.0.0/8", "unix"]', ["10.0.0.0/8", "unix"]),
        ("", []),
    ],
)
def test_a_list_in_the_environment_is_written_either_way(monkeypatch, tmp_path, text, expected):
    monkeypatch.setenv("GOSCROBBLE_TRUSTED_PROXIES", text)
    monkeypatch.setenv("GOSCROBBLE_OUTGOING_ALLOWED_NETWORKS", text)
    settings = config.load(tmp_path)
    assert (settings.trusted_proxies, settings.outgoing_allowed_networks) == (expected, expected)


def test_a_list_that_is_none_is_said_to_be_none(monkeypatch, tmp_path):
    monkeypatch.setenv("GOSCROBBLE_TRUSTED_PROXIES", '["10.0.0.0/8"')
    with pytest.raises(BadConfig, match="must be a list"):
        config.load(tmp_path)
