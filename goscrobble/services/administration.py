"""What administrators do. Each deed is written down in the transaction that does it; one that is refused is not.

`by` is who does it; None stands for whoever sits at the command line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from goscrobble.domain.accounts import Account
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, Conflict, NotFound
from goscrobble.plugins.declarations import PluginRecord
from goscrobble.services import accounts, failures, mail, queue, resets, settings, tokens
from goscrobble.services.core import Core
from goscrobble.storage import audit
from goscrobble.storage.audit import Entry
from goscrobble.storage.database import Connection

__all__ = ["COMMAND_LINE", "Action", "Entry", "Listing", "list_entries"]

COMMAND_LINE = "command line"
LONGEST_VALUE = 200  # characters of a setting's new value that are written down
_LONGEST_CURSOR = 18  # digits: below 2**63


class Action(StrEnum):
    """What can be done."""

    SETTINGS_CHANGE = "settings.change"
    PLUGIN_ENABLE = "plugin.enable"
    PLUGIN_DISABLE = "plugin.disable"
    PLUGIN_RESET = "plugin.reset"
    PLUGIN_PURGE = "plugin.purge"
    ACCOUNT_ADD = "account.add"
    ACCOUNT_DISABLE = "account.disable"
    ACCOUNT_ENABLE = "account.enable"
    ACCOUNT_PROMOTE = "account.promote"
    ACCOUNT_DEMOTE = "account.demote"
    ACCOUNT_MAKE_MOD = "account.make-mod"
    ACCOUNT_UNMAKE_MOD = "account.unmake-mod"
    ACCOUNT_PASSWORD = "account.password"  # noqa: S105 - the name of a deed
    ACCOUNT_RESET_LINK = "account.reset-link"
    ACCOUNT_DELETE = "account.delete"
    TOKEN_ADD = "token.add"  # noqa: S105 - the name of a deed
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 - same
    JOB_RETRY = "job.retry"
    JOB_DISCARD = "job.discard"
    MAIL_TEST = "mail.test"
    COVER_REPLACE = "cover.replace"
    COVER_REMOVE = "cover.remove"


# ---- settings and plugins ----


def change_settings(core: Core, by: Account | None, values: Mapping[str, Any]) -> None:
    """Change settings, all or none; see `settings.change` for what is raised. Secrets are written down by name only."""
    known = settings.options(core)

    def beside(connection: Connection, changed: Mapping[str, Any]) -> None:
        shown = [key if known[key].secret else f"{key} = {_short(changed[key])}" for key in sorted(changed)]
        note(core, connection, by, Action.SETTINGS_CHANGE, ", ".join(sorted(changed)), "\n".join(shown))

    settings.change(core, values, beside=beside)


def find_plugin(core: Core, name: str) -> PluginRecord:
    """Return a plugin that was found, whether it can run or not. Raises NotFound."""
    record = core.plugins.records.get(name)
    if record is None or record.builtin:
        raise NotFound("There is no such plugin")
    return record


def switch_plugin(core: Core, by: Account | None, name: str, on: bool) -> PluginRecord:
    """Switch a plugin on or off. Raises NotFound, and Conflict for one that cannot run or is switched by the file."""
    record = find_plugin(core, name)
    if record.fault is not None:
        raise Conflict(Sentence("This plugin cannot run: %(why)s", why=record.error))
    action = Action.PLUGIN_ENABLE if on else Action.PLUGIN_DISABLE
    settings.change(
        core,
        {f"{record.name.upper()}_ENABLED": on},
        beside=lambda connection, _changed: note(core, connection, by, action, record.name),
    )
    return record


def reset_plugin(core: Core, by: Account | None, name: str) -> PluginRecord:
    """Ask the hooks of a tripped plugin again. Raises NotFound, and Conflict for one that is not left alone."""
    record = find_plugin(core, name)
    if not settings.is_tripped(core, record.name):
        raise Conflict("This plugin's hooks are asked already")
    failures.reset(core, record.name, beside=_noting(core, by, Action.PLUGIN_RESET, record.name))
    return record


# ---- accounts ----


def add_account(core: Core, by: Account | None, *, username: str, email: str, password: str, admin: bool) -> Account:
    """Create an account for somebody; see `accounts.register`."""
    beside = _noting(core, by, Action.ACCOUNT_ADD, username, "as an administrator" if admin else "")
    return accounts.register(core, username=username, email=email, password=password, admin=admin, beside=beside)


def manage_account(
    core: Core,
    by: Account | None,
    account: Account,
    *,
    admin: bool | None = None,
    mod: bool | None = None,
    disabled: bool | None = None,
) -> Account:
    """Promote or demote an account (to administrator, to moderator), disable or enable it, all or nothing.

    Returns it as it is now. Raises Conflict when no administrator would be left.
    """
    decisions = (
        (disabled, account.is_disabled, Action.ACCOUNT_DISABLE, Action.ACCOUNT_ENABLE),
        (admin, account.is_admin, Action.ACCOUNT_PROMOTE, Action.ACCOUNT_DEMOTE),
        (mod, account.is_mod, Action.ACCOUNT_MAKE_MOD, Action.ACCOUNT_UNMAKE_MOD),
    )

    def beside(connection: Connection) -> None:
        for wanted, current, yes, no in decisions:
            if wanted is not None and wanted is not current:
                note(core, connection, by, yes if wanted else no, account.username)

    return accounts.manage(core, account, admin=admin, mod=mod, disabled=disabled, beside=beside)


def set_password(core: Core, by: Account | None, account: Account, password: str) -> Account:
    """Give an account a new password, which signs it out everywhere."""
    beside = _noting(core, by, Action.ACCOUNT_PASSWORD, account.username)
    return accounts.set_password(core, account, password, beside=beside)


def make_reset_link(core: Core, by: Account | None, account: Account) -> str:
    """Return a link that sets a new password of an account, once, within the hour. Raises Conflict if disabled."""
    return resets.make_link(core, account, beside=_noting(core, by, Action.ACCOUNT_RESET_LINK, account.username))


def delete_account(core: Core, by: Account | None, account: Account) -> None:
    """Erase an account and everything of it. Raises Conflict for the last administrator."""
    accounts.delete(core, account, beside=_noting(core, by, Action.ACCOUNT_DELETE, account.username))


def add_token(core: Core, by: Account | None, account: Account, name: str, scopes: AbstractSet[str]) -> str:
    """Return the text of a new API token of an account; see `tokens.add_api_token`."""
    beside = _noting(core, by, Action.TOKEN_ADD, account.username, f"{name.strip()}: {', '.join(sorted(scopes))}")
    return tokens.add_api_token(core, account, name, scopes, beside=beside)[1]


def revoke_token(core: Core, by: Account | None, account: Account, uuid: str) -> None:
    """End an API token of an account. Raises NotFound."""
    beside = _noting(core, by, Action.TOKEN_REVOKE, account.username, uuid)
    tokens.revoke_api_token(core, account, uuid, beside=beside)


# ---- jobs and mail ----


def retry_job(core: Core, by: Account | None, job_id: str | int) -> None:
    """Try a job once more that failed for good. Raises NotFound, and Conflict for one that cannot be."""
    job = queue.find(core, job_id)
    queue.retry(core, job, beside=_noting(core, by, Action.JOB_RETRY, f"{job.kind} {job.id}"))


def discard_job(core: Core, by: Account | None, job_id: str | int) -> None:
    """Forget a job that failed for good. Raises NotFound, and Conflict for one that may still be done."""
    job = queue.find(core, job_id)
    beside = _noting(core, by, Action.JOB_DISCARD, f"{job.kind} {job.id}", job.last_error)
    queue.discard(core, job, beside=beside)


def send_test_mail(core: Core, by: Account) -> str:
    """Have a mail sent to the administrator who asks; returns a sentence that says what will happen."""

    def work(connection: Connection) -> None:
        mail.enqueue_test(connection, by, now=int(core.now()))
        note(core, connection, by, Action.MAIL_TEST, by.username)

    core.database.write(work)
    if core.settings.mail_server:
        return f"A mail to {by.email} goes out through {core.settings.mail_server}"
    return f"A mail to {by.email} is kept in the outbox, since no mail server is set"


# ---- what was done ----


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of entries; `next` is the cursor of the one after it, None: that was all."""

    entries: list[Entry]
    next: str | None


def list_entries(
    core: Core, *, action: str = "", search: str = "", cursor: str | None = None, limit: int = 50
) -> Listing:
    """Return what was done, newest first; `search` is a part of whom or what it was done to, or of who did it.

    Raises BadInput for a cursor that is not one of ours.
    """
    if "\0" in action + search:
        raise BadInput("The search cannot contain a NUL character")
    if cursor and not (cursor.isdecimal() and cursor.isascii() and len(cursor) <= _LONGEST_CURSOR):
        raise BadInput("cursor is not one this server gave")
    with core.database.read() as connection:
        found = audit.page(
            connection,
            action=action,
            search=search.strip(),
            before=int(cursor) if cursor else None,
            limit=limit + 1,
        )
    return Listing(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)


def note(
    core: Core, connection: Connection, by: Account | None, action: Action, subject: str, detail: str = ""
) -> None:
    """Write down what is done in this transaction. Neither subject nor detail may hold a secret."""
    audit.add(
        connection,
        at=int(core.now()),
        actor=COMMAND_LINE if by is None else by.username,
        action=action,
        subject=subject,
        detail=detail,
    )


def _noting(
    core: Core, by: Account | None, action: Action, subject: str, detail: str = ""
) -> Callable[[Connection], None]:
    return lambda connection: note(core, connection, by, action, subject, detail)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
