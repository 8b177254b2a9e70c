"""Spotify over HTTP: its Web API, and the token endpoint of its accounts service."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from goscrobble.plugins import (
    AdministratorMustAct,
    NotAuthorized,
    PluginSettings,
    Reply,
    RetryLater,
    Sentence,
    SourceAccount,
)
from goscrobble_spotify.payloads import Grant
from goscrobble_spotify.refusals import API, TOKENS_ENDPOINT, TROUBLE, UNSET, refusal

TIMEOUT = 8.0  # seconds, of each request
EARLY = 120  # seconds before its end that an access token is renewed
TOKENS = "tokens"  # the secret that holds them


class Settings(PluginSettings):
    """What the administrator sets."""

    api_id: str = Field(
        default="",
        title=Sentence("API ID"),
        description=Sentence("Client ID of this server's app at developer.spotify.com."),
    )
    api_secret: SecretStr = Field(
        default=SecretStr(""), title=Sentence("API secret"), description=Sentence("Client secret of that app.")
    )
    api_url: str = Field(
        default="https://api.spotify.com",
        title=Sentence("API URL"),
        description=Sentence("Where Spotify's Web API is."),
    )
    accounts_url: str = Field(
        default="https://accounts.spotify.com",
        title=Sentence("Accounts URL"),
        description=Sentence("Where listeners agree, and tokens are given."),
    )

    @field_validator("api_id")
    @classmethod
    def _tidy(cls, value: str) -> str:
        return value.strip()

    @field_validator("api_url", "accounts_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError(Sentence("must begin with https://"))
        return value.rstrip("/")

    @property
    def are_set(self) -> bool:
        """Whether there is an app to speak for."""
        return bool(self.api_id and self.api_secret.get_secret_value())


class Tokens(BaseModel):
    """What a listener's consent gave. Times are Unix seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    access: str
    refresh: str
    expires_at: float
    consented_at: float

    @classmethod
    def of(cls, account: SourceAccount) -> Tokens:
        """Return those of a connection. Raises NotAuthorized if it has none."""
        try:
            return cls.model_validate_json(account.secret(TOKENS) or "")
        except ValidationError:
            raise NotAuthorized("Spotify is not connected yet: connect it") from None

    def keep(self, account: SourceAccount) -> Tokens:
        """Store them, encrypted."""
        account.keep_secret(TOKENS, self.model_dump_json())
        return self


def exchange(account: SourceAccount, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Give the code that a listener brought back for tokens, and keep these.

    Raises NotAuthorized for a code that is not good, RetryLater when Spotify cannot tell.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    grant = _grant(account, form)
    if not grant.refresh_token:
        raise RetryLater(TROUBLE)
    now = account.now()
    tokens = Tokens(
        access=grant.access_token,
        refresh=grant.refresh_token,
        expires_at=now + grant.expires_in,
        consented_at=int(now),
    )
    return tokens.keep(account)


class Spotify:
    """The Web API, as one listener may see it. Only who holds the connection's lease may ask: tokens change hands."""

    def __init__(self, account: SourceAccount) -> None:
        """Take the tokens. Raises NotAuthorized for a connection that was not finished."""
        self._account = account
        self.tokens = Tokens.of(account)

    def recently_played(self, after: int | None) -> Any:
        """Return the plays after a time (Unix ms), or the last 50."""
        params = {"limit": "50"} | ({} if after is None else {"after": str(after)})
        return self._get("/v1/me/player/recently-played", params)

    def currently_playing(self) -> Any:
        """Return what plays, None for nothing."""
        return self._get("/v1/me/player/currently-playing", {})

    def _get(self, path: str, params: Mapping[str, str]) -> Any:
        if self.tokens.expires_at - EARLY <= self._account.now():
            self._renew()
        reply = self._send(path, params)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self._renew()
            reply = self._send(path, params)
        if reply.status == HTTPStatus.NO_CONTENT:
            return None
        if reply.status != HTTPStatus.OK:
            raise refusal(API, reply)
        return reply.json()

    def _send(self, path: str, params: Mapping[str, str]) -> Reply:
        url = f"{self._account.plugin_settings.api_url}{path}"
        headers = {"Authorization": f"Bearer {self.tokens.access}"}
        return self._account.fetch("GET", url, params=params, headers=headers, timeout=TIMEOUT, fixed=True)

    def _renew(self) -> None:
        """Get another access token. What came with it is stored before it is used: the old one may be void now."""
        account, old = self._account, self.tokens
        try:
            grant = _grant(account, {"grant_type": "refresh_token", "refresh_token": old.refresh})
        except NotAuthorized:
            if Tokens.of(account).refresh != old.refresh:  # its owner connected it anew in this moment
                raise RetryLater(TROUBLE, after=1) from None
            raise
        if (kept := Tokens.of(account)).refresh != old.refresh:
            self.tokens = kept
            return
        update = {
            "access": grant.access_token,
            "refresh": grant.refresh_token or old.refresh,
            "expires_at": account.now() + grant.expires_in,
        }
        self.tokens = old.model_copy(update=update).keep(account)


def _grant(account: SourceAccount, form: Mapping[str, str]) -> Grant:
    """Ask the token endpoint. Raises NotAuthorized for what it does not take any more, else RetryLater."""
    settings: Settings = account.plugin_settings
    if not settings.are_set:
        raise AdministratorMustAct(UNSET)
    pair = f"{settings.api_id}:{settings.api_secret.get_secret_value()}"
    headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    url = f"{settings.accounts_url}/api/token"
    reply = account.fetch("POST", url, form=form, headers=headers, timeout=TIMEOUT, fixed=True)
    if reply.status == HTTPStatus.OK:
        try:
            return Grant.model_validate(reply.json())
        except ValidationError:
            raise RetryLater(TROUBLE) from None
    raise refusal(TOKENS_ENDPOINT, reply)
