"""Navidrome, and any other server that speaks Subsonic: asks it what its listener plays."""

from __future__ import annotations

from goscrobble.plugins import Poller, Sentence, Source, hookimpl
from goscrobble_navidrome.client import Connection, connect
from goscrobble_navidrome.poll import IDLE, poll


@hookimpl
def register_sources() -> list[Source]:
    """Return the one source: an account at a server that speaks Subsonic."""
    return [
        Source(
            title="Navidrome",
            summary=Sentence("Navidrome, or any other server that speaks Subsonic, is asked what you play."),
            steps=(
                Sentence(
                    "Fill in the address of your server, and the user name and password that your music app uses there."
                ),
                Sentence("Save: whether they are right is tried out at once."),
                Sentence(
                    "If the server is in your home network, the administrator here must have opened that network."
                ),
            ),
            settings=Connection,
            connect=connect,
        )
    ]


@hookimpl
def register_pollers() -> list[Poller]:
    """Return what asks the server."""
    return [Poller(poll, every=IDLE)]
