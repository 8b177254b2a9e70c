"""Spotify: asks it for what a listener played, and for what plays at the moment."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug import Response

from goscrobble.plugins import PluginSettings, Poller, Routes, Sentence, Source, Toolkit, hookimpl
from goscrobble_spotify.client import Settings
from goscrobble_spotify.connect import CALLBACK, EXTENSION, begin, finish
from goscrobble_spotify.poll import IDLE, poll

PAGE = "/link/spotify"  # the callback again: below /api what goes wrong would be told as JSON
DEADLINE = 60.0  # seconds of a poll, which is five requests at most


@hookimpl
def register_config() -> type[PluginSettings]:
    """Return what the administrator gets at developer.spotify.com."""
    return Settings


@hookimpl
def register_sources() -> list[Source]:
    """Return the one source: an account at Spotify."""
    return [
        Source(
            title="Spotify",
            summary=Sentence("What you play with Spotify, on any of your devices."),
            steps=(
                Sentence("Press Connect, and go on to Spotify from there."),
                Sentence("Sign in at Spotify if it asks you to, and agree. You come back here by yourself."),
                Sentence(
                    "If it says that the redirect URI is invalid or you are not registered, ask the administrator here."
                ),
            ),
            connect=begin,
        )
    ]


@hookimpl
def register_pollers() -> list[Poller]:
    """Return what asks Spotify: every two minutes, more often while music plays."""
    return [Poller(poll, every=IDLE, deadline=DEADLINE)]


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Routes]:
    """Return the way back from Spotify, and two addresses of the original program."""
    callback, page = Blueprint("spotify_callback", __name__), Blueprint("spotify_link", __name__)
    client_id, settings = Blueprint("spotify_client", __name__), Blueprint("spotify_settings", __name__)
    page.record_once(lambda state: state.app.extensions.update({EXTENSION: toolkit}))

    @callback.get("")
    def come_back() -> Response:
        """Take a listener back from Spotify: the redirect URI of the app that is registered there."""
        return redirect(f"{toolkit.public_url(PAGE)}?{request.query_string.decode('ascii', 'replace')}")

    @page.get("")
    def link() -> Response:
        """Finish a connection, and show it."""
        return redirect(finish(toolkit, request.args))

    @client_id.get("")
    def show_client_id() -> dict[str, Any]:
        """Tell the client id of this server at Spotify, "" if there is none. It is part of a public address."""
        settings = toolkit.settings()
        return {"id": settings.api_id if isinstance(settings, Settings) else ""}

    @settings.get("")
    def show_settings() -> Response:
        """Lead to where Spotify is connected."""
        return redirect(toolkit.public_url("/settings#sources"))

    return [
        Routes(callback, at=CALLBACK),
        Routes(page, at=PAGE),
        Routes(client_id, at="/api/v1/user/spotify"),
        Routes(settings, at="/user/spotify"),
    ]
