"""`goscrobble users`: accounts."""

from __future__ import annotations

import sys

import click

from goscrobble.cli.opening import find_account, opened, table
from goscrobble.errors import BadInput
from goscrobble.services import accounts, administration

PAGE = 500  # accounts read at once


@click.group()
def users() -> None:
    """Add and manage accounts."""


@users.command(epilog="Example: goscrobble users add ada --email ada@example.org --admin")
@click.argument("name")
@click.option("--email", required=True, help="Address for password resets.")
@click.option("--admin", is_flag=True, help="Make it an administrator. The first account is one anyway.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def add(name: str, email: str, admin: bool, password_stdin: bool) -> None:
    """Add the account NAME."""
    password = _password(from_stdin=password_stdin)
    with opened() as core:
        account = administration.add_account(core, None, username=name, email=email, password=password, admin=admin)
    click.echo(f"{account.username} was added" + (", as an administrator." if account.is_admin else "."))


@users.command("list", epilog="Example: goscrobble users list")
def list_() -> None:
    """List all accounts."""
    rows = [("NAME", "E-MAIL", "ROLE", "STATE", "PRIVACY", "TIME ZONE")]
    after = ""
    with opened() as core:
        while True:
            listing = accounts.list_all(core, after=after, limit=PAGE)
            rows += [
                (
                    one.username,
                    one.email,
                    "admin" if one.is_admin else "moderator" if one.is_mod else "-",
                    "disabled" if one.is_disabled else "enabled",
                    str(one.privacy),
                    one.time_zone,
                )
                for one in listing.accounts
            ]
            if listing.next is None:
                break
            after = listing.next
    click.echo(table(rows))


@users.command(epilog="Example: goscrobble users password ada")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def password(name: str, password_stdin: bool) -> None:
    """Give NAME a new password, which signs them out everywhere."""
    with opened() as core:
        account = find_account(core, name)
        administration.set_password(core, None, account, _password(from_stdin=password_stdin))
    click.echo(f"{account.username} has a new password and is signed out everywhere.")


@users.command(epilog="Example: goscrobble users disable ada")
@click.argument("name")
def disable(name: str) -> None:
    """Lock NAME out: signed out everywhere, tokens refused. Nothing is deleted."""
    with opened() as core:
        account = administration.manage_account(core, None, find_account(core, name), disabled=True)
    click.echo(f"{account.username} is disabled.")


@users.command(epilog="Example: goscrobble users enable ada")
@click.argument("name")
def enable(name: str) -> None:
    """Let NAME in again."""
    with opened() as core:
        account = administration.manage_account(core, None, find_account(core, name), disabled=False)
    click.echo(f"{account.username} is enabled.")


@users.command(epilog="Example: goscrobble users promote ada")
@click.argument("name")
def promote(name: str) -> None:
    """Make NAME an administrator."""
    with opened() as core:
        account = administration.manage_account(core, None, find_account(core, name), admin=True)
    click.echo(f"{account.username} is an administrator.")


@users.command(epilog="Example: goscrobble users demote ada")
@click.argument("name")
def demote(name: str) -> None:
    """Make NAME an ordinary account again."""
    with opened() as core:
        account = administration.manage_account(core, None, find_account(core, name), admin=False)
    click.echo(f"{account.username} is no administrator.")


@users.command(epilog="Example: goscrobble users delete ada --yes")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete NAME and all plays of theirs, for ever."""
    with opened() as core:
        account = find_account(core, name)
        if not yes:
            click.confirm(f"Delete {account.username} and everything of theirs, for ever?", abort=True)
        administration.delete_account(core, None, account)
    click.echo(f"{account.username} and everything of theirs is gone.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        line = sys.stdin.readline()
        if not line:
            raise BadInput("There is no password on standard input.")
        return line.rstrip("\r\n")
    entered: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return entered
