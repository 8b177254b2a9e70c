"""Speaks Subsonic: signs in, asks, and says in our words what went wrong."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, SecretStr, field_validator

from goscrobble.plugins import (
    BadInput,
    NotAuthorized,
    Ready,
    Reply,
    RetryLater,
    Sentence,
    SourceAccount,
    SourceSettings,
    Unreachable,
)
from goscrobble_navidrome.payloads import Answer, NoSubsonic, read

CLIENT = "GoScrobble"
WITH_TOKENS, WITHOUT_TOKENS = "1.13.0", "1.8.0"  # versions of the protocol: tokens came with 1.13
KEPT = "credentials"  # the name of our secret
SERVER_ERROR = 500

WRONG_PASSWORD = 40  # an error code of Subsonic
NO_TOKENS = frozenset({10, 30, 41, 42})  # `p` is missing, too new a version, not for this user, not this mechanism

_SIGN_IN = Sentence("The server does not accept this user name and password any more; sign in again")
_NOT_ALLOWED = Sentence("The server does not allow this user to see what is playing; whoever runs it can")
_TRIAL_OVER = Sentence("The server's trial period is over; whoever runs it can help")

# Who must act, by the error code of Subsonic. The listener must sign in again: NotAuthorized. Whoever runs that server
# must act, and then we go on by ourselves: RetryLater, as for every code that is not here.
REFUSALS: dict[int, tuple[type[NotAuthorized | RetryLater], Sentence]] = {
    10: (NotAuthorized, _SIGN_IN),  # a parameter is missing: the server knows no tokens any more
    30: (NotAuthorized, _SIGN_IN),  # it is older than it was when we signed in
    40: (NotAuthorized, _SIGN_IN),  # wrong user name or password
    41: (NotAuthorized, _SIGN_IN),  # no tokens for this user
    42: (NotAuthorized, _SIGN_IN),  # not this way of signing in
    44: (NotAuthorized, _SIGN_IN),  # a key that is none
    50: (RetryLater, _NOT_ALLOWED),
    60: (RetryLater, _TRIAL_OVER),
}

# What answers instead of the server, by its HTTP status: a proxy before it, or whoever has its address now. Only they
# who run it can act, so each is asked again later, and nobody has to sign in.
NOT_SUBSONIC = Sentence("The server does not answer as a Subsonic server does")
STATUSES: dict[int, Sentence] = {
    401: Sentence("Something before the server asks for a password of its own; whoever runs it can help"),
    403: Sentence("Something before the server does not let us through; whoever runs it can help"),
    404: Sentence("There is no Subsonic server at this address any more"),
    407: Sentence("Something before the server asks for a password of its own; whoever runs it can help"),
}
_TROUBLE = Sentence("The server has trouble at the moment")

Parameters = dict[str, str]


class Connection(SourceSettings):
    """What a listener sets for a connection. The password is stored only where there is no other way to sign in."""

    url: str = Field(
        default="",
        max_length=500,
        title=Sentence("Address"),
        description=Sentence(
            "Of the server, as your music app has it: https://music.example.org or http://192.168.1.2:4533."
        ),
    )
    username: str = Field(
        default="", max_length=200, title=Sentence("User name"), description=Sentence("Your name on that server.")
    )
    password: SecretStr = Field(
        default=SecretStr(""),
        title=Sentence("Password"),
        description=Sentence("Yours on that server. Needed again only if you change the address or the user name."),
    )

    @field_validator("url")
    @classmethod
    def _usable(cls, url: str) -> str:
        return tidy_url(url)

    @field_validator("username")
    @classmethod
    def _stripped(cls, username: str) -> str:
        return username.strip()


def tidy_url(url: str) -> str:
    """Return the address below which `/rest` is, of whatever people copy. Raises ValueError with a sentence."""
    url = url.strip()
    if not url:
        return ""
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port  # a port that is none raises
    except ValueError:
        host = None
    if not host or parts.scheme.lower() not in {"http", "https"}:
        raise ValueError(Sentence("is not the address of a server"))
    if parts.username is not None or parts.password is not None:
        raise ValueError(Sentence("holds a user name or a password: give those in their own fields"))
    path = re.sub(r"(/+(rest(/[\w.]*)?|app))?/*$", "", parts.path)
    return urlunsplit((parts.scheme.lower(), parts.netloc, path, "", ""))


def connect(account: SourceAccount) -> Ready:
    """Sign in, and return what is needed to do so again: where tokens work, that is not the password.

    Raises BadInput with a sentence, or Unreachable.
    """
    settings: Connection = account.settings
    if not settings.url:
        raise BadInput("The address of the server is missing")
    if not settings.username:
        raise BadInput("The user name is missing")
    password = settings.password.get_secret_value()
    if password:
        credentials = _sign_in(account, password)
    elif (kept := kept_credentials(account)) is not None:
        credentials = kept
        _must_be_let_in(_try(account, credentials))
    else:
        raise BadInput("The password is needed: it is not kept, and what is kept belongs to another address or name")
    return Ready({KEPT: json.dumps({"for": identity(settings), "use": credentials})}, forget=("password",))


def kept_credentials(account: SourceAccount) -> Parameters | None:
    """Return the parameters that sign in with the settings as they are, None if there are none for them."""
    kept = json.loads(account.secret(KEPT) or "{}")
    return kept["use"] if kept.get("for") == identity(account.settings) else None


def identity(settings: Connection) -> list[str]:
    """Return what makes a connection another one when it changes."""
    return [settings.url, settings.username]


def ask(account: SourceAccount, method: str, credentials: Parameters) -> Answer:
    """Return what a method answers when signed in. Raises RetryLater, or NotAuthorized if the server refuses us."""
    reply = _send(account, method, credentials)
    try:
        answer = _read(reply)
    except NoSubsonic:
        raise RetryLater(_said_by_status(reply.status)) from None
    if answer.status == "ok":
        return answer
    if (refusal := REFUSALS.get(answer.error.code)) is not None:
        kind, sentence = refusal
        raise kind(sentence)
    raise RetryLater(Sentence("The server refuses: %(why)s", why=_said(answer)))


# ---- parts ----


def _sign_in(account: SourceAccount, password: str) -> Parameters:
    salt = secrets.token_hex(8)
    token = hashlib.md5((password + salt).encode(), usedforsecurity=False).hexdigest()
    credentials = {"t": token, "s": salt, "v": WITH_TOKENS}
    answer = _try(account, credentials)
    if answer.status == "failed" and answer.error.code in NO_TOKENS:
        credentials = {"p": f"enc:{password.encode().hex()}", "v": WITHOUT_TOKENS}
        answer = _try(account, credentials)
    _must_be_let_in(answer)
    return credentials


def _try(account: SourceAccount, credentials: Parameters) -> Answer:
    reply = _send(account, "ping", credentials)
    try:
        return _read(reply)
    except NoSubsonic:
        if reply.status >= SERVER_ERROR:
            raise Unreachable from None
        raise BadInput(
            "This address answers, but not as a Subsonic server does: check it, and a path such as /music in it"
        ) from None


def _must_be_let_in(answer: Answer) -> None:
    if answer.status == "ok":
        return
    if answer.error.code == WRONG_PASSWORD:
        raise BadInput("Wrong user name or password")
    raise BadInput(Sentence("The server refuses: %(why)s", why=_said(answer)))


def _send(account: SourceAccount, method: str, credentials: Parameters) -> Reply:
    settings: Connection = account.settings
    parameters = {"u": settings.username, "c": CLIENT, "f": "json"} | credentials
    return account.fetch("GET", f"{settings.url}/rest/{method}.view", params=parameters)


def _read(reply: Reply) -> Answer:
    """Return the answer, whatever its HTTP status: servers differ in what they give an error."""
    try:
        payload: Any = reply.json()
    except Unreachable:
        raise NoSubsonic from None
    return read(payload)


def _said_by_status(status: int) -> Sentence:
    return _TROUBLE if status >= SERVER_ERROR else STATUSES.get(status, NOT_SUBSONIC)


def _said(answer: Answer) -> str:
    return (answer.error.message or f"error {answer.error.code}")[:200].rstrip(".")
