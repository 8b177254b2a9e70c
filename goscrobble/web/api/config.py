"""The settings that an administrator may change while the server runs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import RootModel

from goscrobble.errors import BadInput
from goscrobble.services import administration, settings
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import Message, describe
from goscrobble.web.body import parse_json
from goscrobble.web.limits import tier

blueprint = Blueprint("api_config", __name__, url_prefix="/api/v1")
EXAMPLE = {"REGISTRATION_ENABLED": True}


class Config(RootModel[dict[str, Any]]):
    """Every setting that can be changed while the server runs, by key; the plugins' begin with the plugin's name."""


@blueprint.get("/config")
@tier("standard")
@describe(tags=["Administration"], summary="Read the settings", answers={200: Config}, auth="admin")
def show() -> Response:
    """Answer every setting, the plugins' included."""
    auth.require_admin()
    return jsonify({key: option.value for key, option in settings.options(current_core()).items()})


@blueprint.post("/config")
@tier("standard")
@describe(
    tags=["Administration"],
    summary="Change settings, all or none",
    body=Config,
    answers={200: Message},
    auth="admin",
    errors=(409,),
    example=EXAMPLE,
)
def change() -> Response:
    """Store the settings that were sent; the others stay."""
    by = auth.require_admin().account
    values = parse_json(request.get_data())
    if not isinstance(values, dict):
        raise BadInput("The body must be a JSON object")
    administration.change_settings(current_core(), by, values)
    return jsonify(message="Config updated successfully")
