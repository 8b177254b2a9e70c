"""`goscrobble tokens`: credentials for players and scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from goscrobble.cli.opening import find_account, opened, table
from goscrobble.services import administration
from goscrobble.services import tokens as service


@click.group()
def tokens() -> None:
    """Add and revoke API tokens."""


@tokens.command(epilog="Example: goscrobble tokens add ada --name 'Jellyfin in the kitchen' --scope ingest")
@click.argument("user")
@click.option("--name", required=True, help="What it is for.")
@click.option("--scope", required=True, help="What it may: ingest, read, write; several separated by commas.")
def add(user: str, name: str, scope: str) -> None:
    """Make a token for USER and print it, alone and this once."""
    scopes = {part.strip() for part in scope.split(",") if part.strip()}
    with opened() as core:
        text = administration.add_token(core, None, find_account(core, user), name, scopes)
    click.echo(text)


@tokens.command("list", epilog="Example: goscrobble tokens list ada")
@click.argument("user")
def list_(user: str) -> None:
    """List the tokens of USER, without their texts."""
    with opened() as core:
        found = service.list_api_tokens(core, find_account(core, user))
    rows = [("ID", "NAME", "SCOPES", "MADE", "LAST USED")]
    rows += [
        (one.id, one.name, ",".join(sorted(one.scopes)), _day(one.created_at), _day(one.last_used_at)) for one in found
    ]
    click.echo(table(rows))


@tokens.command(epilog="Example: goscrobble tokens revoke ada 3f0c9a52-5d0b-4d0e-9d0e-2f6a1b7c8d9e")
@click.argument("user")
@click.argument("token_id")
def revoke(user: str, token_id: str) -> None:
    """End the token of USER that `tokens list` shows as TOKEN_ID."""
    with opened() as core:
        administration.revoke_token(core, None, find_account(core, user), token_id)
    click.echo("The token is revoked.")


def _day(at: int | None) -> str:
    return "never" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
