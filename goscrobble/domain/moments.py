"""Times as text: the one place where RFC 3339 and its kin are read."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_LEAP_SECOND = re.compile(r"(?<=\d:\d\d:)60(?!\d)")


def read_moment(text: str) -> datetime:
    """Return the time, without a zone where none is told. A leap second (`23:59:60`) is the second after `:59`.

    Raises ValueError for what is no time.
    """
    told, leaps = _LEAP_SECOND.subn("59", text.strip(), count=1)
    try:
        return datetime.fromisoformat(told) + timedelta(seconds=leaps)
    except OverflowError:
        raise ValueError("no time") from None
