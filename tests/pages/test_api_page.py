from __future__ import annotations

from goscrobble.web.pages import api


def test_the_page_lists_every_operation_of_the_document(browser, client):
    document = client.get("/api/v1/openapi.json").get_json()
    page = browser.get("/api")
    shown = [(e.text.split()[0], e.text.split()[1]) for e in page.all("h3")]
    told = [(verb.upper(), path.removeprefix("/api/v1")) for path, all_ in document["paths"].items() for verb in all_]
    assert sorted(shown) == sorted(told)
    assert ("POST", "/login") in shown
    assert page.one("a", href="/api/v1/openapi.json").text == "The complete description as OpenAPI"


def test_an_operation_is_read_with_its_references():
    document = {
        "paths": {
            "/api/v1/things/{id}": {
                "post": {
                    "tags": ["Things"],
                    "summary": "Make one",
                    "security": [{"bearer": []}, {"key": []}],
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                        {"name": "by", "in": "query", "schema": {"enum": ["plays", "time"]}},
                    ],
                    "requestBody": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/New"}, "example": {"a": "é"}}
                        }
                    },
                    "responses": {
                        "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                        "400": {},
                        "429": {},
                    },
                }
            }
        },
        "components": {
            "schemas": {
                "New": {"properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}}, "required": ["a"]},
                "Thing": {
                    "title": "Thing",
                    "properties": {
                        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                        "size": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                        "kind": {"const": "big"},
                    },
                },
            }
        },
    }
    (group,) = api.groups(document)
    assert group == api.Group(
        "Things",
        (
            api.Endpoint(
                verb="POST",
                path="/things/{id}",
                summary="Make one",
                description="",
                access="An API token, also as ?key=, or an access token",
                query=(api.Field("by", '"plays" | "time"', False),),
                body=(api.Field("a", "string", True), api.Field("b", "integer|null", False)),
                example='{"a": "é"}',
                answer=(
                    api.Field("parts", "list of Thing", False),
                    api.Field("size", "number or null", False),
                    api.Field("kind", '"big"', False),
                ),
                failures="400, 429",
            ),
        ),
    )


def test_what_is_for_administrators_comes_last():
    one = {"get": {"tags": ["Admin"], "responses": {}}}
    other = {"get": {"tags": ["Users"], "responses": {}}}
    assert [group.name for group in api.groups({"paths": {"/a": one, "/b": other}})] == ["Users", "Admin"]
