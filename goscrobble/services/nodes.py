"""What runs where: each process tells of itself every EVERY seconds, and is not believed to live after GONE."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from goscrobble import __version__
from goscrobble.domain.sentences import Sentence
from goscrobble.services.core import Core
from goscrobble.storage import nodes
from goscrobble.storage.nodes import NodeRow

EVERY = 20  # seconds
GONE = 90  # seconds of silence after which a process is taken for ended
WEB, JOBS, BOTH = "web", "jobs", "web and jobs"
LOADED = "loaded"
ABSENT = "not installed"


@dataclass(frozen=True, slots=True)
class Node:
    """A process that serves or works. Times are Unix seconds."""

    host: str
    pid: int
    role: str  # WEB, JOBS, BOTH
    version: str
    plugins: Mapping[str, str]  # by name: its version, and how it was loaded if it was not: "1.2, failed_to_load"
    started_at: int
    seen_at: int

    @property
    def does_jobs(self) -> bool:
        """Whether background jobs are done there."""
        return self.role in (JOBS, BOTH)

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return f"{self.host} (process {self.pid})"


def describe(core: Core, role: str) -> NodeRow:
    """Return what this process tells of itself: it begins now, under a name that no other has."""
    host, pid, now = socket.gethostname()[:60], os.getpid(), int(core.now())
    plugins = {
        record.name: {"version": record.version, "status": str(record.fault or LOADED)}
        for record in core.plugins.records.values()
        if not record.builtin
    }
    return NodeRow(
        id=f"{host}:{pid}:{secrets.token_hex(4)}",
        host=host,
        pid=pid,
        role=role,
        version=__version__,
        plugins=json.dumps(plugins),
        started_at=now,
        seen_at=now,
    )


def tell(core: Core, node: NodeRow) -> None:
    """Say that this process lives."""
    seen = replace(node, seen_at=int(core.now()))
    core.database.write(lambda connection: nodes.put(connection, seen))


def leave(core: Core, node: NodeRow) -> None:
    """Say that this process ends."""
    core.database.write(lambda connection: nodes.remove(connection, node.id))


def running(core: Core) -> list[Node]:
    """Return the processes that live, by host and start."""
    with core.database.read() as connection:
        rows = nodes.seen_since(connection, int(core.now()) - GONE)
    return [
        Node(row.host, row.pid, row.role, row.version, _plugins(row.plugins), row.started_at, row.seen_at)
        for row in rows
    ]


def differences(found: Sequence[Node]) -> list[str]:
    """Return a sentence about each thing that is not the same in all processes: they were not all restarted."""
    sentences: list[str] = []
    if len({node.version for node in found}) > 1:
        who = _who((node.version, node.name) for node in found)
        sentences.append(Sentence("Not every process runs the same version: %(who)s.", who=who))
    for plugin in sorted({name for node in found for name in node.plugins}):
        told = [(node.plugins.get(plugin, ABSENT), node.name) for node in found]
        if len({how for how, _ in told}) > 1:
            sentences.append(
                Sentence("The plugin %(name)s is not the same everywhere: %(who)s.", name=plugin, who=_who(told))
            )
    return sentences


def _who(told: Iterable[tuple[str, str]]) -> str:
    """Return `1.0 on a and b; 1.1 on c`."""
    by_what: dict[str, list[str]] = {}
    for what, where in told:
        by_what.setdefault(what or "no version", []).append(where)
    return "; ".join(f"{what} on {', '.join(where)}" for what, where in sorted(by_what.items()))


def _plugins(text: str) -> dict[str, str]:
    told: dict[str, dict[str, str]] = json.loads(text)
    return {
        name: one["version"] if one["status"] == LOADED else ", ".join(filter(None, (one["version"], one["status"])))
        for name, one in told.items()
    }
