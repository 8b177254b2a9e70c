"""What a new worker asks itself, so that nobody waits while templates and statements are compiled."""

from __future__ import annotations

import structlog
from flask import Flask, request

from goscrobble.services import site

_PAGES = ("/u/{name}", "/u/{name}/history", "/u/{name}/charts/artists")
_API = ("/scrobbles", "/stats", "/activity", "/top/artists", "/top/albums", "/top/tracks", "/top/artists?range=7d")
ADDRESSES = (*_PAGES, *(f"/api/v1/users/{{name}}{path}" for path in _API))

log = structlog.get_logger("goscrobble.web")


def warm_up(app: Flask) -> None:
    """Have what is asked most made once, about somebody whom all may see. Nothing counts it as a request.

    An instance without plays has nothing to be slow with. What fails here will tell so when somebody asks for it.
    """
    try:
        name = site.liveliest(app.extensions["goscrobble"])
        for address in ADDRESSES if name else ():
            with app.test_request_context(address.format(name=name)):
                app.view_functions[request.endpoint or ""](**request.view_args or {})
    except Exception:  # a server that starts slowly beats one that does not
        log.warning("warming_up_failed", exc_info=True)
