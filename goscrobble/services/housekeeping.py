"""What is forgotten with time."""

from __future__ import annotations

from goscrobble.services import sessions
from goscrobble.services.core import Core
from goscrobble.services.corrections import RESTORABLE
from goscrobble.storage import housekeeping, jobs
from goscrobble.storage import sessions as play_sessions

PLAY_SESSIONS_KEPT = 86_400  # seconds after a player's last word, once judged
DEAD_JOBS_KEPT = 30 * 86_400  # seconds


def sweep(core: Core) -> int:
    """Forget expired credentials, judged play sessions, plays deleted long ago and dead jobs; returns how many."""
    now = int(core.now())
    return sessions.forget_expired(core) + sum(
        core.database.write(work)
        for work in (
            lambda connection: play_sessions.forget(connection, now - PLAY_SESSIONS_KEPT),
            lambda connection: housekeeping.forget_deleted_plays(connection, deleted_before=now - RESTORABLE),
            lambda connection: jobs.remove_dead(connection, created_before=now - DEAD_JOBS_KEPT),
        )
    )
