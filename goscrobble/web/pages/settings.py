"""`/settings`: players to connect, who sees the page, tokens, sign-in, farewell. Each form has its own address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import available_timezones

from flask import Blueprint, Response, render_template, request, url_for

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.errors import BadInput, NotFound, Unavailable
from goscrobble.plugins.declarations import PluginRecord, Source
from goscrobble.services import accounts, connecting, sources, tokens
from goscrobble.services.core import Core
from goscrobble.storage.sources import SourceRow
from goscrobble.web import current_core, forms, schema_forms, sessions
from goscrobble.web.forms import Form
from goscrobble.web.pages import connections, visitor
from goscrobble.web.pages.connections import Connection
from goscrobble.web.translations import gettext as _

UNMADE = "…"  # stands for the token in an address that has not been made

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@dataclass(frozen=True, slots=True)
class Offer:
    """A source as the page offers it, and what is connected to it already."""

    key: str
    title: str
    summary: str
    address: str  # with UNMADE in place of the token; "" for a source that is polled
    steps: tuple[tuple[str, ...], ...]  # each cut where the address belongs
    fields: tuple[schema_forms.Field, ...]  # what is asked before a source that is polled can be connected
    connections: tuple[Connection, ...]


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
    connected = sources.list_all(core, account)
    offers = _offers(core, connected, refused or {})
    offered = {connection.id for offer in offers for connection in offer.connections}
    return render_template(
        "settings.html",
        account=account,
        sources=offers,
        others=[Connection.of(core, row) for row in connected if row.uuid not in offered],
        tokens=tokens.list_api_tokens(core, account),
        time_zones=time_zones(account.time_zone),
        now=datetime.fromtimestamp(core.now(), zone(account.time_zone)),
        refused=refused or {},
        made=made,
        done=visitor.done(),
    )


# ---- players and tokens ----


@blueprint.post("/sources/<key>")
def connect(key: str) -> str | Response:
    """Connect a source: show the complete address this once, or begin to poll."""
    account, core = visitor.required_account(), current_core()
    found = next(((index, record, source) for name, index, record, source in _all(core) if name == key), None)
    if found is None:
        raise NotFound(_("There is no such source"))
    index, record, source = found
    form = forms.read()
    try:
        settings = schema_forms.parse(source.settings, form) if record.poller(index) is not None else {}
        new = connecting.connect(core, account, record.name, source=index, settings=settings)
    except (*forms.REFUSALS, Unavailable) as error:
        return forms.refuse(error, _page(account, refused={f"source-{key}": form.refused(error)}))
    if new.secret is not None:
        return _page(account, made=Made(sources.address(core, record.name, new.secret), key))
    return connections.go(new)


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
            raise BadInput(_("This is not your username"))
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


def _all(core: Core) -> Iterator[tuple[str, int, PluginRecord, Source]]:
    """Yield what can be connected right now: its name in addresses, its place in its plugin, the plugin, the source."""
    for key, record, source in visitor.sources(core):
        yield key, record.sources.index(source), record, source


def _offers(core: Core, connected: list[SourceRow], refused: Mapping[str, Form]) -> list[Offer]:
    offers = []
    for key, index, record, source in _all(core):
        mine = tuple(Connection.of(core, row) for row in connected if (row.plugin, row.source) == (record.name, index))
        polled = record.poller(index) is not None
        fields = schema_forms.fields(source.settings, {}, form=refused.get(f"source-{key}")) if polled else []
        offers.append(
            Offer(
                key=key,
                title=_(source.title),
                summary=_(source.summary),
                address="" if polled else sources.address(core, record.name, UNMADE),
                steps=tuple(tuple(_(step).split("{url}")) for step in source.steps),
                fields=tuple(fields),
                connections=mine,
            )
        )
    return offers


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
