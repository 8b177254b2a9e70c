"""What somebody who mistyped a name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean "…"?` if one of the known names is like this one, else "": the end of a sentence."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f', did you mean "{found[0]}"?' if found else ""
