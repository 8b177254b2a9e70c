"""The public API for plugins: everything a source plugin needs, and nothing else is promised."""

from goscrobble.domain.drafts import NowPlaying, Playing, ScrobbleDraft, Stamp, TrackIds
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Scrobble, Stored
from goscrobble.errors import BadInput
from goscrobble.plugins.declarations import Ingress, PluginSettings, Source
from goscrobble.plugins.hookspecs import hookimpl
from goscrobble.plugins.toolkit import Toolkit

__all__ = [
    "BadInput",
    "Duplicate",
    "Ingress",
    "NowPlaying",
    "Outcome",
    "Playing",
    "PluginSettings",
    "Rejected",
    "Scrobble",
    "ScrobbleDraft",
    "Source",
    "Stamp",
    "Stored",
    "Toolkit",
    "TrackIds",
    "hookimpl",
]
