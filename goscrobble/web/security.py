"""What a browser is told to refuse, whom a proxy is believed, and who may send a form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from goscrobble.config import Settings
from goscrobble.errors import BadConfig, BadInput, NotAllowed
from goscrobble.web.proxies import TrustedProxies

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that, browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS = "max-age=31536000"
INGRESS = "/api/v1/ingress/"
KEPT = frozenset({"static", "covers.show"})  # what browsers may keep, though somebody is signed in
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP")
log = structlog.get_logger("goscrobble.web")


def register(app: Flask, settings: Settings) -> None:
    """Trust the proxies that are configured, serve below the public URL's path, and guard every answer."""
    public = urlsplit(settings.public_url)
    app.extensions["goscrobble_origin"] = _origin(settings.public_url)
    if public.path:
        app.wsgi_app = _PathPrefix(app.wsgi_app, public.path)  # type: ignore[method-assign]  # how Flask wants it
    if settings.trusted_proxies:
        if settings.proxy_hops:
            raise BadConfig("Set trusted_proxies or proxy_hops, not both; the first is enough.")
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]  # same
    elif settings.proxy_hops:
        log.warning("proxy_hops believes whoever connects; name your proxies' addresses in trusted_proxies instead")
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=0)  # type: ignore[method-assign]  # same
    else:
        app.before_request(_notice_forwarding)
    is_https = public.scheme == "https"
    app.after_request(lambda response: _guard(response, is_https=is_https))


def saw_forwarding() -> bool:
    """Return whether requests arrived through a proxy that no setting speaks of (as this process saw them)."""
    return "goscrobble_saw_forwarding" in current_app.extensions


def check_origin() -> None:
    """Refuse an unsafe request that another site made a browser send. For all that a cookie authenticates.

    Raises NotAllowed for a foreign or unknown origin, BadInput for a body of the API that is not application/json.
    """
    if request.method in SAFE_METHODS:
        return
    if not _is_same_site():
        raise NotAllowed("This request came from another site")
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if request.path.startswith("/api/") and has_body and request.mimetype != "application/json":
        raise BadInput("With a cookie, the Content-Type must be application/json")


def preflight() -> Response:
    """Return the answer to a browser that asks whether another site's page may call an ingress route."""
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = "86400"
    return response


# ---- machinery ----


def _is_same_site() -> bool:
    """Believe what only a browser can say: Sec-Fetch-Site, else Origin. A request that names neither is refused."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "")
    parts = _origin(origin)
    if parts is None:
        return False
    # Our own host by either scheme: a proxy may end TLS without our knowing.
    is_here = urlsplit(origin).netloc.lower() == request.host.lower()
    return is_here or parts == current_app.extensions["goscrobble_origin"]


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port, or None for what is not an address of a site ("null" for one)."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def _guard(response: Response, *, is_https: bool) -> Response:
    headers = response.headers
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if is_https:
        headers.setdefault("Strict-Transport-Security", HSTS)
    path = request.path
    if path.startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    elif request.endpoint not in KEPT and (request.cookies or "Set-Cookie" in headers):
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    if path.startswith(INGRESS):
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def _notice_forwarding() -> None:
    if not saw_forwarding() and any(name in request.headers for name in FORWARDED):
        current_app.extensions["goscrobble_saw_forwarding"] = True
        log.warning("a proxy forwards requests, but the setting trusted_proxies is empty: every caller looks like it")


class _PathPrefix:
    """Makes links below the path of the public URL, whether the proxy in front cuts that path off or not."""

    def __init__(self, app: Callable[..., Iterable[bytes]], prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path.removeprefix(self._prefix)
        environ["SCRIPT_NAME"] = self._prefix
        return self._app(environ, start_response)
