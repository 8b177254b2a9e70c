"""The one way out to addresses that people give: their own servers, and services that plugins ask.

A listener names a Navidrome, and this server calls it: that must not become a way to look into the network around it.
Names are resolved here, every address is checked, and the connection goes to exactly the address that was checked.
Redirects are not followed. An answer is read up to a size, and all of it must be there by a deadline, however slowly it
drips. Whatever goes wrong is told in one sentence, which says nothing about the network.
"""

from __future__ import annotations

import ipaddress
import json
import math
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpcore2
import httpx2
import structlog

from goscrobble import __version__
from goscrobble.errors import BadConfig, Unavailable
from goscrobble.plugins import deadline
from goscrobble.plugins.deadline import Hung
from goscrobble.plugins.policy import RetryLater, Unreachable
from goscrobble.services.core import Core
from goscrobble.storage import hosts
from goscrobble.storage.hosts import NOBODY, Asker

MOST_BYTES = 2_000_000  # of an answer
MOST_ADDRESSES = 4  # of a name that are tried
SHORTEST_PAUSE, LONGEST_PAUSE = 5, 240  # seconds that a host is left alone after a failure; doubled with each
LONGEST_WAIT = 86_400  # seconds that a host may ask us to wait
DEFAULT_WAIT = 30  # seconds where it asks and does not say how long
USER_AGENT = f"GoScrobble/{__version__}"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[..., Iterable[Any]]
log = structlog.get_logger("goscrobble.outgoing")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered (see `goscrobble.plugins.toolkit.Reply`)."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON. Raises Unreachable if it is none."""
        try:
            return json.loads(self.body.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise Unreachable from None


def fetch(
    core: Core,
    method: str,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
    most: int = MOST_BYTES,
    asker: Asker = NOBODY,
    resolve: Resolve = socket.getaddrinfo,
) -> Answer:
    """Send one request and return the answer, whatever its status, but for those that ask us to wait.

    A host that cannot be reached, or says 429 or 503, is left alone by this asker for a while, on all workers: as long
    as it says in Retry-After, else with growing pauses (and by others see `hosts.not_before`). Raises Unreachable, and
    RetryLater while the host is left alone.
    """
    host = _origin(url)
    _check_pause(core, host, asker)
    try:
        answer = _send(
            method, url, params, form, headers, _Backend(allowed_networks(core), timeout, resolve), timeout, most
        )
    except _Refused as error:  # no fault of the host: else who names a bad page of it would stop it for everybody
        log.info("a service cannot be used", reason=str(error))
        raise Unreachable from None
    except (*_FAILURES, OSError, ValueError, Hung) as error:
        log.info("a service cannot be asked", error=type(error).__name__)
        _pause(core, host, asker, None)
        raise Unreachable from None
    if answer.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        wait = _wait_asked(answer.headers.get("retry-after"), core.now())
        if asker == NOBODY:
            wait = min(wait, hosts.LONGEST_FOR_ALL)
        _pause(core, host, asker, wait)
        raise RetryLater("The service asked us to wait", after=wait)
    _resume(core, host, asker)
    return answer


def allowed_networks(core: Core) -> tuple[Network, ...]:
    """Return the private networks that the administrator opened. Raises BadConfig for what is no network."""
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in core.settings.outgoing_allowed_networks)
    except ValueError as error:
        raise BadConfig(f"The setting outgoing_allowed_networks cannot be used: {error}.") from None


# ---- addresses ----

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # metadata of clouds, and link-local
        "168.63.129.16/32",
        "100.100.100.200/32",
        "192.0.0.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/128",
        "fe80::/10",
        "ff00::/8",
        "fd00:ec2::/32",
    )
)
_IPV6_PUBLIC = ipaddress.ip_network("2000::/3")  # an allow-list: `is_global` of older Pythons says yes to too much
_IPV6_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def may_reach(text: str, allowed: Iterable[Network]) -> bool:
    """Return whether an address may be connected to; `allowed` are private networks that were opened."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if _inside(address, _NEVER):
        return False
    if _inside(address, allowed):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    return address in _IPV6_PUBLIC and not _inside(address, _IPV6_NOT_PUBLIC)


def _inside(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


# ---- sending ----


class _Refused(Exception):
    """The request, or its answer, is not one we make or take."""


_FAILURES = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)


def _send(
    method: str,
    url: str,
    params: Mapping[str, str] | None,
    form: Mapping[str, str] | None,
    headers: Mapping[str, str] | None,
    backend: _Backend,
    timeout: float,
    most: int,
) -> Answer:
    target = _url(url, params)
    sent = {"Host": target.netloc.decode("ascii"), "User-Agent": USER_AGENT, "Accept": "application/json"}
    sent |= {"Accept-Encoding": "identity", "Connection": "close"}  # nothing to unpack: a bomb stays packed
    content = b""
    if form is not None:
        content = urlencode(form).encode("ascii")
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(content))}
    sent |= dict(headers or {})
    extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout)}
    pairs = [(name.encode("ascii"), value.encode("utf-8")) for name, value in sent.items()]
    with (
        httpcore2.ConnectionPool(ssl_context=_trust(), max_connections=1, network_backend=backend) as pool,
        pool.stream(method, str(target), headers=pairs, content=content, extensions=extensions) as response,
    ):
        got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
            raise _Refused("a redirect")
        if got.get("content-encoding", "identity").lower() != "identity":
            raise _Refused("an encoding that was not asked for")
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > most:
                raise _Refused("too large an answer")
            backend.check_deadline()  # also between pieces that came with one read: there may be thousands
    return Answer(response.status, got, bytes(body))


@cache
def _trust() -> ssl.SSLContext:
    """Return what decides whom we believe. Made once: to read the authorities takes 50 ms of CPU."""
    return ssl.create_default_context()


def _url(url: str, params: Mapping[str, str] | None) -> httpx2.URL:
    try:
        target = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError, TypeError):
        raise _Refused("no address") from None
    if target.scheme not in {"http", "https"} or not target.host or target.userinfo:
        raise _Refused("no address of a web server")
    return target.copy_merge_params(dict(params)) if params else target


class _Backend(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, with one deadline over everything that follows."""

    def __init__(self, allowed: tuple[Network, ...], timeout: float, resolve: Resolve) -> None:
        self._allowed = allowed
        self._ends_at = time.monotonic() + timeout
        self._resolve = resolve
        self._inner = httpcore2.SyncBackend()

    def check_deadline(self) -> None:
        """Raise ReadTimeout once the deadline has passed."""
        _left(self._ends_at)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline counts
        local_address: str | None = None,  # noqa: ARG002 - the library's signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of a host that answers; every address of it must be one we may reach."""
        found = deadline.call(lambda: list(self._resolve(host, port, 0, socket.SOCK_STREAM)), _left(self._ends_at))
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses or not all(may_reach(address, self._allowed) for address in addresses):
            raise _Refused("an address that may not be reached")
        failure: Exception = _Refused("no address")
        for address in addresses[:MOST_ADDRESSES]:
            try:
                stream = self._inner.connect_tcp(
                    address, port, timeout=_left(self._ends_at), socket_options=socket_options
                )
            except (httpcore2.NetworkError, httpcore2.TimeoutException) as error:
                failure = error
            else:
                return _Stream(stream, self._ends_at)
        raise failure


class _Stream(httpcore2.NetworkStream):
    """A connection on which no operation outlasts the deadline of the whole."""

    def __init__(self, inner: httpcore2.NetworkStream, ends_at: float) -> None:
        self._inner = inner
        self._ends_at = ends_at

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline counts
        return self._inner.read(max_bytes, _left(self._ends_at))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - same
        self._inner.write(buffer, _left(self._ends_at))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - same
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(self._ends_at)), self._ends_at)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return left


# ---- hosts that are left alone ----


def _origin(url: str) -> str:
    """Return what is left alone as one: what answers at the other port of a host may well be up."""
    try:
        parts = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError, TypeError):
        return ""
    return f"{parts.scheme}://{parts.netloc.decode('ascii', 'replace').lower()}"[:255]


def _check_pause(core: Core, host: str, asker: Asker) -> None:
    with core.database.read() as connection:
        until = hosts.not_before(connection, host, asker, core.now())
    if until is not None:
        raise RetryLater("The service is left alone for a while", after=math.ceil(until - core.now()))


def _pause(core: Core, host: str, asker: Asker, wait: float | None) -> None:
    now = int(core.now())
    try:
        core.database.write(
            lambda connection: hosts.pause(
                connection, host, asker, now=now, wait=wait, shortest=SHORTEST_PAUSE, longest=LONGEST_PAUSE
            )
        )
    except Unavailable:
        return  # then it is asked again a little too early


def _resume(core: Core, host: str, asker: Asker) -> None:
    with core.database.read() as connection:
        if not hosts.is_remembered(connection, host, asker):
            return
    with suppress(Unavailable):  # then it is forgotten with the next answer; this one must not be lost for it
        core.database.write(lambda connection: hosts.resume(connection, host, asker))


def _wait_asked(text: str | None, now: float) -> float:
    """Return the seconds that a Retry-After asks for: a number or a date."""
    if text is None:
        return DEFAULT_WAIT
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except ValueError:
            return DEFAULT_WAIT
    return min(max(seconds, 1), LONGEST_WAIT) if math.isfinite(seconds) else DEFAULT_WAIT
