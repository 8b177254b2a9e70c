"""What administrators manage: accounts and plugins."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint
from pydantic import BaseModel, Field, StrictBool

from goscrobble.domain.accounts import Account
from goscrobble.errors import Conflict, NotFound
from goscrobble.plugins.declarations import PluginRecord, Status
from goscrobble.services import accounts, settings
from goscrobble.services.core import Core
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.user import User
from goscrobble.web.body import Text, json_body, query

blueprint = Blueprint("api_admin", __name__, url_prefix="/api/v1/admin")


# ---- accounts ----


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


@blueprint.get("/users")
@describe(tags=["Admin"], summary="All accounts", query=UserQuery, answers={200: Users}, auth="admin")
def list_users() -> dict[str, Any]:
    """Answer a page of accounts."""
    auth.require_admin()
    wanted = query(UserQuery)
    page = accounts.list_all(current_core(), search=wanted.search, after=wanted.cursor, limit=wanted.limit)
    found = [ManagedUser.of(account) for account in page.accounts]
    return Users(users=found, next=page.next).model_dump(mode="json")


@blueprint.get("/users/<username>")
@describe(tags=["Admin"], summary="One account", answers={200: ManagedUser}, auth="admin")
def show_user(username: str) -> dict[str, Any]:
    """Answer one account."""
    auth.require_admin()
    return ManagedUser.of(accounts.named(current_core(), username)).model_dump(mode="json")


@blueprint.patch("/users/<username>")
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
    auth.require_admin()
    wanted, core = json_body(UserDecision), current_core()
    account = accounts.manage(core, accounts.named(core, username), **wanted.model_dump())
    return ManagedUser.of(account).model_dump(mode="json")


@blueprint.delete("/users/<username>")
@describe(tags=["Admin"], summary="Erase an account and everything of it", auth="admin", errors=(409,))
def delete_user(username: str) -> dict[str, Any]:
    """Erase an account."""
    auth.require_admin()
    core = current_core()
    accounts.delete(core, accounts.named(core, username))
    return {"message": "Account deleted"}


# ---- plugins ----


class Plugin(BaseModel):
    """A plugin and how it is."""

    name: str
    status: Status
    enabled: bool
    fixed: bool  # switched by the configuration file or the environment, so not from here
    error: str
    distribution: str
    version: str
    failures: int
    last_failure: str

    @classmethod
    def of(cls, core: Core, record: PluginRecord) -> Plugin:
        """Return the plugin in this shape."""
        option = settings.options(core).get(_switch(record))
        return cls(
            name=record.name,
            status=core.plugins.status(record),
            enabled=core.plugins.runs(record.name),
            fixed=option is not None and option.fixed,
            error=record.error,
            distribution=record.distribution,
            version=record.version,
            failures=0,
            last_failure="",
        )


class Plugins(BaseModel):
    """All plugins that were found, those that cannot run among them."""

    plugins: list[Plugin]
    next: None = None


class PluginDecision(BaseModel):
    """Whether the plugin shall take part."""

    enabled: StrictBool


@blueprint.get("/plugins")
@describe(tags=["Admin"], summary="All plugins", answers={200: Plugins}, auth="admin")
def list_plugins() -> dict[str, Any]:
    """Answer the plugins."""
    auth.require_admin()
    core = current_core()
    found = [Plugin.of(core, record) for record in core.plugins.records.values() if not record.builtin]
    return Plugins(plugins=found).model_dump(mode="json")


@blueprint.patch("/plugins/<name>")
@describe(
    tags=["Admin"],
    summary="Switch a plugin on or off; it holds everywhere within two seconds",
    body=PluginDecision,
    answers={200: Plugin},
    auth="admin",
    errors=(409,),
    example={"enabled": False},
)
def change_plugin(name: str) -> dict[str, Any]:
    """Switch a plugin on or off."""
    auth.require_admin()
    wanted, core = json_body(PluginDecision), current_core()
    record = core.plugins.records.get(name)
    if record is None or record.builtin:
        raise NotFound("There is no such plugin")
    if record.fault is not None:
        raise Conflict(f"This plugin cannot run: {record.error}")
    settings.change(core, {_switch(record): wanted.enabled})
    return Plugin.of(core, record).model_dump(mode="json")


def _switch(record: PluginRecord) -> str:
    return f"{record.name.upper()}_ENABLED"
