"""What is forgotten with time."""

from __future__ import annotations

from goscrobble.services import sessions
from goscrobble.services.core import Core
from goscrobble.services.corrections import RESTORABLE
from goscrobble.services.nodes import GONE
from goscrobble.storage import audit, failures, hosts, housekeeping, jobs, nodes
from goscrobble.storage import sessions as play_sessions

PLAY_SESSIONS_KEPT = 7 * 86_400  # seconds after a player's last word, once judged
DEAD_JOBS_KEPT = 30 * 86_400  # seconds
FAILURES_KEPT = 30 * 86_400  # seconds after a plugin's hook last failed
HOSTS_KEPT = 86_400  # seconds after a host that failed may be asked again
AUDIT_KEPT = 365 * 86_400  # seconds


def sweep(core: Core) -> int:
    """Forget what nobody asks for any more; returns how many rows.

    That is expired credentials, judged play sessions, plays deleted long ago, dead jobs, old failures of plugins, what
    administrators did long ago, processes that ended without saying so, and hosts that failed long ago.
    """
    now = int(core.now())
    return sessions.forget_expired(core) + sum(
        core.database.write(work)
        for work in (
            lambda connection: play_sessions.forget(connection, now - PLAY_SESSIONS_KEPT),
            lambda connection: housekeeping.forget_deleted_plays(connection, deleted_before=now - RESTORABLE),
            lambda connection: jobs.remove_dead(connection, created_before=now - DEAD_JOBS_KEPT),
            lambda connection: failures.forget(connection, before=now - FAILURES_KEPT),
            lambda connection: audit.forget(connection, before=now - AUDIT_KEPT),
            lambda connection: nodes.forget(connection, before=now - GONE),
            lambda connection: hosts.forget(connection, before=now - HOSTS_KEPT),
        )
    )
