"""Who may ask how often: one token bucket per tier and caller, exact over all workers and nodes.

Flask-Limiter holds storage and strategy. Its own hooks are not used for the tiers: they leave out addresses that do
not exist, ask the store twice a request, and print a Retry-After of 0.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter

from goscrobble.domain.sentences import Sentence
from goscrobble.errors import GoScrobbleError, TooManyRequests
from goscrobble.services.core import Core
from goscrobble.storage.buckets import Verdict, open_buckets
from goscrobble.web import arrival, auth, security, tokenbucket
from goscrobble.web.tokenbucket import Tier, TokenBucket, parse_tier

F = TypeVar("F", bound=Callable[..., Any])
TierName = Literal["light", "standard", "heavy", "pages", "events"]

PAGES = "50/s burst 200"  # pages, static files, artwork, opening a live stream
EVENTS = "10/s burst 60"  # players' own events, which come in bursts and are never sent again
UNLIMITED = ("/health/", "/metrics")
INGRESS = "/api/v1/ingress/"
STRANGERS_FORM = 64 * 1024  # bytes of a body of somebody who is not known yet: a sign-in needs less
STRANGERS_PLAYS = 256 * 1024  # of plays, where the body may hold the key itself
_BYTES_A_TOKEN = 16 * 1024  # of plays whose sender is not known before they are read


def register(app: Flask, core: Core) -> None:
    """Charge every request to its caller. Raises BadConfig for a tier that cannot be read."""
    settings = core.settings
    app.extensions["goscrobble_tiers"] = {
        "light": parse_tier("light", settings.rate_limit_light),
        "standard": parse_tier("standard", settings.rate_limit_standard),
        "heavy": parse_tier("heavy", settings.rate_limit_heavy),
        "pages": parse_tier("pages", PAGES),
        "events": parse_tier("events", EVENTS),
    }
    tokenbucket.install()
    hooks = list(app.before_request_funcs[None])
    limiter = Limiter(
        key_func=caller,
        app=app,
        strategy=tokenbucket.STRATEGY,
        storage_uri=tokenbucket.URI,
        storage_options={
            "buckets": open_buckets(settings.url, settings.redis_url, settings.instance_path, core.now)  # type: ignore[dict-item]  # passed on as it is
        },
    )
    app.extensions["goscrobble_limits"] = limiter.limiter
    # Its decorators check by themselves; its hooks would look for limits that nobody sets, at each request.
    app.before_request_funcs[None] = hooks
    app.before_request(_charge)
    app.after_request(_show)
    app.after_request(_charge_failure)  # runs before _show


def tier(name: TierName | None) -> Callable[[F], F]:
    """Say which tier a view is in; None: not limited. Without it see `tier_of`."""

    def note(view: F) -> F:
        setattr(view, _NOTE, name)
        return view

    return note


def tier_of(app: Flask, endpoint: str, method: str, path: str) -> TierName | None:
    """Return the tier of a request; None: not limited.

    The API is "standard", and so is what is sent to a page: a form can be no way round the limits of the API. Reading
    pages is "pages".
    """
    noted: TierName | Literal["unset"] | None = getattr(app.view_functions.get(endpoint), _NOTE, "unset")
    if noted != "unset":
        return noted
    is_read = method in {"GET", "HEAD", "OPTIONS"}
    return "pages" if is_read and not path.startswith("/api/") else "standard"


def spend(name: TierName, *, context: auth.AuthContext | None = None) -> None:
    """Take a token of the caller: the listener of `context`, or of the request's credential, else the address.

    Raises TooManyRequests, which says how long to wait.
    """
    _spend(name, f"user/{context.account.uuid}" if context is not None else caller())


def spend_on_strangers_body() -> None:
    """Charge the address for a body that has to be read to know whose it is, by its size; and bound that.

    Raises TooManyRequests.
    """
    size = STRANGERS_PLAYS if request.content_length is None else min(request.content_length, STRANGERS_PLAYS)
    arrival.narrow(STRANGERS_PLAYS)
    _spend("pages", address(), 1 + size // _BYTES_A_TOKEN, is_shown=False)


def caller() -> str:
    """Return whose bucket this request is charged to. A credential that fails is charged to its address."""
    try:
        context = auth.identify()
    except GoScrobbleError:
        context = None  # the view says what is wrong with it, if it needs one
    return f"user/{context.account.uuid}" if context is not None else address()


def address() -> str:
    """Return the request's address as a bucket's key: IPv4, or the /64 that a subscriber of IPv6 is given whole."""
    return f"address/{_network(request.remote_addr or '')}"


# ---- machinery ----

_NOTE = "_tier"


def _charge() -> Response | None:
    path = request.path
    if path.startswith(INGRESS) and request.routing_exception is None:
        if request.method == "OPTIONS":
            _spend("pages", address())
            return security.preflight()
        return None  # charged once the body is known, by the ingress itself
    if path.startswith(UNLIMITED):
        return None
    name = tier_of(current_app, request.endpoint or "", request.method, path)
    charged = address() if request.endpoint == "static" else caller()
    if name is not None:
        _spend(name, charged)
    if charged == address():
        arrival.narrow(STRANGERS_FORM)
    return None


def _spend(name: Any, key: str, cost: int = 1, *, is_shown: bool = True) -> None:
    strategy: TokenBucket = current_app.extensions["goscrobble_limits"]
    spent: Tier = current_app.extensions["goscrobble_tiers"][name]
    verdict = strategy.take(spent, key, cost)
    if is_shown or not verdict.allowed:
        g.limit = (spent, verdict)
    if not verdict.allowed:
        seconds = max(1, math.ceil(verdict.wait))
        raise TooManyRequests(
            Sentence("Too many requests, please wait %(seconds)s seconds", seconds=seconds)
            if seconds > 1
            else Sentence("Too many requests, please wait 1 second"),
            retry_after=seconds,
            limit=spent.burst,
        )


def _charge_failure(response: Response) -> Response:
    """Charge the address for an ingress that failed before it charged anybody: a bad credential, an endless body."""
    if "limit" in g or response.status_code < HTTPStatus.BAD_REQUEST or not request.path.startswith(INGRESS):
        return response
    try:
        _spend("light", address())
    except TooManyRequests as error:
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _show(response: Response) -> Response:
    spent: tuple[Tier, Verdict] | None = g.get("limit")
    if spent is not None:
        which, verdict = spent
        response.headers["RateLimit-Limit"] = str(which.burst)
        response.headers["RateLimit-Remaining"] = str(tokenbucket.left(which, verdict))
        response.headers["RateLimit-Reset"] = str(math.ceil(verdict.debt))  # seconds until the bucket is full
    return response


@lru_cache(4096)
def _network(text: str) -> str:
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "local"  # a Unix socket has none
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False).network_address)
