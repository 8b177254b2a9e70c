"""Pictures of artists and albums, and the form that changes them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal
from uuid import UUID

from flask import Blueprint, Response, redirect, request
from werkzeug import Response as AnyResponse

from goscrobble.errors import BadInput
from goscrobble.services import covers
from goscrobble.services.covers import Kind
from goscrobble.web import current_core, security
from goscrobble.web.pages import visitor

blueprint = Blueprint("covers", __name__, url_prefix="/covers")

FOREVER = 31_536_000  # seconds, for an address that names the picture's digest
A_WHILE = 600  # seconds, for one that does not


@blueprint.before_request
def guard() -> None:
    """Only our own pages may send the form."""
    security.check_origin()


@blueprint.get("/<any(artist, album):kind>/<uuid:uuid>")
def show(kind: Kind, uuid: UUID) -> Response:
    """Answer the picture: WebP if somebody uploaded one, else SVG. An address with its digest never changes."""
    sizes = {str(size): size for size in covers.SIZES}
    size = sizes.get(request.args.get("size", "300"))
    if size is None:
        raise BadInput("size must be 64 or 300")
    found = covers.picture(current_core(), kind, str(uuid), visitor.account(), size)
    response = Response(found.body, mimetype=found.media)
    response.set_etag(f"{found.digest}-{size}")
    is_lasting = request.args.get("v") == found.digest
    # What is seen depends on who looks: for their own browser, not for a proxy in between.
    response.headers["Cache-Control"] = (
        f"private, max-age={FOREVER}, immutable" if is_lasting else f"private, max-age={A_WHILE}"
    )
    response.make_conditional(request)
    return response


@blueprint.post("/<any(artist, album):kind>/<uuid:uuid>")
def change(kind: Kind, uuid: UUID) -> AnyResponse:
    """Take the file `picture` of a form, or remove what stands there if the button `remove` was pressed."""
    who, core = visitor.required_account(), current_core()
    sent = request.files.get("picture")
    done: Literal["removed", "changed"]
    if "remove" in request.form:
        covers.remove(core, who, kind, str(uuid))
        done = "removed"
    else:
        covers.replace(core, who, kind, str(uuid), b"" if sent is None else sent.read())
        done = "changed"
    return redirect(f"{request.script_root}/{kind}/{uuid}?done=cover-{done}", HTTPStatus.SEE_OTHER)
