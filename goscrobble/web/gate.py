"""The gate: a plugin that is switched off or cannot run has no routes. By the route that a request is matched with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, request
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from goscrobble.errors import NotFound
from goscrobble.services import settings
from goscrobble.services.core import Core
from goscrobble.web.security import INGRESS

_OWNERS = "goscrobble_route_owners"  # an extension of the application: endpoint -> plugin


def register(app: Flask, core: Core) -> None:
    """Put the gate before all that is done for a request."""
    app.extensions[_OWNERS] = {}

    def admit() -> None:
        owner = _owner()
        if owner is not None and not _runs(core, owner):
            raise NotFound(f"The plugin {owner} is switched off")

    app.before_request(admit)


@contextmanager
def owned_by(app: Flask, plugin: str) -> Iterator[None]:
    """Put every route that is added within behind the gate of this plugin, also where adding them fails half-way."""
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    try:
        yield
    finally:
        new = {rule.endpoint for rule in app.url_map.iter_rules()} - known
        app.extensions[_OWNERS] |= dict.fromkeys(new, plugin)


def _owner() -> str | None:
    """Return whose route it is that the request reaches, or would with another method."""
    owners: dict[str, str] = current_app.extensions[_OWNERS]
    endpoint = request.endpoint
    if isinstance(request.routing_exception, MethodNotAllowed) and request_ctx.url_adapter is not None:
        allowed = request.routing_exception.valid_methods or ()
        try:
            endpoint, _ = request_ctx.url_adapter.match(method=next(iter(allowed), None))
        except HTTPException:
            return None
    return owners.get(endpoint) if endpoint else None


def _runs(core: Core, owner: str) -> bool:
    """Believe what is remembered only where plays come in through an open gate: who switched it looks at once."""
    if core.plugins.runs(owner) and request.path.startswith(INGRESS):
        return True
    settings.forget(core)
    return core.plugins.runs(owner)
