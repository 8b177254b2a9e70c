"""Jellyfin: takes what its webhook plugin posts while somebody listens."""

from __future__ import annotations

from flask import Blueprint

from goscrobble.plugins import (
    BadInput,
    Ingress,
    Outcome,
    Playing,
    Rejected,
    ScrobbleDraft,
    Sentence,
    Source,
    SourceAccount,
    Toolkit,
    hookimpl,
)
from goscrobble_jellyfin.family import Connection, is_theirs, release
from goscrobble_jellyfin.normalise import is_event, listener, normalise, why_not
from goscrobble_jellyfin.payloads import repair


@hookimpl
def register_sources() -> list[Source]:
    """Return the one source: a Jellyfin server with the webhook plugin."""
    return [
        Source(
            title="Jellyfin",
            summary=Sentence("Jellyfin's webhook plugin tells what you play, in any of its apps."),
            steps=(
                Sentence("In Jellyfin open Dashboard, Plugins, Catalogue, install “Webhook” and restart Jellyfin."),
                Sentence(
                    "Open the plugin's settings, choose “Add Generic Destination” and paste {url} as its Webhook Url."
                ),
                Sentence("Tick the notification types Playback Start, Playback Progress and Playback Stop."),
                Sentence("Tick the item type Songs and “Send All Properties (ignores template)”."),
                Sentence("Save. If others use this Jellyfin too, this page will ask which of them you are."),
            ),
            settings=Connection,
        )
    ]


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Ingress]:
    """Return the route that the webhook plugin posts to."""
    blueprint = Blueprint("jellyfin", __name__)

    @blueprint.post("", strict_slashes=False)
    def receive() -> dict[str, str]:
        """Take a play, or what a player does at this moment."""
        payload, outcomes = toolkit.payload(), list[Outcome]()
        told = normalise(payload, toolkit.now())
        if told is None:
            if reason := why_not(payload):
                toolkit.ignore(reason)
            return {"message": "success"}
        if not is_theirs(toolkit.source_account(), listener(payload), told):
            return {"message": "success"}
        match told:
            case Playing(state="stopped") as stop:
                outcomes = toolkit.observe(stop)
            case Playing() as event:
                toolkit.observe(event)  # what it decides is about earlier tracks, and no fault of this request
            case ScrobbleDraft() as draft:
                outcomes = toolkit.submit([draft])
        for outcome in outcomes:
            if isinstance(outcome, Rejected):
                raise BadInput(outcome.reason)
        return {"message": "success"}

    return [Ingress(blueprint, is_event=is_event, repair=repair)]


@hookimpl
def after_source_change(account: SourceAccount) -> None:
    """Tell what was held while nobody knew whose it was."""
    release(account)
