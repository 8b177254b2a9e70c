"""How many examples are tried where they are made by chance."""

import os

TIMES = 10 if os.environ.get("THOROUGH") else 1


def examples(usual):
    """Return as many for a check of a change, and ten times as many for a search: `THOROUGH=1 make sqlite`."""
    return usual * TIMES
