"""What Prometheus may ask. Labels are few and fixed: no user, no title, no address."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import REGISTRY

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

DRAFTS = Counter("goscrobble_drafts", "Listens that sources told, by what became of them.", ["source", "outcome"])
SCROBBLES = Counter("goscrobble_scrobbles", "New plays.", ["source"])
NOW_PLAYING = Counter("goscrobble_now_playing", "Tracks that players began.", ["source"])
REMOVALS = Counter("goscrobble_removals", "Plays that vanished.", ["reason"])
REQUESTS = Histogram(
    "goscrobble_http_request_seconds",
    "Time to answer a request.",
    ["method", "endpoint", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def count_draft(source: str, outcome: str) -> None:
    """Count a listen that a source told: `outcome` is "stored", "duplicate" or "rejected"."""
    DRAFTS.labels(source, outcome).inc()


def render() -> bytes:
    """Return the metrics as Prometheus reads them.

    With PROMETHEUS_MULTIPROC_DIR set (before start, to an empty folder) they are the sums of all workers; without it
    those of the worker that happens to answer.
    """
    if not os.environ.get(MULTIPROCESS):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has no types for it
    return generate_latest(registry)
