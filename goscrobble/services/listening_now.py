"""What plays everywhere at this moment, as far as somebody may see it."""

from __future__ import annotations

from goscrobble.domain.accounts import Account, may_see
from goscrobble.domain.drafts import NowPlaying
from goscrobble.services import playback
from goscrobble.services.core import Core
from goscrobble.storage import live as stored

MOST = 100  # players of one answer


def everywhere(core: Core, viewer: Account | None, *, limit: int = 20) -> list[tuple[str, NowPlaying]]:
    """Return what `viewer` (None: not signed in) may see playing, each with its listener's name, the latest first."""
    playing = playback.playing_of(core, None)
    with core.database.read() as connection:
        people = stored.accounts(connection, playing.keys())
    seen = [
        (people[owner].username, one)
        for owner, all_of_it in playing.items()
        if owner in people and may_see(viewer, people[owner])
        for one in all_of_it
    ]
    return sorted(seen, key=lambda it: -it[1].started_at)[:limit]
