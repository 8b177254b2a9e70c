"""What is wrong with a value that a model refuses, in our words: pydantic's are for programmers."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from goscrobble.domain.sentences import Sentence, said


def explain(error: ValidationError, whole: str = "The body") -> str:
    """Return one sentence about the first thing that is wrong, naming the field; `whole` names the thing itself."""
    detail = error.errors(include_url=False)[0]
    field = _field(detail["loc"])
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Sentence("There is no field called %(field)s", field=field)
    if kind == "missing":
        return Sentence("%(field)s is missing", field=field)
    if not field and kind in _OBJECT:
        return Sentence("%(whole)s must be a JSON object", whole=whole)
    problem = fault(detail)
    return Sentence("%(field)s %(fault)s", field=field, fault=problem) if field else _capitalised(problem)


def fault(detail: ErrorDetails) -> str:
    """Return what is wrong with one value, to follow its name."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in {"string_too_short", "too_short"} and 1 in context.values():
        return Sentence("must not be empty")
    if kind in _BOUNDS:
        return Sentence(_BOUNDS[kind].text, **context)
    if kind == "value_error" and isinstance(context.get("error"), Exception):
        return said(context["error"]) or Sentence("cannot be used")
    if kind == "extra_forbidden":
        return Sentence("is not known")
    if kind in _OBJECT:
        return Sentence("must be an object")
    for prefix, wanted in _MUST_BE:
        if kind.startswith(prefix):
            return wanted
    message = detail["msg"]
    return message if kind.startswith("text_") else f"cannot be used: {message[:1].lower()}{message[1:]}"


# ---- parts ----

_OBJECT = {"model_type", "model_attributes_type", "dict_type", "dataclass_type"}
_MUST_BE = (
    ("string_unicode", Sentence("must be text without half of a surrogate pair")),
    ("string_type", Sentence("must be a string")),
    ("int_", Sentence("must be a whole number")),
    ("float_", Sentence("must be a number")),
    ("decimal_", Sentence("must be a number")),
    ("finite_number", Sentence("must be a finite number")),
    ("bool_", Sentence("must be true or false")),
    ("list_", Sentence("must be a list")),
    ("tuple_", Sentence("must be a list")),
    ("set_", Sentence("must be a list")),
    ("uuid_", Sentence("must be a UUID")),
    ("datetime_", Sentence("must be a time such as 2026-11-22T06:06:00Z")),
    ("date_", Sentence("must be a date such as 2026-11-22")),
)
_BOUNDS = {
    "string_too_long": Sentence("must have at most %(max_length)s characters"),
    "string_too_short": Sentence("must have at least %(min_length)s characters"),
    "too_long": Sentence("must have at most %(max_length)s entries"),
    "too_short": Sentence("must have at least %(min_length)s entries"),
    "greater_than": Sentence("must be more than %(gt)s"),
    "greater_than_equal": Sentence("must be at least %(ge)s"),
    "less_than": Sentence("must be less than %(lt)s"),
    "less_than_equal": Sentence("must be at most %(le)s"),
    "literal_error": Sentence("must be %(expected)s"),
    "enum": Sentence("must be %(expected)s"),
}


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:] if text[:1].islower() else text


def _field(location: tuple[int | str, ...]) -> str:
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += f".{part}" if name else part
    return name[:80]
