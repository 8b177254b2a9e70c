"""`/api`: the OpenAPI document as a page to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template, url_for

from goscrobble.web import current_core
from goscrobble.web.api import openapi

blueprint = Blueprint("api", __name__)
Json = Mapping[str, Any]

_OPEN = "Nothing"
_ACCESS = {
    (): _OPEN,
    (frozenset(), frozenset({"bearer"})): "Nothing; who is signed in may see more",
    (frozenset({"bearer"}), frozenset({"key"})): "An API token, also as ?key=, or an access token",
}
_ACCESS_ELSE = "An access token, or an API token where its scopes allow it"


@dataclass(frozen=True, slots=True)
class Field:
    """One named value of a query, a body or an answer."""

    name: str
    kind: str  # "string", "list of integer", "Scrobble"
    required: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the document."""

    verb: str
    path: str
    summary: str
    description: str
    access: str
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    example: str  # a body to send, as JSON
    answer: tuple[Field, ...]
    failures: str  # "400, 401"


@dataclass(frozen=True, slots=True)
class Group:
    """The operations about one subject."""

    name: str
    endpoints: tuple[Endpoint, ...]


@blueprint.get("/api")
def show() -> str:
    """Show what programs may ask of this server."""
    known = current_app.extensions
    if "goscrobble_api_page" not in known:  # routes never change while the server runs
        known["goscrobble_api_page"] = list(groups(openapi.document(current_app)))
    return render_template(
        "api.html",
        groups=known["goscrobble_api_page"],
        base=current_core().settings.public_url + openapi.PREFIX,
        url=url_for("api_openapi.show"),
    )


def groups(document: Json) -> Iterator[Group]:
    """Sort a document's operations by their first tag, in the document's order; those of administrators last."""
    read = _Reader(document)
    by_tag: dict[str, list[Endpoint]] = {}
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            tag = (operation.get("tags") or ["Other"])[0]
            by_tag.setdefault(tag, []).append(read.endpoint(verb, path, operation))
    for tag, endpoints in sorted(by_tag.items(), key=lambda item: item[0] == "Admin"):
        yield Group(tag, tuple(endpoints))


class _Reader:
    """Follows the references of one document."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def endpoint(self, verb: str, path: str, operation: Json) -> Endpoint:
        """Return what is worth reading of an operation."""
        responses = operation.get("responses", {})
        success: Json = next((answer for status, answer in responses.items() if status.startswith("2")), {})
        body = _content(operation.get("requestBody", {}))
        parameters = operation.get("parameters", [])
        return Endpoint(
            verb=verb.upper(),
            path=path.removeprefix(openapi.PREFIX),
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            access=_access(operation.get("security", [])),
            query=tuple(
                Field(one["name"], self._kind(one.get("schema", {})), one.get("required", False))
                for one in parameters
                if one["in"] == "query"
            ),
            body=self._fields(body.get("schema", {})),
            example=json.dumps(body["example"], ensure_ascii=False) if "example" in body else "",
            answer=self._fields(_content(success).get("schema", {})),
            failures=", ".join(status for status in responses if not status.startswith("2")),
        )

    def _fields(self, schema: Json) -> tuple[Field, ...]:
        found = self._resolve(schema)
        required = found.get("required", ())
        return tuple(
            Field(name, self._kind(value), name in required) for name, value in found.get("properties", {}).items()
        )

    def _kind(self, schema: Json) -> str:
        """Return in a few words what may stand there."""
        if "$ref" in schema:
            found = self._resolve(schema)
            return self._kind(found) if "enum" in found else str(found.get("title") or found.get("type", "any"))
        if "const" in schema or "enum" in schema:
            return " | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")]))
        if parts := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self._kind(part) for part in parts))
        if schema.get("type") == "array":
            return f"list of {self._kind(schema.get('items', {}))}"
        kind = schema.get("type", "any")
        return "|".join(kind) if isinstance(kind, Sequence) and not isinstance(kind, str) else str(kind)

    def _resolve(self, schema: Json) -> Json:
        while "$ref" in schema:
            found: Any = self._document
            for part in str(schema["$ref"]).removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


def _content(holder: Json) -> Json:
    content: Json = holder.get("content", {}).get("application/json", {})
    return content


def _access(security: Sequence[Json]) -> str:
    return _ACCESS.get(tuple(frozenset(one) for one in security), _ACCESS_ELSE)
