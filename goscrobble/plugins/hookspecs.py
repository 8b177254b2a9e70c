"""The hooks a plugin may implement. Each is asked of one plugin at a time; what it raises hurts nobody else.

A plugin is a module (or object) named by an entry point of the group `goscrobble.plugins`, with functions marked
`@goscrobble.plugins.hookimpl`. Arguments are given by name: take those you need, leave out the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

from goscrobble.domain.drafts import NowPlaying, ScrobbleDraft
from goscrobble.plugins.declarations import Ingress, Migrations, PluginSettings, Poller, Routes, Source
from goscrobble.plugins.toolkit import SourceAccount, Tables, Toolkit

if TYPE_CHECKING:
    from goscrobble.domain.scrobbles import Scrobble

PROJECT = "goscrobble"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_config() -> type[PluginSettings]:
    """Return the plugin's settings model; its fields become keys of `/config`, named `<PLUGIN>_<FIELD>`."""


@hookspec
def register_sources() -> Sequence[Source]:
    """Return what a listener can connect through this plugin, for the settings page."""


@hookspec
def register_pollers() -> Sequence[Poller]:
    """Return what asks services for plays, for sources that do not report by themselves."""


@hookspec
def register_migrations() -> Migrations:
    """Return the plugin's own tables and the steps that make them."""


@hookspec
def register_blueprints(toolkit: Toolkit) -> Sequence[Ingress | Routes]:
    """Return the plugin's routes; an ingress is mounted at `/api/v1/ingress/<plugin>`, others where they say."""


@hookspec
def prepare_draft(draft: ScrobbleDraft) -> ScrobbleDraft | None:
    """Return the draft changed, or None to leave it. Each plugin gets what the one before it returned."""


@hookspec
def reject_draft(draft: ScrobbleDraft) -> str | None:
    """Return why this draft must not be stored, as a sentence for its sender, or None to let it pass."""


@hookspec
def after_scrobble(username: str, scrobble: Scrobble) -> None:
    """Hear of a new play, after it was committed. Best effort: a crash in between skips it."""


@hookspec
def after_now_playing(username: str, playing: NowPlaying) -> None:
    """Hear that a player began another track, or went on after a pause. Best effort."""


@hookspec
def after_removal(username: str, play: int, merged_into: int | None) -> None:
    """Hear that a play vanished: deleted by its owner (`merged_into` None), or known now to be part of another."""


@hookspec
def after_source_change(account: SourceAccount) -> None:
    """Hear that the owner of one of this plugin's connections changed its settings. Asked of that plugin alone."""


@hookspec
def after_disconnect(source_account: str, person: str, tables: Tables) -> None:
    """Hear that the owner of one of this plugin's connections ended it, to forget what the plugin's own tables hold.

    `source_account` is the connection's UUID, `person` its owner's. Asked of that plugin alone, at least once: again
    until it returns without raising, later if it is switched off. The connection is gone already, and with it the
    values and secrets that were kept for it.
    """


@hookspec
def after_account_removal(person: str, tables: Tables) -> None:
    """Hear that somebody's account was erased, to erase what the plugin's own tables hold about them.

    `person` is the account's UUID, as `SourceAccount.person` and `Visitor.person` have it: a name may be another's by
    now. Told at least once: again until it returns without raising, later if the plugin is switched off or cannot run.
    A plugin that is not installed is given up on after 30 days. Connections of theirs are not told of one by one.
    """
