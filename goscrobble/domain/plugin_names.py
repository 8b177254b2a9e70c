"""How a plugin may be called, and what of the database is its own by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from goscrobble.domain.sentences import Sentence

LONGEST_NAME = 40  # characters
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def misnamed(name: str) -> str:
    """Return why a plugin cannot be called so, "" if it can: its name is part of addresses, keys and tables."""
    if _NAME.fullmatch(name) and len(name) <= LONGEST_NAME:
        return ""
    return Sentence(
        "A plugin's name is up to %(most)s lower-case letters, digits and underscores; rename its entry point.",
        most=LONGEST_NAME,
    )


def table_prefix(plugin: str) -> str:
    """Return how the names of a plugin's tables begin."""
    return f"plugin_{plugin}_"


def version_table(plugin: str) -> str:
    """Return the name of the table that says how far a plugin's tables were migrated."""
    return f"{table_prefix(plugin)}alembic_version"


def owner_of_table(table: str, plugins: Iterable[str]) -> str | None:
    """Return whose table this is: of `plugin_foo_bar_x`, foo_bar rather than foo, if both are known."""
    return max((name for name in plugins if table.startswith(table_prefix(name))), key=len, default=None)
