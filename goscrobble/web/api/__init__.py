"""The JSON API: one module a noun."""

from __future__ import annotations

from flask import Flask

from goscrobble.web.api import (
    account,
    admin,
    catalogue,
    comparing,
    config,
    covers,
    habits,
    live,
    openapi,
    scrobbles,
    search,
    server,
    site,
    sources,
    tops,
    user,
    users,
    years,
)

NOUNS = (
    server,
    account,
    user,
    sources,
    *admin.NOUNS,
    config,
    scrobbles,
    users,
    tops,
    habits,
    years,
    comparing,
    site,
    live,
    catalogue,
    search,
    covers,
    openapi,
)


def register(app: Flask) -> None:
    """Mount every noun's routes below /api/v1."""
    for noun in NOUNS:
        app.register_blueprint(noun.blueprint)
