"""Getting in: register, login, refresh, and a forgotten password."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, request
from pydantic import BaseModel, RootModel

from goscrobble.services import accounts, resets, sessions
from goscrobble.web import access_tokens, current_core, limits
from goscrobble.web.api.openapi import Message, describe
from goscrobble.web.body import Text, json_body

blueprint = Blueprint("api_account", __name__, url_prefix="/api/v1")


class Login(BaseModel):
    """Who signs in."""

    username: Annotated[str, Text(320)]  # or the e-mail address
    password: str


class Registration(BaseModel):
    """A new account."""

    email: Annotated[str, Text(320)]
    username: Annotated[str, Text(320)]
    password: str
    time_zone: Annotated[str, Text(64)] | None = None


class ResetRequest(BaseModel):
    """Whose password was forgotten."""

    email: Annotated[str, Text(320)]


class NewPassword(BaseModel):
    """The token of the mail, and the new password; without that the token is only looked at."""

    token: Annotated[str, Text(200)]
    password: str | None = None


class RefreshRequest(BaseModel):
    """A refresh token, as the claim `refresh_token` holds it."""

    token: Annotated[str, Text(200)]


class Token(BaseModel):
    """A JWT."""

    token: str


class Validity(BaseModel):
    """Whether a token may set a password."""

    valid: bool


class ResetAnswer(RootModel[Message | Validity]):
    """That the password is set, or whether it may be."""


@blueprint.post("/login")
@describe(
    tags=["Account"],
    summary="Sign in with a username or an e-mail address",
    body=Login,
    answers={200: Token},
    errors=(401, 403),
    example={"username": "ada", "password": "correct horse battery staple"},
)
def login() -> dict[str, Any]:
    """Answer a JWT."""
    body, core = json_body(Login), current_core()
    account = accounts.sign_in(core, body.username.strip(), body.password, request.remote_addr or "")
    return {"token": access_tokens.make(sessions.start(core, account))}


@blueprint.post("/register")
@limits.tier("heavy")
@describe(
    tags=["Account"],
    summary="Create an account; the first one is an administrator's",
    body=Registration,
    errors=(403, 409),
    example={"email": "ada@example.org", "username": "ada", "password": "correct horse battery staple"},
)
def register() -> dict[str, Any]:
    """Create an account."""
    body = json_body(Registration)
    accounts.register_self(
        current_core(),
        username=body.username,
        email=body.email,
        password=body.password,
        time_zone=body.time_zone or None,
    )
    return {"message": "User created succesfully. You may now login"}  # spelt as documented


@blueprint.post("/sendreset")
@limits.tier("heavy")
@describe(
    tags=["Account"],
    summary="Have a link mailed that sets a new password",
    body=ResetRequest,
    example={"email": "ada@example.org"},
)
def send_reset() -> dict[str, Any]:
    """Have a link mailed; the answer tells nobody whether the address is known."""
    resets.send(current_core(), json_body(ResetRequest).email)
    return {"message": "Password reset email sent"}


@blueprint.post("/resetpassword")
@limits.tier("heavy")
@describe(
    tags=["Account"],
    summary="Set a new password with the token of the mail, or ask whether that token is still good",
    body=NewPassword,
    answers={200: ResetAnswer},
    errors=(401,),
    example={"token": "sS5p2f3y1o…", "password": "correct horse battery staple"},
)
def reset_password() -> dict[str, Any]:
    """Set a new password, once; with the token alone, only look."""
    body, core = json_body(NewPassword), current_core()
    if body.password is None:
        return {"valid": resets.is_valid(core, body.token)}
    resets.use(core, body.token, body.password)
    return {"message": "Password updated successfully!"}


@blueprint.post("/refresh")
@describe(
    tags=["Account"],
    summary="Exchange a refresh token, once, for a new JWT",
    body=RefreshRequest,
    answers={200: Token},
    errors=(401,),
    example={"token": "sS5p2f3y1o…"},
)
def refresh() -> dict[str, Any]:
    """Answer a new JWT."""
    grant = sessions.refresh(current_core(), json_body(RefreshRequest).token)
    return {"token": access_tokens.make(grant)}
