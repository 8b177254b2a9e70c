"""The document: complete, and true to the routes."""

from __future__ import annotations

import json
import re

import pytest
from flask import Blueprint, Flask
from pydantic import BaseModel, Field

from goscrobble.web.api import openapi
from goscrobble.web.api.openapi import describe, document, undocumented

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def published(client):
    return client.get("/api/v1/openapi.json").json


def test_every_route_of_the_api_describes_itself(app):
    assert undocumented(app) == []


def test_every_route_of_the_core_is_described_in_full(app):
    records = app.extensions["goscrobble"].plugins.records.values()
    plugins = [mount for record in records for mount in record.mounts]
    lacking = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        and not any(rule.rule.startswith(mount) for mount in plugins)
        and not hasattr(app.view_functions[rule.endpoint], openapi._NOTE)
    }
    assert lacking == set()


def test_the_document_holds_every_route_and_method_and_nothing_else(app, published):
    expected = {
        (re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, entry in published["paths"].items() for method in entry} == expected


def test_every_reference_leads_somewhere_and_every_name_is_used_once(published):
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(published)):
        place = published
        for part in reference.split("/"):
            place = place[part]
    names = [operation["operationId"] for entry in published["paths"].values() for operation in entry.values()]
    assert len(names) == len(set(names))


def test_every_operation_says_what_can_go_wrong_with_it(published):
    for path, entry in published["paths"].items():
        for method, operation in entry.items():
            answers = set(operation["responses"])
            assert operation["summary"], path
            assert "503" in answers, path
            if method in {"post", "put", "patch"}:
                assert {"400", "408", "413"} <= answers, path
            if operation["security"] and {} not in operation["security"]:
                assert {"401", "403"} <= answers, path
            if "{" in path:
                assert "404" in answers, path


def test_every_parameter_of_a_path_is_listed(published):
    for path, entry in published["paths"].items():
        for operation in entry.values():
            listed = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert listed == set(re.findall(r"{(\w+)}", path)), path


def test_an_ingress_takes_a_token_by_header_or_address(published):
    for path, entry in published["paths"].items():
        if path.startswith("/api/v1/ingress/"):
            for operation in entry.values():
                assert operation["security"] == [{"bearer": []}, {"key": []}]


class Filter(BaseModel):
    """How to look."""

    limit: int = Field(default=50, ge=1, le=200, description="How many.")
    name: str


class Thing(BaseModel):
    """A thing."""

    name: str = Field(examples=["x"])
    parts: list[Filter] = []


def test_a_description_becomes_parameters_body_answers_and_security():
    app = Flask("x")

    @app.post("/api/v1/things/<uuid:id>/<any(big,small):size>/<int:number>")
    @describe(
        tags=["Things"],
        summary="Make",
        query=Filter,
        body=Thing,
        answers={201: Thing},
        auth="write",
        errors=(409,),
        example={"name": "y"},
    )
    def make():
        """Not shown."""

    (entry,) = document(app, "https://music.example.org")["paths"].values()
    operation = entry["post"]
    assert operation["summary"] == "Make"
    assert {one["name"]: (one["in"], one["required"], one["schema"]["type"]) for one in operation["parameters"]} == {
        "id": ("path", True, "string"),
        "size": ("path", True, "string"),
        "number": ("path", True, "integer"),
        "limit": ("query", False, "integer"),
        "name": ("query", True, "string"),
    }
    assert operation["requestBody"]["content"]["application/json"]["example"] == {"name": "y"}
    assert list(operation["responses"]) == ["201", "400", "401", "403", "404", "408", "409", "413", "429", "503"]
    assert operation["security"] == [{"bearer": []}]


def test_a_plugins_plain_blueprint_is_listed_by_its_docstring():
    app = Flask("x")
    plugin = Blueprint("tidal", "tidal")

    @plugin.post("")
    def take():
        """Take plays of Tidal.

        As its webhook sends them.
        """

    @plugin.post("/undescribed")
    def silent():
        pass

    app.register_blueprint(plugin, url_prefix="/api/v1/ingress/tidal")
    operation = document(app)["paths"]["/api/v1/ingress/tidal"]["post"]
    assert (operation["summary"], operation["description"]) == ("Take plays of Tidal.", "As its webhook sends them.")
    assert undocumented(app) == ["/api/v1/ingress/tidal/undescribed"]


def test_the_document_is_one_of_openapi_3_1(published):
    assert published["openapi"] == "3.1.0"
    assert set(published["components"]) == {"schemas", "responses", "securitySchemes"}
    assert published["components"]["responses"]["429"]["headers"]["Retry-After"]["schema"]["minimum"] == 1
    assert all(set(entry) <= METHODS for entry in published["paths"].values())
