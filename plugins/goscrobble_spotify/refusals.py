"""Whose fault it is that Spotify refuses, and who must act: one table, by what its answer says."""

from __future__ import annotations

from http import HTTPStatus

from goscrobble.plugins import AdministratorMustAct, NotAuthorized, Reply, RetryLater, Sentence

UNSET = Sentence("The administrator has not set SPOTIFY_API_ID and SPOTIFY_API_SECRET yet")
WRONG_CLIENT = Sentence(
    "Spotify does not accept this server's SPOTIFY_API_ID and SPOTIFY_API_SECRET; the administrator can help"
)
NO_PREMIUM = Sentence("Spotify wants whoever owns this server's app to have Premium; the administrator can help")
UNKNOWN_USER = Sentence(
    "Spotify does not know you as a user of this server's app: "
    "the administrator must add you there (developer.spotify.com, User Management)"
)
APP_REFUSED = Sentence("Spotify refuses this server's app; the administrator can help")
WITHDRAWN = Sentence("Spotify's consent was withdrawn or has run out: connect it again")
REFUSED = Sentence("Spotify does not let us see what you play: connect it again, and agree to all it asks")
TROUBLE = Sentence("Spotify has trouble at the moment")

API, TOKENS_ENDPOINT = "api", "tokens"

# Where, with which status (None: any), and what the body says in any letter case; the first row that fits counts.
# The listener must connect again: NotAuthorized. The administrator must act: AdministratorMustAct. Nobody: RetryLater.
TABLE: tuple[tuple[str, int | None, str, type[NotAuthorized | RetryLater], Sentence], ...] = (
    (API, 403, "scope", NotAuthorized, REFUSED),
    (API, 403, "premium", AdministratorMustAct, NO_PREMIUM),
    (API, 403, "registered", AdministratorMustAct, UNKNOWN_USER),
    (API, 403, "", AdministratorMustAct, APP_REFUSED),  # a quota, an app that was blocked: never a listener's consent
    (TOKENS_ENDPOINT, None, "invalid_grant", NotAuthorized, WITHDRAWN),
    (TOKENS_ENDPOINT, None, "invalid_client", AdministratorMustAct, WRONG_CLIENT),
    (TOKENS_ENDPOINT, None, "unauthorized_client", AdministratorMustAct, APP_REFUSED),
    (TOKENS_ENDPOINT, 403, "", AdministratorMustAct, APP_REFUSED),
)


def refusal(where: str, reply: Reply) -> Exception:
    """Return what to raise for an answer that is not what was asked for."""
    body = reply.body.decode("utf-8", "replace").casefold()
    for place, status, words, kind, sentence in TABLE:
        is_believed = status is not None or reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
        if place == where and status in {None, reply.status} and words in body and is_believed:
            return kind(sentence)
    return RetryLater(TROUBLE)
