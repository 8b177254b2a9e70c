"""Run-time settings as stored: only those that differ from their defaults."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select

from goscrobble.models import Setting, table
from goscrobble.storage.dialect import upsert

_setting = table(Setting)


def read_all(connection: Connection) -> dict[str, Any]:
    """Return the stored values by key."""
    return {key: json.loads(value) for key, value in connection.execute(select(_setting.c.key, _setting.c.value))}


def write(connection: Connection, values: Mapping[str, Any], now: int) -> None:
    """Store these values; the keys' earlier ones are replaced."""
    for key in sorted(values):
        changed = {"value": json.dumps(values[key]), "changed_at": now}
        new = upsert(connection, _setting).values({"key": key} | changed)
        connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=changed))


def remove(connection: Connection, keys: Collection[str]) -> int:
    """Forget stored values; returns how many there were."""
    return connection.execute(delete(_setting).where(_setting.c.key.in_(keys))).rowcount
