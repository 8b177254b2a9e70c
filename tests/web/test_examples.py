"""The examples of the API's document: asked again, they get the answers that the document shows."""

import json
import sys
from pathlib import Path

import jsonschema_rs
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))
import examples

RECORDED = json.loads(examples.FILE.read_text("utf-8"))


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"rate_limit_standard": "1000/s burst 1000"})


def test_every_example_is_what_a_server_answers(app):
    assert examples.record(app) == RECORDED


def test_every_example_is_of_the_shape_that_the_document_promises(client):
    published = client.get("/api/v1/openapi.json").json
    for operation, recorded in RECORDED.items():
        method, _, path = operation.partition(" ")
        shown = published["paths"]["/api/v1" + path][method.lower()]["responses"]["200"]["content"]["application/json"]
        assert shown["example"] == recorded["answer"]
        schema = shown["schema"] | {"components": published["components"]}
        jsonschema_rs.validate(schema, recorded["answer"])


def test_every_reading_operation_has_an_example(client):
    published = client.get("/api/v1/openapi.json").json["paths"]
    lacking = {
        path
        for path, operations in published.items()
        if "get" in operations
        and not path.removeprefix("/api/v1").startswith(examples.LEFT_OUT)
        and f"GET {path.removeprefix('/api/v1')}" not in RECORDED
    }
    assert lacking == {"/api/v1/user/sources/{source_id}/events"}, "what cannot be shown without a connection"


def test_a_parameter_shows_what_the_example_asked(client):
    published = client.get("/api/v1/openapi.json").json["paths"]
    parameters = published["/api/v1/users/{username}/top/artists"]["get"]["parameters"]
    assert {one["name"]: one.get("example") for one in parameters if "example" in one} == {
        "username": "ada",
        "range": "30d",
        "limit": "2",
        "movement": "true",
    }
