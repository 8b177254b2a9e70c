"""Whom a forwarded header is believed: the proxies whose addresses the administrator named, and nobody else.

`X-Forwarded-For` is read from its end, where the proxy next to us wrote: past every address that is a trusted proxy's,
to the first that is not. That is the client's, whatever it sent itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from goscrobble.errors import BadConfig

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"  # stands for whoever connects by a Unix socket, who has no address
_MOST = 100  # entries of a header that are looked at


class TrustedProxies:
    """WSGI middleware that takes client, scheme and host from the headers of trusted proxies."""

    def __init__(self, inner: WSGIApplication, trusted: Sequence[str]) -> None:
        """`trusted` are networks and addresses, and UNIX. Raises BadConfig for what is neither."""
        self._inner = inner
        self._trusts_unix = UNIX in trusted
        try:
            self._networks = [ipaddress.ip_network(text, strict=False) for text in trusted if text != UNIX]
        except ValueError as error:
            raise BadConfig(f"The setting trusted_proxies cannot be used: {error}.") from None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Put what the proxies say in place of what the connection says."""
        peer = environ.get("REMOTE_ADDR", "")
        hops, client = self._client(peer, _values(environ, "HTTP_X_FORWARDED_FOR"))
        if hops:
            environ["REMOTE_ADDR"] = client
            scheme = _told(environ, "HTTP_X_FORWARDED_PROTO", hops)
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
            if host := _told(environ, "HTTP_X_FORWARDED_HOST", hops):
                environ["HTTP_HOST"] = host
        return self._inner(environ, start_response)

    def _client(self, peer: str, chain: Sequence[str]) -> tuple[int, str]:
        """Return how many trusted proxies the request came through, and from where."""
        hops, client = 0, peer
        for address in (peer, *reversed(chain[-_MOST:])):
            parsed = _parsed(address)
            if hops and parsed is None:
                break  # no proxy wrote that: it is the client's own invention
            client = address if parsed is None else str(parsed)
            if not self._is_trusted(address, parsed):
                break
            hops += 1
        return hops, client

    def _is_trusted(self, text: str, address: Address | None) -> bool:
        if address is None:
            return self._trusts_unix and text == ""
        return any(address in network for network in self._networks)


def _values(environ: dict[str, Any], name: str) -> list[str]:
    text = environ.get(name, "")
    return [part.strip() for part in text.split(",")] if text else []


def _told(environ: dict[str, Any], name: str, hops: int) -> str:
    """Return what the outermost trusted proxy wrote; where an inner one wrote over it, that."""
    values = _values(environ, name)
    return values[-min(hops, len(values))] if values else ""


def _parsed(text: str) -> Address | None:
    """Return an address, which may have a port; one of IPv4 in the clothes of IPv6 as what it is."""
    bare = text.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
