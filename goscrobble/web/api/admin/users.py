"""Accounts, as administrators manage them."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field, StrictBool

from goscrobble.domain.accounts import Account
from goscrobble.services import accounts, administration
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.user import User
from goscrobble.web.body import Text, json_body, query

blueprint = Blueprint("api_admin_users", __name__, url_prefix="/api/v1/admin/users")


class ManagedUser(User):
    """An account as administrators see it."""

    disabled: bool

    @classmethod
    def of(cls, account: Account) -> ManagedUser:
        """Return the account in this shape."""
        return cls(**User.of(account).model_dump(), disabled=account.is_disabled)


class UserQuery(BaseModel):
    """Which accounts to list."""

    search: Annotated[str, Text(200)] = Field(default="", description="Part of a username or e-mail address.")
    cursor: Annotated[str, Text(64)] = Field(default="", description="`next` of the page before.")
    limit: int = Field(default=50, ge=1, le=200)


class Users(BaseModel):
    """A page of accounts, by username."""

    users: list[ManagedUser]
    next: str | None


class UserDecision(BaseModel):
    """What shall be different."""

    admin: StrictBool | None = None
    mod: StrictBool | None = None
    disabled: StrictBool | None = None


class ResetLink(BaseModel):
    """A link that sets a new password, once, within the hour."""

    link: str = Field(examples=["https://music.example.org/reset?token=…"])


@blueprint.get("")
@describe(tags=["Admin"], summary="All accounts", query=UserQuery, answers={200: Users}, auth="admin")
def list_users() -> dict[str, Any]:
    """Answer a page of accounts."""
    auth.require_admin()
    wanted = query(UserQuery)
    page = accounts.list_all(current_core(), search=wanted.search, after=wanted.cursor, limit=wanted.limit)
    found = [ManagedUser.of(account) for account in page.accounts]
    return Users(users=found, next=page.next).model_dump(mode="json")


@blueprint.get("/<username>")
@describe(tags=["Admin"], summary="One account", answers={200: ManagedUser}, auth="admin")
def show_user(username: str) -> dict[str, Any]:
    """Answer one account."""
    auth.require_admin()
    return ManagedUser.of(accounts.named(current_core(), username)).model_dump(mode="json")


@blueprint.patch("/<username>")
@describe(
    tags=["Admin"],
    summary="Promote, demote, disable or enable an account",
    body=UserDecision,
    answers={200: ManagedUser},
    auth="admin",
    errors=(409,),
    example={"disabled": True},
)
def change_user(username: str) -> dict[str, Any]:
    """Change an account, all or nothing."""
    by = auth.require_admin().account
    wanted, core = json_body(UserDecision), current_core()
    account = administration.manage_account(core, by, accounts.named(core, username), **wanted.model_dump())
    return ManagedUser.of(account).model_dump(mode="json")


@blueprint.post("/<username>/reset-link")
@describe(
    tags=["Admin"],
    summary="Make a link that sets a new password, to hand over in person",
    answers={200: ResetLink},
    auth="admin",
    errors=(409,),
)
def make_reset_link(username: str) -> dict[str, Any]:
    """Answer a link; it is not shown again."""
    by = auth.require_admin().account
    core = current_core()
    link = administration.make_reset_link(core, by, accounts.named(core, username))
    return ResetLink(link=link).model_dump(mode="json")


@blueprint.delete("/<username>")
@describe(tags=["Admin"], summary="Erase an account and everything of it", auth="admin", errors=(409,))
def delete_user(username: str) -> dict[str, Any]:
    """Erase an account."""
    by = auth.require_admin().account
    core = current_core()
    administration.delete_account(core, by, accounts.named(core, username))
    return {"message": "Account deleted"}
