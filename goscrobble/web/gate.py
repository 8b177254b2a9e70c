"""The gate: a plugin that is switched off or cannot run has no routes. By URL prefix, before routing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from goscrobble.errors import Unavailable
from goscrobble.services import settings
from goscrobble.services.core import Core
from goscrobble.web.security import INGRESS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication


def register(app: Flask, core: Core) -> None:
    """Put the gate before the routes of `app`, and behind what reads proxies' headers and path prefixes."""
    app.wsgi_app = Gate(app.wsgi_app, core)  # type: ignore[method-assign] # how Flask wants it


class Gate:
    """WSGI middleware that answers 404 for the prefixes of plugins that do not run right now."""

    def __init__(self, inner: WSGIApplication, core: Core) -> None:
        self._inner = inner
        self._core = core
        self._plugins = core.plugins

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Let the request through unless its path belongs to a plugin that is off."""
        owner = self._owner(environ.get("PATH_INFO", ""))
        try:
            if owner is None or self._runs(owner, environ.get("PATH_INFO", "")):
                return self._inner(environ, start_response)
        except Unavailable as error:  # the switch cannot be looked up: no handler of the application is here yet
            headers = [("Retry-After", str(error.retry_after))]
            return _refuse(start_response, "503 SERVICE UNAVAILABLE", str(error), headers)
        return _refuse(start_response, "404 NOT FOUND", f"The plugin {owner} is switched off", [])

    def _runs(self, owner: str, path: str) -> bool:
        """Believe what is remembered only where plays come in through an open gate: who switched it looks at once."""
        if self._plugins.runs(owner) and path.startswith(INGRESS):
            return True
        settings.forget(self._core)
        return self._plugins.runs(owner)

    def _owner(self, path: str) -> str | None:
        for record in self._plugins.records.values():
            if any(path == mount or path.startswith(mount + "/") for mount in record.mounts):
                return record.name
        return None


def _refuse(
    start_response: StartResponse, status: str, sentence: str, headers: list[tuple[str, str]]
) -> Iterable[bytes]:
    body = json.dumps({"error": sentence}).encode()
    kind = ("Content-Type", "application/json; charset=utf-8")
    start_response(status, [kind, ("Content-Length", str(len(body))), *headers])
    return [body]
