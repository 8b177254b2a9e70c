"""`/admin/users`: who has an account, and what an administrator may do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from goscrobble.domain.accounts import Account
from goscrobble.errors import BadInput
from goscrobble.services import accounts, administration
from goscrobble.services.core import Core
from goscrobble.web import current_core, forms
from goscrobble.web.forms import Form
from goscrobble.web.pages import visitor
from goscrobble.web.translations import gettext as _

ROWS = 50  # of one page
LONGEST_SEARCH = 200  # characters
DECISIONS: Mapping[str, Mapping[str, bool]] = {
    "disable": {"disabled": True},
    "enable": {"disabled": False},
    "promote": {"admin": True},
    "demote": {"admin": False},
    "make-mod": {"mod": True},
    "unmake-mod": {"mod": False},
}

blueprint = Blueprint("users", __name__, url_prefix="/users")


@blueprint.get("")
def show() -> str:
    """Show a page of accounts; `?search=` looks for a part of a name or address, `?after=` turns pages."""
    search, after = request.args.get("search", "")[:LONGEST_SEARCH], request.args.get("after", "")
    listing = accounts.list_all(current_core(), search=search, after=after, limit=ROWS)
    return render_template(
        "admin/users.html", listing=listing, search=search, is_later=bool(after), done=visitor.done()
    )


@blueprint.get("/<username>")
def show_one(username: str) -> str:
    """Show one account."""
    return _page(accounts.named(current_core(), username))


@blueprint.post("/<username>")
def decide(username: str) -> Response:
    """Disable or enable, promote or demote."""

    def act(core: Core, by: Account, account: Account, form: Form) -> None:
        decision = DECISIONS.get(form.text("decision"))
        if decision is None:
            raise BadInput(_("Choose what to do with this account"))
        administration.manage_account(core, by, account, **decision)

    return _attempt(username, "decision", act) or _back(username)


@blueprint.post("/<username>/reset-link")
def make_reset_link(username: str) -> str | Response:
    """Make a link that sets a new password and show it, once."""
    by, core = visitor.required_admin(), current_core()
    account = accounts.named(core, username)
    try:
        link = administration.make_reset_link(core, by, account)
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(account, refused={"link": Form().refused(error)}))
    return _page(account, link=link)


@blueprint.post("/<username>/delete")
def delete(username: str) -> Response:
    """Delete the account; its name is asked."""

    def act(core: Core, by: Account, account: Account, form: Form) -> None:
        if form.text("username").casefold() != account.username.casefold():
            raise BadInput(_("This is not the username"))
        administration.delete_account(core, by, account)

    return _attempt(username, "delete", act) or forms.go_on(url_for("pages.admin.users.show", done="deleted"))


def _attempt(username: str, name: str, act: Callable[[Core, Account, Account, Form], None]) -> Response | None:
    """Do what a form asks; if it is refused, return the page with the reason beside that form."""
    by, core, form = visitor.required_admin(), current_core(), forms.read()
    account = accounts.named(core, username)
    try:
        act(core, by, account, form)
    except forms.REFUSALS as error:
        return forms.refuse(error, _page(account, refused={name: form.refused(error)}))
    return None


def _back(username: str) -> Response:
    """Go back to the account; who has just demoted or disabled themselves, to where they still may be."""
    by = accounts.find_by_id(current_core(), visitor.required_admin().id)
    if by is None or not by.is_admin or by.is_disabled:
        return forms.go_on(url_for("pages.home.show"))
    return forms.go_on(url_for("pages.admin.users.show_one", username=username, done="saved"))


def _page(account: Account, **values: Any) -> str:
    return render_template(
        "admin/user.html", **{"account": account, "refused": {}, "link": "", "done": visitor.done()} | values
    )
