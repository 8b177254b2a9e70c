"""The schema's history. `runner` applies it; `python -m goscrobble.migrations "what changes"` writes its next step."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

VERSION_TABLE = "alembic_version"
UNMANAGED = frozenset({"rate_bucket"})  # made by `storage.remote_buckets` itself, and of no worth


def options() -> dict[str, Any]:
    """Return how Alembic compares models and schema here."""
    from goscrobble.models import Base  # noqa: PLC0415 - keeps the package importable without the tables

    return {
        "target_metadata": Base.metadata,
        "version_table": VERSION_TABLE,
        "compare_type": True,
        "compare_server_default": True,
        "render_as_batch": True,  # SQLite changes a table by copying it
        "include_name": lambda name, kind, _parents: kind != "table" or not _is_foreign(name, Base.metadata.tables),
    }


def _is_foreign(table: str, ours: Container[str]) -> bool:
    """Whether a table is none of the core's: made elsewhere, or a plugin's, which has a history of its own."""
    return table in UNMANAGED or (table.startswith("plugin_") and table not in ours)
