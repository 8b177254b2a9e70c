"""`/settings`: players to connect, who sees the page, tokens, sign-in, farewell. Each form has its own address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import available_timezones

from flask import Blueprint, Response, render_template, request, url_for

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.errors import BadInput, NotFound
from goscrobble.services import accounts, tokens
from goscrobble.services.core import Core
from goscrobble.web import current_core, forms, sessions
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor

UNMADE = "…"  # stands for the token in an address that has not been made

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@dataclass(frozen=True, slots=True)
class Connection:
    """A source as the page offers it."""

    key: str
    plugin: str
    title: str
    summary: str
    address: str  # with UNMADE in place of the token
    steps: tuple[tuple[str, ...], ...]  # each cut where the address belongs
    tokens: tuple[tokens.ApiTokenInfo, ...]  # made for it
    last_used_at: int | None


@dataclass(frozen=True, slots=True)
class Made:
    """A secret to show this once: an address of a source, or a token ("")."""

    text: str
    source: str = ""


# ---- the page ----


@blueprint.get("")
def show() -> str:
    """Show all settings."""
    return _page(visitor.required_account())


def _page(account: Account, *, refused: Mapping[str, Form] | None = None, made: Made | None = None) -> str:
    core = current_core()
    owned = tokens.list_api_tokens(core, account)
    return render_template(
        "settings.html",
        account=account,
        sources=_connections(core, owned),
        tokens=owned,
        time_zones=time_zones(account.time_zone),
        now=datetime.fromtimestamp(core.now(), zone(account.time_zone)),
        refused=refused or {},
        made=made,
        done=request.args.get("done", ""),
    )


# ---- players and tokens ----


@blueprint.post("/sources/<key>")
def add_address(key: str) -> str | Response:
    """Make a token for a source and show the complete address, once."""
    account, core = visitor.required_account(), current_core()
    found = next(((record, source) for name, record, source in visitor.sources(core) if name == key), None)
    if found is None:
        raise NotFound("There is no such source")
    record, source = found
    form = forms.read()
    try:
        _, secret = tokens.add_api_token(core, account, source.title, {"ingest"})
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(account, refused={f"source-{key}": form.refused(error)}))
    return _page(account, made=Made(_address(core, record.name, secret), key))


@blueprint.post("/tokens")
def add_token() -> str | Response:
    """Make a token and show it, once."""
    account, form = visitor.required_account(), forms.read()
    try:
        _, secret = tokens.add_api_token(current_core(), account, form.text("name"), set(form.choices("scopes")))
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(account, refused={"token": form.refused(error)}))
    return _page(account, made=Made(secret))


@blueprint.post("/tokens/<token>/revoke")
def revoke_token(token: str) -> Response:
    """Revoke a token."""
    tokens.revoke_api_token(current_core(), visitor.required_account(), token)
    return _saved("revoked", "tokens")


# ---- the account ----


@blueprint.post("/listening")
def change_listening() -> Response:
    """Change time zone and privacy."""

    def change(core: Core, account: Account, form: Form) -> None:
        accounts.change(core, account, time_zone=form.text("time_zone"), privacy=form.text("privacy"))

    return _attempt("listening", change) or _saved("listening", "listening")


@blueprint.post("/email")
def change_email() -> Response:
    """Change the e-mail address; the password is asked again."""

    def change(core: Core, account: Account, form: Form) -> None:
        accounts.confirm(core, account, form.secret("password"), request.remote_addr or "")
        accounts.change(core, account, email=form.text("email"))

    return _attempt("email", change) or _saved("email", "account")


@blueprint.post("/password")
def change_password() -> Response:
    """Change the password, which ends every session but this browser's."""

    def change(core: Core, account: Account, form: Form) -> None:
        accounts.confirm(core, account, form.secret("old_password"), request.remote_addr or "")
        accounts.change(core, account, password=form.secret("new_password"))

    refusal = _attempt("password", change)
    if refusal is not None:
        return refusal
    answer = _saved("password", "account")
    sessions.open(answer, accounts.named(current_core(), visitor.required_account().username))
    return answer


@blueprint.post("/sessions/end")
def end_sessions() -> Response:
    """Sign out everywhere."""
    accounts.sign_out_everywhere(current_core(), visitor.required_account())
    return _left("everywhere")


@blueprint.post("/delete")
def delete_account() -> Response:
    """Delete the account; its name and password are asked."""

    def delete(core: Core, account: Account, form: Form) -> None:
        if form.text("username").casefold() != account.username.casefold():
            raise BadInput("This is not your username")
        accounts.confirm(core, account, form.secret("password"), request.remote_addr or "")
        accounts.delete(core, account)

    return _attempt("delete", delete) or _left("deleted")


def _attempt(name: str, act: Callable[[Core, Account, Form], None]) -> Response | None:
    """Do what a form asks; if it is refused, return the page with the reason beside that form."""
    account, form = visitor.required_account(), forms.read()
    try:
        act(current_core(), account, form)
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(account, refused={name: form.refused(error)}))
    return None


def _saved(done: str, part: str) -> Response:
    return forms.go_on(url_for("pages.settings.show", done=done, _anchor=part))


def _left(done: str) -> Response:
    answer = forms.go_on(url_for("pages.sign_in.show", done=done))
    sessions.close(answer)
    return answer


# ---- parts ----


def _connections(core: Core, owned: list[tokens.ApiTokenInfo]) -> list[Connection]:
    connections = []
    for key, record, source in visitor.sources(core):
        made_for_it = tuple(one for one in owned if one.name == source.title and set(one.scopes) == {"ingest"})
        connections.append(
            Connection(
                key=key,
                plugin=record.name,
                title=source.title,
                summary=source.summary,
                address=_address(core, record.name, UNMADE),
                steps=tuple(tuple(step.split("{url}")) for step in source.steps),
                tokens=made_for_it,
                last_used_at=max((one.last_used_at for one in made_for_it if one.last_used_at), default=None),
            )
        )
    return connections


def _address(core: Core, plugin: str, secret: str) -> str:
    return f"{core.settings.public_url}/api/v1/ingress/{plugin}?key={secret}"


def time_zones(chosen: str) -> list[tuple[str, list[str]]]:
    """Return the names of all time zones by region; `chosen` is among them even if it is an unusual one."""
    regions: dict[str, list[str]] = {}
    for name in sorted({*_zone_names(), chosen}):
        region = name.partition("/")[0] if "/" in name else "Other"
        regions.setdefault(region, []).append(name)
    return sorted(regions.items(), key=lambda item: (item[0] in {"Other", "Etc"}, item[0]))


@lru_cache(1)
def _zone_names() -> frozenset[str]:
    """Return what `time_zones` offers; reading the folder of the zone table takes long, once is enough."""
    places = {name for name in available_timezones() if "/" in name and not name.startswith("SystemV/")}
    return frozenset(places | {"UTC"})
