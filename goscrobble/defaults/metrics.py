"""Counts for Prometheus what happens to plays."""

from __future__ import annotations

from goscrobble import metrics
from goscrobble.plugins import NowPlaying, Scrobble, hookimpl


@hookimpl
def after_scrobble(scrobble: Scrobble) -> None:
    """Count a new play."""
    metrics.SCROBBLES.labels(scrobble.source).inc()


@hookimpl
def after_now_playing(playing: NowPlaying) -> None:
    """Count a track that a player began."""
    metrics.NOW_PLAYING.labels(playing.source).inc()


@hookimpl
def after_removal(merged_into: int | None) -> None:
    """Count a play that vanished: deleted by its owner, or known now to be part of another."""
    metrics.REMOVALS.labels("deleted" if merged_into is None else "merged").inc()
