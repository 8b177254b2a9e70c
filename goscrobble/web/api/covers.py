"""Pictures of artists and albums, changed by programs. They are shown at /covers/…, as pages show them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flask import Blueprint, request

from goscrobble.services import covers
from goscrobble.services.covers import Kind
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe

blueprint = Blueprint("api_covers", __name__, url_prefix="/api/v1")

_KINDS: dict[str, Kind] = {"artists": "artist", "albums": "album"}
Entries = Literal["artists", "albums"]


@blueprint.put("/<any(artists, albums):entries>/<uuid:uuid>/cover")
@describe(
    tags=["Catalogue"],
    summary="Set the picture of an artist or album: the body is a PNG, JPEG, WebP or GIF of at most 8 MB",
    auth="write",
)
def put(entries: Entries, uuid: UUID) -> dict[str, str]:
    """Make the body the picture."""
    by = auth.require("write").account
    covers.replace(current_core(), by, _KINDS[entries], str(uuid), request.get_data())
    return {"message": "The picture was changed"}


@blueprint.delete("/<any(artists, albums):entries>/<uuid:uuid>/cover")
@describe(tags=["Catalogue"], summary="Remove the picture of an artist or album", auth="write")
def delete(entries: Entries, uuid: UUID) -> dict[str, str]:
    """Remove the picture; the one that is made of the name takes its place."""
    by = auth.require("write").account
    covers.remove(current_core(), by, _KINDS[entries], str(uuid))
    return {"message": "The picture was removed"}
