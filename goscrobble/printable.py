"""Text of strangers as it may stand in a line of a log, or on a terminal."""

from __future__ import annotations

import re

# Controls (C0, DEL, C1), separators of lines, marks that turn the direction of writing, halves of surrogate pairs.
_HARMFUL = "\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_ANYWHERE = re.compile(f"[{_HARMFUL}]")
_BUT_BREAKS = re.compile(f"(?![\n\t])[{_HARMFUL}]")


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return a text with what could begin a line or control a terminal as `\xNN` or `\uNNNN`.

    `lines`: line breaks and tabs stay, as in the traceback that we write ourselves.
    """
    return (_BUT_BREAKS if lines else _ANYWHERE).sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("ascii", "backslashreplace").decode() if found[0] > "\x7f" else f"\\x{ord(found[0]):02x}"
