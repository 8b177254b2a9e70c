"""What this server is, for anyone who asks."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from pydantic import BaseModel, Field

from goscrobble import __version__
from goscrobble.services import settings
from goscrobble.web import current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.limits import tier

blueprint = Blueprint("api_server", __name__, url_prefix="/api/v1")


class ServerInfo(BaseModel):
    """Version of the server, and whether it takes new accounts."""

    version: str = Field(examples=["0.1.0"])
    registration_enabled: str = Field(pattern="^[01]$", description='"1" or "0"', examples=["1"])


@blueprint.get("/serverinfo")
@blueprint.get("/serverstatus")
@tier(None)
@describe(tags=["Server"], summary="What this server is", answers={200: ServerInfo}, limited=False)
def show() -> Response:
    """Answer version and whether registration is open."""
    settings.forget(current_core())  # who asks may be the administrator who just closed it
    is_open = settings.runtime(current_core()).registration_enabled
    return jsonify(version=__version__, registration_enabled="1" if is_open else "0")
