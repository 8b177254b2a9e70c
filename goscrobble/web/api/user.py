"""One's own account: profile, password, API tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel, Field

from goscrobble.domain.accounts import Account, Privacy
from goscrobble.errors import BadInput
from goscrobble.services import accounts, tokens
from goscrobble.services.tokens import ApiTokenInfo
from goscrobble.web import auth, current_core, sessions
from goscrobble.web.api.openapi import Message, describe
from goscrobble.web.body import Text, json_body

blueprint = Blueprint("api_user", __name__, url_prefix="/api/v1")


class User(BaseModel):
    """An account as its owner sees it."""

    uuid: str
    username: str
    email: str
    admin: bool
    mod: bool
    time_zone: str
    privacy: Privacy
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> User:
        """Return the account in this shape."""
        return cls(
            uuid=account.uuid,
            username=account.username,
            email=account.email,
            admin=account.is_admin,
            mod=account.is_mod,
            time_zone=account.time_zone,
            privacy=account.privacy,
            created_at=datetime.fromtimestamp(account.created_at, UTC),
        )


class UserChange(BaseModel):
    """What shall be different. A new e-mail address or password needs the current password."""

    time_zone: Annotated[str, Text(64)] | None = None
    privacy: Privacy | None = None
    email: Annotated[str, Text(320)] | None = None
    password: str | None = None
    current_password: str | None = None


class Farewell(BaseModel):
    """The password, once more."""

    password: str


class NewApiToken(BaseModel):
    """A token to make."""

    name: Annotated[str, Text(tokens.LONGEST_NAME, min_length=1)]
    scopes: list[Literal["ingest", "read", "write"]] = Field(min_length=1, max_length=3)


class ApiToken(BaseModel):
    """An API token, without its text."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, info: ApiTokenInfo, /, **more: Any) -> Self:
        """Return the token in this shape."""
        return cls(
            id=info.id,
            name=info.name,
            scopes=sorted(info.scopes),
            created_at=datetime.fromtimestamp(info.created_at, UTC),
            last_used_at=None if info.last_used_at is None else datetime.fromtimestamp(info.last_used_at, UTC),
            **more,
        )


class MadeApiToken(ApiToken):
    """A new API token; `token` is its text, shown this once."""

    token: str


class ApiTokens(BaseModel):
    """All tokens of the account, oldest first."""

    tokens: list[ApiToken]
    next: None = None


@blueprint.get("/user")
@describe(tags=["User"], summary="Your account", answers={200: User}, auth="read")
def show() -> dict[str, Any]:
    """Answer the account of whoever asks."""
    return User.of(auth.require("read").account).model_dump(mode="json")


@blueprint.patch("/user")
@describe(
    tags=["User"],
    summary="Change your time zone, privacy, e-mail address or password",
    body=UserChange,
    answers={200: User},
    auth="account",
    errors=(409,),
    example={"time_zone": "Europe/Lisbon", "privacy": "members"},
)
def change() -> Response:
    """Change the account; a new password signs out everywhere else."""
    context, body, core = auth.require("account"), json_body(UserChange), current_core()
    if body.email is not None or body.password is not None:
        if body.current_password is None:
            raise BadInput("current_password is missing")
        accounts.confirm(core, context.account, body.current_password, request.remote_addr or "")
    wanted = body.model_dump(exclude={"current_password"})
    account = accounts.change(core, context.account, **wanted)
    response = jsonify(User.of(account).model_dump(mode="json"))
    if body.password is not None and context.kind == "session":
        sessions.open(response, account)
    return response


@blueprint.delete("/user")
@describe(
    tags=["User"],
    summary="Erase your account and everything of it; the body holds your password",
    body=Farewell,
    auth="account",
    errors=(400, 409),
)
def delete() -> Response:
    """Erase the account."""
    context, body, core = auth.require("account"), json_body(Farewell), current_core()
    accounts.confirm(core, context.account, body.password, request.remote_addr or "")
    accounts.delete(core, context.account)
    response = jsonify({"message": "Account deleted"})
    if context.kind == "session":
        sessions.close(response)
    return response


@blueprint.delete("/user/sessions")
@describe(tags=["User"], summary="Sign out everywhere: ends every JWT, refresh token and web session", auth="account")
def end_sessions() -> dict[str, Any]:
    """Sign out everywhere."""
    accounts.sign_out_everywhere(current_core(), auth.require("account").account)
    return {"message": "Signed out everywhere"}


@blueprint.get("/user/tokens")
@describe(tags=["User"], summary="Your API tokens", answers={200: ApiTokens}, auth="account")
def list_tokens() -> dict[str, Any]:
    """Answer the tokens, without their texts."""
    owned = tokens.list_api_tokens(current_core(), auth.require("account").account)
    return ApiTokens(tokens=[ApiToken.of(token) for token in owned]).model_dump(mode="json")


@blueprint.post("/user/tokens")
@describe(
    tags=["User"],
    summary="Make an API token; its text is shown this once",
    body=NewApiToken,
    answers={200: MadeApiToken},
    auth="account",
    errors=(409,),
    example={"name": "Jellyfin in the living room", "scopes": ["ingest"]},
)
def add_token() -> dict[str, Any]:
    """Make a token."""
    context, body = auth.require("account"), json_body(NewApiToken)
    token, text = tokens.add_api_token(current_core(), context.account, body.name, set(body.scopes))
    return MadeApiToken.of(token, token=text).model_dump(mode="json")


@blueprint.delete("/user/tokens/<uuid>")
@describe(tags=["User"], summary="Revoke an API token", answers={200: Message}, auth="account")
def revoke_token(uuid: str) -> dict[str, Any]:
    """Revoke a token."""
    tokens.revoke_api_token(current_core(), auth.require("account").account, uuid)
    return {"message": "Token revoked"}
