"""To Spotify and back: a listener agrees there (OAuth 2, authorization code with PKCE), and we get tokens.

`begin` makes a state (256 bits) and keeps it, encrypted, with the connection; the browser carries it to Spotify and
back. It is good once, for ten minutes, for the owner of that connection, in the browser where it began.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from flask import current_app, has_request_context
from pydantic import BaseModel, ConfigDict, ValidationError

from goscrobble.plugins import BadInput, NotAuthorized, Redirect, RetryLater, Sentence, SourceAccount, Toolkit, Visitor
from goscrobble_spotify.client import Settings, exchange
from goscrobble_spotify.refusals import UNSET

CALLBACK = "/api/v1/link/spotify"  # the original program's: an app that is registered there goes on working
SCOPES = "user-read-recently-played user-read-currently-playing"
LIFE = 600  # seconds
PENDING = "pending"  # the secret that holds what was begun
USED = "used:"  # how the notes of states begin that were taken
EXTENSION = "goscrobble_spotify"  # where an application keeps our toolkit: `begin` asks it whose browser it is

SIGN_IN = Sentence("Sign in to GoScrobble in this browser first, then connect Spotify from your settings")
UNKNOWN = Sentence("This way back from Spotify was used already, or was not yours: connect Spotify from your settings")
LATE = Sentence("That took longer than ten minutes: connect Spotify once more from your settings")
ELSEWHERE = Sentence(
    "This was begun in another browser, or before you signed in: connect Spotify once more from your settings"
)
DENIED = Sentence("You did not agree at Spotify, so nothing was connected: you can try again from your settings")
FAILED = Sentence("Spotify did not connect us: try again from your settings")


class Pending(BaseModel):
    """A connection on its way."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: str
    verifier: str
    session: str | None  # the browser's; None where it was begun by a program
    until: float  # Unix seconds


def begin(account: SourceAccount) -> Redirect:
    """Return the way to Spotify. Raises BadInput while there is no app to speak for."""
    settings: Settings = account.plugin_settings
    if not settings.are_set:
        raise BadInput(UNSET)
    pending = Pending(
        state=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(64),
        session=_session_of(account),
        until=account.now() + LIFE,
    )
    digest = hashlib.sha256(pending.verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": settings.api_id,
        "redirect_uri": account.public_url(CALLBACK),
        "scope": SCOPES,
        "state": pending.state,
        "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }
    return Redirect(f"{settings.accounts_url}/authorize?{urlencode(query)}", {PENDING: pending.model_dump_json()})


def finish(toolkit: Toolkit, told: Mapping[str, str]) -> str:
    """Take a listener back from Spotify, who was sent with `told`; return the address to show.

    Raises BadInput with a sentence for whatever does not make a connection.
    """
    visitor = toolkit.visitor()
    if visitor is None:
        raise BadInput(SIGN_IN)
    account, pending = _taken(visitor, told.get("state", ""))
    if account.now() >= pending.until:
        raise BadInput(LATE)
    if pending.session is not None and not hmac.compare_digest(pending.session, visitor.session):
        raise BadInput(ELSEWHERE)
    if told.get("error") == "access_denied":
        raise BadInput(DENIED)
    code = told.get("code", "")
    if not code or told.get("error"):
        raise BadInput(FAILED)
    try:
        exchange(account, code, pending.verifier, account.public_url(CALLBACK))
    except NotAuthorized:
        raise BadInput(FAILED) from None
    except RetryLater as error:
        raise BadInput(Sentence("%(why)s: try again from your settings in a while", why=error.args[0])) from None
    account.accept()
    return f"{account.page_url}?done=connected"


# ---- parts ----


def _session_of(account: SourceAccount) -> str | None:
    """Return the browser session that the owner asks with, None where a program asks for them."""
    toolkit = cast("Toolkit | None", current_app.extensions.get(EXTENSION)) if has_request_context() else None
    visitor = toolkit.visitor() if toolkit is not None else None
    return visitor.session if visitor is not None and visitor.username == account.username else None


def _taken(visitor: Visitor, state: str) -> tuple[SourceAccount, Pending]:
    """Return the connection of the visitor's that went with this state, which is good no more. Raises BadInput."""
    for account in visitor.source_accounts():
        pending = _pending(account)
        if pending is not None and hmac.compare_digest(pending.state.encode(), state.encode()):
            _take(account, state)
            return account, pending
    raise BadInput(UNKNOWN)


def _pending(account: SourceAccount) -> Pending | None:
    try:
        return Pending.model_validate_json(account.secret(PENDING) or "")
    except ValidationError:
        return None


def _take(account: SourceAccount, state: str) -> None:
    """Void a state: of two requests that bring it at the same time, one has it."""
    note, mine = USED + hashlib.sha256(state.encode()).hexdigest()[:32], secrets.token_urlsafe(16)
    if account.values.add(note, mine) != mine:
        raise BadInput(UNKNOWN)
    account.keep_secret(PENDING, None)
    account.values.remove(*(key for key, _ in account.values.items(USED) if key != note))
