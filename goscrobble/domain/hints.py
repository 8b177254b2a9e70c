"""What somebody who mistyped a name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from goscrobble.domain.sentences import Sentence


def near(name: str, known: Iterable[str]) -> str:
    """Return `, did you mean "…"?` if one of the known names is like this one, else "": the end of a sentence."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return Sentence(', did you mean "%(name)s"?', name=found[0]) if found else ""
