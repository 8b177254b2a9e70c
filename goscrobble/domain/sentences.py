"""Sentences for people, said in English; a page can tell them in the language of its reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self


class Sentence(str):
    """A sentence that still knows its `text`, as translators have it, and the `values` put in for each `%(name)s`.

    Without values, a plain string given to an error does as well: translators find both.
    """

    __slots__ = ("text", "values")
    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, /, **values: object) -> Self:
        """Return the sentence with the values put in."""
        made = super().__new__(cls, text % values if values else text)
        made.text, made.values = text, values
        return made
