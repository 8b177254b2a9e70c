"""multi-scrobbler: takes plays, one or many at a time, as multi-scrobbler or any script of yours posts them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from goscrobble.plugins import BadInput, Ingress, Rejected, ScrobbleDraft, Sentence, Source, Toolkit, hookimpl
from goscrobble_multiscrobbler.normalise import normalise

MOST = 1000  # plays in one request


@hookimpl
def register_sources() -> list[Source]:
    """Return the one source: whatever can post JSON."""
    return [
        Source(
            title="multi-scrobbler",
            summary=Sentence("multi-scrobbler, or any script of yours, posts plays as JSON."),
            steps=(
                Sentence("Copy {url} as the address to post to."),
                Sentence(
                    "Post each play as JSON with Track, Artist, Album, PlayedAt (Unix seconds) and Duration (seconds)."
                ),
                Sentence("Many plays at once go as an array of up to 1000."),
            ),
        )
    ]


@hookimpl
def register_blueprints(toolkit: Toolkit) -> list[Ingress]:
    """Return the route that plays are posted to."""
    blueprint = Blueprint("multiscrobbler", __name__)

    @blueprint.post("", strict_slashes=False)
    def receive() -> dict[str, Any]:
        """Take one play, or an array of up to 1000."""
        payload = toolkit.payload()
        if isinstance(payload, list):
            return {"message": "success", "rejected": _keep_many(toolkit, payload)}
        _keep_one(toolkit, payload)
        return {"message": "success"}

    return [Ingress(blueprint)]


def _keep_one(toolkit: Toolkit, payload: Any) -> None:
    for outcome in toolkit.submit([normalise(payload, toolkit.now())]):
        if isinstance(outcome, Rejected):
            raise BadInput(outcome.reason)


def _keep_many(toolkit: Toolkit, payloads: list[Any]) -> list[dict[str, Any]]:
    """Submit the good ones; return the bad ones as {"index", "error"}. Raises BadInput when none is good."""
    if len(payloads) > MOST:
        raise BadInput(Sentence("At most %(most)s plays may be sent at once", most=MOST))
    now = toolkit.now()
    drafts: dict[int, ScrobbleDraft] = {}
    errors: dict[int, str] = {}
    for index, payload in enumerate(payloads):
        try:
            drafts[index] = normalise(payload, now)
        except BadInput as error:
            errors[index] = error.args[0]
    outcomes = toolkit.submit(list(drafts.values())) if drafts else []
    for index, outcome in zip(drafts, outcomes, strict=True):
        if isinstance(outcome, Rejected):
            errors[index] = outcome.reason
    if len(errors) == len(payloads):
        raise BadInput(Sentence("None of these plays can be kept; the first: %(why)s", why=errors[0]))
    return [{"index": index, "error": errors[index]} for index in sorted(errors)]
