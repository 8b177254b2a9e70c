"""Keys of the instance that are no secret from its database: they are in every dump of it, and come back with one."""

from __future__ import annotations

from sqlalchemy import Connection, select

from goscrobble.models import InstanceKey, table
from goscrobble.storage.dialect import adding

_key = table(InstanceKey)
IDS = "ids"


def find(connection: Connection, name: str) -> bytes | None:
    """Return a key, None until it is made."""
    found = connection.execute(select(_key.c.value).where(_key.c.name == name)).scalar()
    return None if found is None else bytes(found)


def add(connection: Connection, name: str, value: bytes) -> None:
    """Keep a key, unless another worker has made it."""
    connection.execute(adding(connection, _key), {"name": name, "value": value})
