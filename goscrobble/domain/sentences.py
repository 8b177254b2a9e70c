"""Sentences for people, said in English; a page can tell them in the language of its reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self


class Sentence(str):
    """A sentence that still knows its `text`, as translators have it, and the `values` put in for each `%(name)s`.

    Translators find what is written as `Sentence("…")`, and the plain strings given to our errors.
    """

    __slots__ = ("text", "values")
    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, /, **values: object) -> Self:
        """Return the sentence with the values put in."""
        made = super().__new__(cls, text % values if values else text)
        made.text, made.values = text, values
        return made


def said(error: Exception) -> str:
    """Return what an error says, still a Sentence where it was given one."""
    words = next(iter(error.args), "")
    return words if isinstance(words, str) else str(words)


def ended(sentence: str) -> str:
    """Return a sentence with its full stop."""
    known = sentence if isinstance(sentence, Sentence) else Sentence(sentence)
    return Sentence("%(sentence)s.", sentence=known)


# ---- keeping them ----

_MARK = "\x1e"  # a record separator: no sentence begins with it


def packed(sentence: str) -> str:
    """Return a text to store, which `unpacked` makes the same sentence of."""
    if isinstance(sentence, Sentence) and sentence.values:
        return _MARK + json.dumps(_plain(sentence), ensure_ascii=False)
    return sentence.lstrip(_MARK)


def unpacked(kept: str) -> str:
    """Return the sentence that was packed."""
    return _sentence(json.loads(kept[1:])) if kept.startswith(_MARK) else kept


def _plain(value: object) -> Any:
    """Return what JSON can hold: a sentence as its text and its values."""
    if isinstance(value, Sentence):
        return [value.text, {name: _plain(it) for name, it in value.values.items()}]
    return value if isinstance(value, int | float) else str(value).replace("\0", "")


def _sentence(plain: Any) -> Any:
    if not isinstance(plain, list):
        return plain
    text, values = plain
    return Sentence(text, **{name: _sentence(it) for name, it in values.items()})
