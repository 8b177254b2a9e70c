"""Pictures of artists and albums, changed by programs. They are shown at /covers/…, as pages show them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, request

from goscrobble.services import covers
from goscrobble.services.covers import Kind
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe

blueprint = Blueprint("api_covers", __name__, url_prefix="/api/v1")

_SET = describe(
    tags=["Catalogue"],
    summary="Set the picture of an artist or album: the body is a PNG, JPEG, WebP or GIF of at most 8 MB",
    auth="write",
)
_REMOVE = describe(tags=["Catalogue"], summary="Remove the picture of an artist or album", auth="write")


@blueprint.put("/artists/<uuid:entry>/cover")
@_SET
def set_artists(entry: UUID) -> dict[str, str]:
    """Make the body the picture of an artist."""
    return _set("artist", entry)


@blueprint.put("/albums/<uuid:entry>/cover")
@_SET
def set_albums(entry: UUID) -> dict[str, str]:
    """Make the body the picture of an album."""
    return _set("album", entry)


@blueprint.delete("/artists/<uuid:entry>/cover")
@_REMOVE
def remove_artists(entry: UUID) -> dict[str, str]:
    """Remove the picture of an artist."""
    return _remove("artist", entry)


@blueprint.delete("/albums/<uuid:entry>/cover")
@_REMOVE
def remove_albums(entry: UUID) -> dict[str, str]:
    """Remove the picture of an album."""
    return _remove("album", entry)


def _set(kind: Kind, entry: UUID) -> dict[str, str]:
    covers.replace(current_core(), auth.require("write").account, kind, str(entry), request.get_data())
    return {"message": "The picture was changed"}


def _remove(kind: Kind, entry: UUID) -> dict[str, str]:
    """Remove it; the one that is made of the name takes its place."""
    covers.remove(current_core(), auth.require("write").account, kind, str(entry))
    return {"message": "The picture was removed"}
