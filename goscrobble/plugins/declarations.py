"""What plugins declare about themselves, and what the host knows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask import Blueprint
from pydantic import BaseModel, ConfigDict

from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.plugins.toolkit import SourceAccount


class PluginSettings(BaseModel):
    """Base of a plugin's settings model: each field has a default and a description; the host adds `enabled`.

    A `SecretStr` is masked on pages and encrypted in the database.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(BaseModel):
    """Base of what a listener sets for one connection: its fields become a form; `SecretStr` as in PluginSettings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Ready:
    """A connection works. `secrets` are kept for it, encrypted; `forget` names settings that are not to be stored."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    forget: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Redirect:
    """The listener must go to the service first, at `url`; `secrets` are kept for when they come back.

    The plugin's own route takes them back, and calls `accept` of the connection.
    """

    url: str
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """Something a listener can connect: shown on the settings page with the address to copy, or a form to fill in.

    `connect(account)` is asked when a listener connects it or changes its settings, before either is stored. It raises
    BadInput or NotAuthorized with a sentence for what does not work, RetryLater if that cannot be found out now.
    """

    title: str  # "Jellyfin"
    summary: str  # one sentence
    steps: tuple[str, ...] = ()  # what to click there, a sentence each; `{url}` stands for the ready address
    settings: type[SourceSettings] = SourceSettings  # of each connection
    connect: Callable[[SourceAccount], Ready | Redirect] | None = None


def _never(_payload: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Ingress:
    """Routes that take plays, at `/api/v1/ingress/<plugin>`. The core authenticates, limits and parses before a view.

    `is_event(payload)` tells bodies that come in bursts and are never sent again: they meet the limit for events
    instead of the light one. `repair(text)` may mend a body that is not JSON; it is parsed once more.
    """

    blueprint: Blueprint
    is_event: Callable[[Any], bool] = _never
    repair: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """Any other routes, at a path of the plugin's own: `at="/rooms"`. The first plugin that claims a path has it.

    Their answers carry the policy of the server's own pages (`Content-Security-Policy`): scripts, styles, pictures and
    requests come from this server alone, none of them stands inside the page's text, and no other site may frame it. So
    put scripts and styles into files of the blueprint's `static_folder`, at paths below `at`. `Toolkit.visitor` tells
    who is signed in. A form is posted to the same origin, since a browser's sign-in is believed only there.
    """

    blueprint: Blueprint
    at: str


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought. It is stored in one transaction with `cursor`, so nothing is lost or told twice.

    `playing` are events of players, `cursor` (any text) is given to the next poll, `again_in` seconds if the next one
    should come sooner or later than usual.
    """

    drafts: Sequence[ScrobbleDraft] = ()
    playing: Sequence[Playing] = ()
    cursor: str | None = None
    again_in: float | None = None


@dataclass(frozen=True, slots=True)
class Poller:
    """Asks a service for a listener's plays, every so many seconds and for each connection.

    `poll(account)` returns what is new; it may take up to `deadline` seconds. It raises RetryLater (asked again after a
    pause), NotAuthorized (asked no more until its owner has seen to it) or Unrecoverable (same).
    """

    poll: Callable[[SourceAccount], Polled]
    every: float = 60.0
    deadline: float = 30.0
    source: int = 0  # which of the plugin's sources: its place in what `register_sources` returns


@dataclass(frozen=True, slots=True)
class Migrations:
    """A plugin's own tables: `folder` holds an Alembic `versions` folder, `metadata` the tables as they should be.

    The name of every table begins with `plugin_<name>_`. They are migrated by `goscrobble database upgrade` under a
    version table of their own.
    """

    folder: Path
    metadata: Any  # a sqlalchemy.MetaData


class Status(StrEnum):
    """How a plugin is."""

    ENABLED = "enabled"
    DISABLED = "disabled"  # an administrator's choice
    BLOCKED = "blocked"  # never imported: by name, or because another has its name or path
    FAILED_TO_LOAD = "failed_to_load"
    BAD_CONFIG = "bad_config"
    OUTDATED = "outdated"  # its tables are not those it works with
    TRIPPED = "tripped"  # its hooks failed too often and are left alone for a while; its routes go on


@dataclass(slots=True)
class PluginRecord:
    """What the host knows of one plugin."""

    name: str
    module: str = ""
    distribution: str = ""
    version: str = ""
    builtin: bool = False  # one of the core's own, always on
    fault: Status | None = None  # why it cannot run at all
    error: str = ""  # one sentence: what went wrong and what to do
    warnings: list[str] = field(default_factory=list)  # sentences: it runs, but hardly as its author meant it
    enabled_by_default: bool = True
    settings_model: type[PluginSettings] = PluginSettings
    sources: tuple[Source, ...] = ()
    pollers: tuple[Poller, ...] = ()
    migrations: Migrations | None = None
    mounts: list[str] = field(default_factory=list)  # URL prefixes that are this plugin's

    def poller(self, source: int) -> Poller | None:
        """Return what polls this source, None for one that reports by itself."""
        return next((one for one in self.pollers if one.source == source), None)


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that a plugin raised. `trips`: five of these within ten minutes, and its hooks are left alone."""

    plugin: str
    hook: str
    error: str  # type and text, as raised
    place: str  # file, function and line
    trips: bool
