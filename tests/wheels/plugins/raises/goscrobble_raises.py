"""It raises in every hook that is asked while the server runs, and in its own routes."""

from flask import Blueprint

from goscrobble.plugins import Ingress, NowPlaying, Scrobble, ScrobbleDraft, Source, SourceAccount, Toolkit, hookimpl


@hookimpl
def register_sources() -> list[Source]:
    return [Source("Raises", "It raises.")]


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Ingress]:
    blueprint = Blueprint("raises", __name__)

    @blueprint.post("")
    def receive() -> str:
        """Raise."""
        raise ZeroDivisionError("receive")

    return [Ingress(blueprint)]


@hookimpl
def prepare_draft(draft: ScrobbleDraft) -> None:
    raise ZeroDivisionError("prepare_draft")


@hookimpl
def reject_draft(draft: ScrobbleDraft) -> None:
    raise SystemExit("reject_draft")


@hookimpl
def after_scrobble(username: str, scrobble: Scrobble) -> None:
    raise AssertionError("after_scrobble")


@hookimpl
def after_now_playing(username: str, playing: NowPlaying) -> None:
    raise KeyError("after_now_playing")


@hookimpl
def after_removal(username: str, play: int, merged_into: int | None) -> None:
    raise RecursionError("after_removal")


@hookimpl
def after_source_change(account: SourceAccount) -> None:
    raise MemoryError("after_source_change")
