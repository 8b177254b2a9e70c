"""The OpenAPI document: what each view says of itself with `describe`, joined with the URL map.

`describe` only writes a note onto the view. So a route costs nothing at run time, a plugin's plain blueprint works
undescribed (its docstring is shown), and every model is written once among the components.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Flask, Response, current_app, jsonify
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from goscrobble import __version__

F = TypeVar("F", bound=Callable[..., Any])
Auth = Literal["account", "read", "write", "admin", "ingress", "optional"]
Model = type[BaseModel]

PREFIX = "/api/v1"
blueprint = Blueprint("api_openapi", __name__, url_prefix=PREFIX)


class Error(BaseModel):
    """What every failure answers."""

    error: str


class Message(BaseModel):
    """What an action answers that has nothing else to tell."""

    message: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view says of itself."""

    summary: str
    tags: tuple[str, ...] = ()
    body: Model | None = None
    query: Model | None = None
    answers: Mapping[int, Model | None] = field(default_factory=lambda: {200: Message})
    media: str = "application/json"
    auth: Auth | None = None
    errors: tuple[int, ...] = ()
    example: Any = None
    limited: bool = True


def describe(
    *,
    tags: Iterable[str],
    summary: str,
    body: Model | None = None,
    query: Model | None = None,
    answers: Mapping[int, Model | None] | None = None,
    auth: Auth | None = None,
    errors: Iterable[int] = (),
    media: str = "application/json",
    example: Any = None,
    limited: bool = True,
) -> Callable[[F], F]:
    """Note on a view what the document shall say of it.

    `answers` maps a status to the model of its body (None: a body that is not JSON, of type `media`); `auth` is
    "optional" where a credential widens what is seen. `errors` are statuses beyond those that follow from method,
    parameters and auth (`_statuses`). `example` is a true body to send; answers are recorded (docs/examples.py).
    """
    operation = Operation(
        summary=summary,
        tags=tuple(tags),
        body=body,
        query=query,
        answers=dict(answers or {200: Message}),
        media=media,
        auth=auth,
        errors=tuple(errors),
        example=example,
        limited=limited,
    )

    def note(view: F) -> F:
        setattr(view, _NOTE, operation)
        return view

    return note


def document(app: Flask, server: str = "") -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route below /api/v1. `server` is the address before that path."""
    operations = list(_operations(app))
    schemas = _Schemas(operation for _, _, operation, _ in operations)
    paths: dict[str, dict[str, Any]] = {}
    names: dict[str, int] = {}
    recorded = json.loads(files("goscrobble.web.api").joinpath("examples.json").read_text("utf-8"))
    for rule, method, operation, description in operations:
        entry = _entry(rule, operation, schemas)
        path = _ARGUMENT.sub(r"{\3}", rule.rule)
        _illustrate(entry, path, recorded.get(f"{method} {path.removeprefix(PREFIX)}"))
        if description:
            entry["description"] = description
        name = f"{method.lower()}_{rule.endpoint.replace('.', '_')}"
        names[name] = names.get(name, 0) + 1
        entry["operationId"] = name if names[name] == 1 else f"{name}_{names[name]}"
        paths.setdefault(path, {})[method.lower()] = entry
    used = sorted({status for path in paths.values() for entry in path.values() for status in entry["responses"]})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "GoScrobble",
            "version": __version__,
            "description": "Send plays, read them back. Every failure answers one sentence under `error`.",
        },
        "servers": [{"url": server or "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {name: _failure(int(name), schemas) for name in used if name in _FAILURES},
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def undocumented(app: Flask) -> list[str]:
    """Return every route below /api/v1 that neither `describe` nor a docstring describes."""
    return sorted(
        rule.rule for rule in _rules(app) if not _described(app, rule) and not app.view_functions[rule.endpoint].__doc__
    )


# ---- machinery ----

_NOTE = "_openapi"
_ARGUMENT = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
_SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token from `/login`, or an API token with the scope the route needs.",
    },
    "key": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "An API token with the scope `ingest`, for players that cannot send headers.",
    },
}
_SECURITY: Mapping[Auth | None, list[dict[str, list[str]]]] = {
    None: [],
    "optional": [{}, {"bearer": []}],
    "ingress": [{"bearer": []}, {"key": []}],
}
_FAILURES = {
    "400": "Malformed JSON, or a field or parameter that cannot be used; the sentence names it.",
    "401": "No credential where one is needed, or one that is wrong or expired.",
    "403": "The credential does not allow this.",
    "404": "There is no such thing, or none that the caller may see.",
    "405": "The address does not take this method.",
    "408": "The body took too long to arrive.",
    "409": "Taken, or fixed elsewhere.",
    "413": "The body is larger than this server reads.",
    "429": "The caller's token bucket is empty; `Retry-After` says when it no longer is.",
    "503": "Temporarily unable, for instance while the database is away; try again.",
}
_WITH_RETRY = {"429", "503"}
_WITH_BODY = {"POST", "PUT", "PATCH"}


def _rules(app: Flask) -> list[Rule]:
    return sorted((rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX)), key=lambda r: r.rule)


def _described(app: Flask, rule: Rule) -> Operation | None:
    operation: Operation | None = getattr(app.view_functions[rule.endpoint], _NOTE, None)
    return operation


def _operations(app: Flask) -> Iterable[tuple[Rule, str, Operation, str]]:
    for rule in _rules(app):
        doc = (app.view_functions[rule.endpoint].__doc__ or rule.endpoint).strip()
        operation = _described(app, rule) or _undescribed(rule, doc)
        description = doc.partition("\n")[2].strip() if _described(app, rule) is None else ""
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method, operation, description


def _undescribed(rule: Rule, doc: str) -> Operation:
    """Say of a plugin's view what its docstring and its address imply."""
    is_ingress = rule.rule.startswith(f"{PREFIX}/ingress/")
    if is_ingress:
        return Operation(doc.partition("\n")[0], ("Ingress",), auth="ingress")
    return Operation(doc.partition("\n")[0], ("Plugins",), auth="optional", answers={})


def _entry(rule: Rule, operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    parameters = [_path_parameter(match) for match in _ARGUMENT.finditer(rule.rule)]
    if operation.query is not None:
        parameters += schemas.parameters(operation.query)
    entry: dict[str, Any] = {"summary": operation.summary, "tags": list(operation.tags)}
    if parameters:
        entry["parameters"] = parameters
    if operation.body is not None or (methods & _WITH_BODY and operation.auth == "ingress"):
        content: dict[str, Any] = {"schema": schemas.sent(operation.body)}
        if operation.example is not None:
            content["example"] = operation.example
        entry["requestBody"] = {"required": True, "content": {"application/json": content}}
    failures = _statuses(rule, operation, takes_body=operation.body is not None or bool(methods & _WITH_BODY))
    entry["responses"] = {
        **{str(status): schemas.answer(model, operation.media) for status, model in operation.answers.items()},
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in failures},
    }
    if not operation.answers:
        entry["responses"]["default"] = {"description": "What the plugin answers."}
    entry["security"] = _SECURITY.get(operation.auth, [{"bearer": []}])
    return entry


def _illustrate(entry: dict[str, Any], path: str, recorded: Mapping[str, Any] | None) -> None:
    """Add what a server was asked and what it answered (docs/examples.py records it) to an operation."""
    if recorded is None:
        return
    asked = urlsplit(recorded["request"])
    values = dict(parse_qsl(asked.query))
    parts = zip(path.split("/"), asked.path.split("/"), strict=True)
    values |= {name[1:-1]: part for name, part in parts if name.startswith("{")}
    for parameter in entry.get("parameters", ()):
        if parameter["name"] in values:
            parameter["example"] = values[parameter["name"]]
    for media in entry["responses"]["200"]["content"].values():
        media["example"] = recorded["answer"]


def _statuses(rule: Rule, operation: Operation, *, takes_body: bool) -> list[int]:
    """Return the failures an operation can answer, by what it is, and those it names itself."""
    statuses = {503, *operation.errors} | ({429} if operation.limited else set())
    if takes_body:
        statuses |= {400, 408, 413}
    if operation.query is not None:
        statuses.add(400)
    if operation.auth is not None:
        statuses.add(401)
    if operation.auth not in (None, "optional"):
        statuses.add(403)
    if rule.arguments or operation.auth == "ingress":  # an ingress is not there while its plugin is switched off
        statuses.add(404)
    return sorted(statuses - set(operation.answers))


def _path_parameter(match: re.Match[str]) -> dict[str, Any]:
    converter, arguments, name = match.groups()
    schema: dict[str, Any] = {"type": "string"}
    if converter == "int":
        schema = {"type": "integer", "minimum": 0}
    elif converter == "uuid":
        schema = {"type": "string", "format": "uuid"}
    elif converter == "any":
        schema = {"type": "string", "enum": [part.strip(" \"'") for part in (arguments or "").split(",")]}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _failure(status: int, schemas: _Schemas) -> dict[str, Any]:
    response: dict[str, Any] = {"description": _FAILURES[str(status)], "content": schemas.content(Error)}
    if str(status) in _WITH_RETRY:
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    return response


class _Schemas:
    """Every model of the document, each once, under a name that no other has."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        sent: set[Model] = set()
        answered: set[Model] = {Error, Message}
        for operation in operations:
            sent |= {model for model in (operation.body, operation.query) if model is not None}
            answered |= {model for model in operation.answers.values() if model is not None}
        modes: list[tuple[Model, Literal["validation", "serialization"]]] = [
            *((model, "validation") for model in sorted(sent, key=repr)),
            *((model, "serialization") for model in sorted(answered, key=repr)),
        ]
        self._references, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")
        self.components: dict[str, Any] = definitions.get("$defs", {})

    def sent(self, model: Model | None) -> dict[str, Any]:
        """Return the schema of a body; without a model, that of any JSON object or list."""
        if model is None:
            return {"type": ["object", "array"]}
        return self._references[model, "validation"]

    def content(self, model: Model) -> dict[str, Any]:
        """Return the content of an answer of this model."""
        return {"application/json": {"schema": self._references[model, "serialization"]}}

    def answer(self, model: Model | None, media: str) -> dict[str, Any]:
        """Return a success."""
        if model is None:
            return {"description": "Success.", "content": {media: {"schema": {}}}}
        return {"description": (model.__doc__ or "Success.").strip().partition("\n")[0], "content": self.content(model)}

    def parameters(self, model: Model) -> list[dict[str, Any]]:
        """Return the fields of a model as parameters of the query string."""
        name = self._references[model, "validation"]["$ref"].rpartition("/")[2]
        schema = self.components[name]
        required = schema.get("required", ())
        parameters = []
        for key, value in schema["properties"].items():
            parameter = {"name": key, "in": "query", "required": key in required, "schema": value}
            if "description" in value:
                parameter["description"] = value["description"]
            parameters.append(parameter)
        return parameters


@blueprint.get("/openapi.json")
@describe(tags=["Server"], summary="This document", answers={200: None})
def show() -> Response:
    """Return the document; it is made once a process."""
    known = current_app.extensions
    if "goscrobble_openapi" not in known:
        known["goscrobble_openapi"] = document(current_app, current_app.extensions["goscrobble"].settings.public_url)
    return jsonify(known["goscrobble_openapi"])
