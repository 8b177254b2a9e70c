"""The processes that serve and work, as they last told."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select

from goscrobble.models import Node, table
from goscrobble.storage.dialect import upsert

_node = table(Node)


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A row of `node`. Times are Unix seconds."""

    id: str
    host: str
    pid: int
    role: str
    version: str
    plugins: str  # JSON
    started_at: int
    seen_at: int


_COLUMNS = tuple(_node.c[name] for name in NodeRow.__dataclass_fields__)


def put(connection: Connection, row: NodeRow) -> None:
    """Store what a process tells of itself."""
    values = asdict(row)
    changed = {key: value for key, value in values.items() if key != "id"}
    statement = upsert(connection, _node).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


def seen_since(connection: Connection, since: int) -> list[NodeRow]:
    """Return the processes that told something since a time, by host and start."""
    query = select(*_COLUMNS).where(_node.c.seen_at > since).order_by(_node.c.host, _node.c.started_at, _node.c.pid)
    return [NodeRow(*row) for row in connection.execute(query)]


def remove(connection: Connection, node_id: str) -> None:
    """Forget a process that ended."""
    connection.execute(delete(_node).where(_node.c.id == node_id))


def forget(connection: Connection, *, before: int) -> int:
    """Forget the processes that told nothing since a time (Unix seconds); returns how many."""
    return connection.execute(delete(_node).where(_node.c.seen_at < before)).rowcount
