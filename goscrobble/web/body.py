"""What a request carries: one strict JSON loader, and pydantic models made of bodies and query strings.

Nothing that a client can send makes these raise anything but BadInput, with one sentence a person understands.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from werkzeug.exceptions import RequestEntityTooLarge

from goscrobble.domain.validation import explain
from goscrobble.errors import BadInput, NotFound
from goscrobble.threads import off_the_hub
from goscrobble.web import arrival

MAX_BYTES = 8 * 1024 * 1024  # of any body
MAX_JSON = 4 * 1024 * 1024  # a thousand plays with long names take one
AT_ONCE = 128 * 1024  # bytes that are parsed while all others of the worker wait: about 10 ms
MAX_DEPTH = 64
LONGEST_INTEGER = 40  # digits; more than any identifier, and still a finite float
MIMETYPE = "application/json; charset=utf-8"

M = TypeVar("M", bound=BaseModel)


def register(app: Flask) -> None:
    """Bound what a request may carry in size and time, and answer JSON as UTF-8."""
    app.json = _JsonProvider(app)
    arrival.register(app, MAX_BYTES)
    app.before_request(_refuse_nul_in_path)


def parse_json(raw: bytes | str, *, lenient_strings: bool = False) -> Any:
    """Return the value of one JSON text.

    `lenient_strings` allows raw line breaks and tabs inside strings, which some senders' templates leave there.
    Strings may hold NUL and lone surrogates: who takes single names out judges them, so that one bad item of a batch
    loses nothing else (`Text` refuses both). Raises BadInput.
    """
    text = _decode(raw)
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deeper_than(MAX_DEPTH, text):
        raise BadInput(f"Invalid JSON: it is nested more than {MAX_DEPTH} levels deep")
    try:
        return json.loads(
            text,
            strict=not lenient_strings,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except (ValueError, RecursionError):
        raise BadInput("Invalid JSON") from None


def json_body(model: type[M]) -> M:
    """Return the request's JSON body as this model, whatever its Content-Type. Raises BadInput naming the field."""
    return _validated(model, json_of_request(), "The body")


def json_of_request(*, lenient_strings: bool = False) -> Any:
    """Return the value of the request's body (see `parse_json`). A large one is parsed beside other requests."""
    return parse_aside(request.get_data(), lenient_strings=lenient_strings)


def parse_aside(raw: bytes | str, *, lenient_strings: bool = False) -> Any:
    """Return the value of one JSON text (see `parse_json`), a large one without making other requests wait.

    Raises 413 for one that is larger than any that is honest.
    """
    if len(raw) <= AT_ONCE:
        return parse_json(raw, lenient_strings=lenient_strings)
    if len(raw) > MAX_JSON:
        raise RequestEntityTooLarge
    return off_the_hub(parse_json, raw, lenient_strings=lenient_strings)


def query(model: type[M]) -> M:
    """Return the query string as this model; of a repeated parameter the first counts. Raises BadInput naming it."""
    values = request.args.to_dict()
    for name, value in values.items():
        if "\0" in value:
            raise BadInput(f"{name[:80]} must not contain a NUL character")
    return _validated(model, values, "The query string")


@dataclass(frozen=True, slots=True)
class Text:
    """A string that both databases can hold: `Annotated[str, Text(100)]`, at most so many characters, no NUL."""

    max_length: int
    min_length: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the length, then what pydantic lets through; lone surrogates it refuses itself."""
        string = core_schema.str_schema(max_length=self.max_length, min_length=self.min_length or None)
        return core_schema.no_info_after_validator_function(_without_nul, string)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Say in the schema what is checked."""
        return {**handler(schema), "pattern": r"^[^\u0000]*$"}


# ---- machinery ----


def _validated(model: type[M], value: Any, whole: str) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise BadInput(explain(error, whole)) from None


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("text_nul", "must not contain a NUL character")
    return text


def _decode(raw: bytes | str) -> str:
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("Invalid JSON: it is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise BadInput("Invalid JSON: it begins with a byte order mark")
    return text


# A string up to its end, or to the end of the text: always one match, so the search never goes back.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ROUND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))


def _is_deeper_than(depth: int, text: str) -> bool:
    """Return whether brackets outside of strings are nested deeper than that."""
    brackets = _STRING.sub("", text).encode("utf-8", "surrogatepass").translate(_ROUND, _NO_BRACKET)
    for _ in range(depth):  # each pass takes away the innermost level
        if b"[" * (depth + 1) in brackets:
            return True
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return b"[]" in brackets or brackets.count(b"[") > depth


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise BadInput(f"Invalid JSON: the key {key[:80]!r} is there twice")
        seen.add(key)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise BadInput(f"Invalid JSON: {name} is not a JSON number")


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BadInput("Invalid JSON: a number is too large")
    return value


def _int(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise BadInput("Invalid JSON: a number is too large")
    return int(digits)


def _refuse_nul_in_path() -> None:
    """No address of ours has one, and PostgreSQL cannot look one up."""
    if "\0" in request.path:
        raise NotFound("There is nothing at this address")


class _JsonProvider(DefaultJSONProvider):
    """Escapes what is not ASCII, so that even half of a surrogate pair can be quoted back."""

    mimetype = MIMETYPE
    sort_keys = False
    compact = True
