"""The public API for plugins: everything a source plugin needs, and nothing else is promised."""

from goscrobble.domain.drafts import NowPlaying, Playing, ScrobbleDraft, Stamp, TrackIds
from goscrobble.domain.moments import read_moment
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Scrobble, Stored
from goscrobble.domain.sentences import Sentence
from goscrobble.domain.validation import explain
from goscrobble.errors import BadInput
from goscrobble.plugins.declarations import (
    Ingress,
    Migrations,
    PluginSettings,
    Polled,
    Poller,
    Ready,
    Redirect,
    Routes,
    Source,
    SourceSettings,
)
from goscrobble.plugins.hookspecs import hookimpl
from goscrobble.plugins.policy import AdministratorMustAct, NotAuthorized, RetryLater, Unreachable, Unrecoverable
from goscrobble.plugins.toolkit import Reply, SourceAccount, Tables, Toolkit, Values, Visitor

__all__ = [
    "AdministratorMustAct",
    "BadInput",
    "Duplicate",
    "Ingress",
    "Migrations",
    "NotAuthorized",
    "NowPlaying",
    "Outcome",
    "Playing",
    "PluginSettings",
    "Polled",
    "Poller",
    "Ready",
    "Redirect",
    "Rejected",
    "Reply",
    "RetryLater",
    "Routes",
    "Scrobble",
    "ScrobbleDraft",
    "Sentence",
    "Source",
    "SourceAccount",
    "SourceSettings",
    "Stamp",
    "Stored",
    "Tables",
    "Toolkit",
    "TrackIds",
    "Unreachable",
    "Unrecoverable",
    "Values",
    "Visitor",
    "explain",
    "hookimpl",
    "read_moment",
]
