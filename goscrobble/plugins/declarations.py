"""What plugins declare about themselves, and what the host knows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask import Blueprint
from pydantic import BaseModel, ConfigDict


class PluginSettings(BaseModel):
    """Base of a plugin's settings model: each field has a default and a description; the host adds `enabled`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Source:
    """Something a listener can connect: shown on the settings page with the address to copy."""

    title: str  # "Jellyfin"
    summary: str  # one sentence
    steps: tuple[str, ...] = ()  # what to click there, a sentence each; `{url}` stands for the ready address


def _never(_payload: Any) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Ingress:
    """Routes that take plays. The core authenticates, limits and parses before a view of the blueprint runs.

    `is_event(payload)` tells bodies that come in bursts and are never sent again: they meet the limit for events
    instead of the light one. `repair(text)` may mend a body that is not JSON; it is parsed once more.
    """

    blueprint: Blueprint
    is_event: Callable[[Any], bool] = _never
    repair: Callable[[str], str] | None = None


class Status(StrEnum):
    """How a plugin is."""

    ENABLED = "enabled"
    DISABLED = "disabled"  # an administrator's choice
    BLOCKED = "blocked"  # never imported: by name, or because another has its name or path
    FAILED_TO_LOAD = "failed_to_load"
    BAD_CONFIG = "bad_config"
    OUTDATED = "outdated"
    TRIPPED = "tripped"


@dataclass(slots=True)
class PluginRecord:
    """What the host knows of one plugin."""

    name: str
    module: str = ""
    distribution: str = ""
    version: str = ""
    builtin: bool = False  # one of the core's own, always on
    fault: Status | None = None  # why it cannot run at all
    error: str = ""  # one sentence: what went wrong
    enabled_by_default: bool = True
    settings_model: type[PluginSettings] = PluginSettings
    sources: tuple[Source, ...] = ()
    mounts: list[str] = field(default_factory=list)  # URL prefixes that are this plugin's
    failures: int = 0  # of its hooks, since start
    last_failure: str = ""
