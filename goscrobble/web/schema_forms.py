"""Forms made of pydantic models: a plugin's settings, a connection's, the server's own.

`fields` says what to show, `templates/macros/settings.html` shows it, `parse` reads what was sent. Values are plain,
as JSON knows them. A secret never reaches a page: its field is empty, and left empty it stays as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from goscrobble.errors import BadInput
from goscrobble.web.body import parse_json
from goscrobble.web.forms import Form
from goscrobble.web.translations import gettext as _

Kind = Literal["checkbox", "number", "text", "secret", "select", "lines", "json"]
PREFIX, FORGET = "set-", "forget-"  # of the names that a form sends: other fields beside these keep their own
UNSET = ""  # what a select sends for no value


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a select."""

    text: str  # what the form sends
    label: str
    value: Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `value` is what stands in it: a text, or for a checkbox whether it is ticked."""

    name: str  # of the model's field
    label: str
    description: str
    kind: Kind
    value: str | bool = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    fixed: bool = False  # set elsewhere: shown, not asked
    is_set: bool = False  # of a secret: there is one
    may_be_forgotten: bool = False  # of a secret: there can be none
    minimum: float | None = None
    maximum: float | None = None
    step: str = "any"
    max_length: int | None = None

    @property
    def input_name(self) -> str:
        """The name under which the form sends it."""
        return f"{PREFIX}{self.name}"

    @property
    def forget_name(self) -> str:
        """The name of the box that clears a secret."""
        return f"{FORGET}{self.name}"


def fields(
    model: type[BaseModel],
    values: Mapping[str, Any],
    *,
    fixed: Collection[str] = (),
    secrets_set: Collection[str] = (),
    form: Form | None = None,
) -> list[Field]:
    """Return the fields of a model with these values in them; a field without a value shows its default.

    `fixed` names those that can be read only, `secrets_set` the secrets that are there; their values are not asked
    for and not shown. With the `form` that was refused, what was typed stands in the fields instead.
    """
    return [
        _field(
            shape,
            value=values.get(name, shape.default),
            is_fixed=name in fixed,
            is_set=name in secrets_set,
            form=None if name in fixed else form,
        )
        for name, shape in _shapes(model).items()
    ]


def parse(model: type[BaseModel], form: Form, *, fixed: Collection[str] = ()) -> dict[str, Any]:
    """Return the values that a form sent, plain, for a service to check.

    What is fixed and secrets that were left empty are not among them; a secret that shall be forgotten is its default.
    Raises BadInput naming the field for what is no number, none of the choices or no JSON.
    """
    found = {}
    for name, shape in _shapes(model).items():
        if name in fixed or (shape.kind == "secret" and not form.secret(PREFIX + name) and not _forgets(form, name)):
            continue
        found[name] = _parse(shape, form)
    return found


# ---- models ----

_ABBREVIATIONS = {"api": "API", "id": "ID", "url": "URL", "tls": "TLS", "ip": "IP"}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a model says of one field."""

    name: str
    label: str
    description: str
    kind: Kind
    schema: Mapping[str, Any]
    choices: tuple[Choice, ...]
    optional: bool  # None is a value
    required: bool  # there is no default
    default: Any  # plain


class _Lenient(GenerateJsonSchema):
    """Says nothing about types that JSON Schema does not know, instead of failing."""

    def handle_invalid_for_json_schema(self, _schema: core_schema.CoreSchema, _error_info: str) -> JsonSchemaValue:
        return {}


def _shapes(model: type[BaseModel]) -> dict[str, _Shape]:
    whole = model.model_json_schema(by_alias=False, schema_generator=_Lenient)
    shapes = {}
    for name, field in model.model_fields.items():
        schema, optional = _unwrapped(whole["properties"].get(name, {}), whole.get("$defs", {}))
        kind = _kind(schema, optional=optional)
        shapes[name] = _Shape(
            name=name,
            label=_(field.title or readable(name)),
            description=_(field.description) if field.description else "",
            kind=kind,
            schema=schema,
            choices=_choices(schema, optional=optional) if kind == "select" else (),
            optional=optional,
            required=field.is_required(),
            default=None if kind == "secret" or field.is_required() else _plain_default(model, name),
        )
    return shapes


def readable(name: str) -> str:
    """Return the name of a field as people write it: `api_id` is `API ID`, `poll_every` is `Poll every`."""
    words = [_ABBREVIATIONS.get(word, word) for word in name.split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def _plain_default(model: type[BaseModel], name: str) -> Any:
    default = model.model_fields[name].get_default(call_default_factory=True, validated_data={})
    return model.model_construct(**{name: default}).model_dump(mode="json", include={name}, warnings=False).get(name)


def _unwrapped(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return the schema without references and without None, and whether None was allowed."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    if "anyOf" not in schema:
        return schema, schema.get("type") == "null"
    options = [_unwrapped(one, definitions)[0] for one in schema["anyOf"]]
    others = [one for one in options if one.get("type") != "null"]
    optional = len(others) < len(options)
    return (others[0] if len(others) == 1 else {"anyOf": others}), optional


def _kind(schema: Mapping[str, Any], *, optional: bool) -> Kind:
    if "enum" in schema or "const" in schema:
        return "select"
    types = {one.get("type") for one in schema.get("anyOf", [schema])}
    if types == {"boolean"}:
        return "select" if optional else "checkbox"
    if types <= {"integer", "number"}:
        return "number"
    if "string" in types:
        return "secret" if schema.get("format") == "password" else "text"
    if types == {"array"} and schema.get("items", {}).get("type") in {None, "string", "integer", "number"}:
        return "json" if "prefixItems" in schema else "lines"
    return "json"


def _choices(schema: Mapping[str, Any], *, optional: bool) -> tuple[Choice, ...]:
    none = (Choice(UNSET, _("Not set"), None),) if optional else ()
    if schema.get("type") == "boolean":
        return (*none, Choice("true", _("Yes"), True), Choice("false", _("No"), False))
    values = schema.get("enum", [schema.get("const")])
    return none + tuple(Choice(str(value), _(readable(str(value))), value) for value in values if value is not None)


# ---- showing ----


def _field(shape: _Shape, *, value: Any, is_fixed: bool, is_set: bool, form: Form | None) -> Field:
    number = shape.kind == "number"
    return Field(
        name=shape.name,
        label=shape.label,
        description=shape.description,
        kind=shape.kind,
        value=_shown(shape, value) if form is None else _typed(shape, form),
        choices=shape.choices,
        required=_is_needed(shape, is_set=is_set),
        fixed=is_fixed,
        is_set=is_set,
        may_be_forgotten=shape.kind == "secret" and not shape.required,
        minimum=shape.schema.get("minimum") if number else None,
        maximum=shape.schema.get("maximum") if number else None,
        step="1" if shape.schema.get("type") == "integer" else "any",
        max_length=shape.schema.get("maxLength") if shape.kind in {"text", "secret"} else None,
    )


def _is_needed(shape: _Shape, *, is_set: bool) -> bool:
    """Return whether a browser shall insist on something in this field."""
    match shape.kind:
        case "number" | "select":
            return not shape.optional
        case "text" | "lines" | "json":
            return shape.required and not shape.optional
        case "secret":
            return shape.required and not is_set
    return False


def _shown(shape: _Shape, value: Any) -> str | bool:
    match shape.kind:
        case "secret":
            return ""
        case "checkbox":
            return value is True
        case "lines" if isinstance(value, list | tuple | set | frozenset):
            return "\n".join(str(one) for one in value)
        case "json":
            return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)
        case "select":
            return next((one.text for one in shape.choices if one.value == value), UNSET)
    return "" if value is None else str(value)


def _typed(shape: _Shape, form: Form) -> str | bool:
    if shape.kind == "checkbox":
        return bool(form.secret(PREFIX + shape.name))
    return "" if shape.kind == "secret" else form.secret(PREFIX + shape.name)


# ---- reading ----


def _forgets(form: Form, name: str) -> bool:
    return bool(form.secret(FORGET + name))


def _parse(shape: _Shape, form: Form) -> Any:
    text = form.text(PREFIX + shape.name)
    match shape.kind:
        case "checkbox":
            return bool(text)
        case "secret":
            return form.secret(PREFIX + shape.name) or (None if shape.optional else "")
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "select":
            return _chosen(shape, text)
    if not text and (shape.optional or shape.kind == "json"):
        return None if shape.optional else shape.default
    if shape.kind == "number":
        return _number(shape, text)
    return _json(shape, text) if shape.kind == "json" else text


def _chosen(shape: _Shape, text: str) -> Any:
    for choice in shape.choices:
        if choice.text == text:
            return choice.value
    raise BadInput(_("%(label)s: choose one of the values", label=shape.label))


def _number(shape: _Shape, text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(_("%(label)s must be a number", label=shape.label))
    return value


def _json(shape: _Shape, text: str) -> Any:
    try:
        return parse_json(text)
    except BadInput:
        raise BadInput(_("%(label)s must be JSON", label=shape.label)) from None
