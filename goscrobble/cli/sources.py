"""`goscrobble sources`: what listeners connected, how it is, and steering it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from goscrobble.cli.opening import find_account, opened, table
from goscrobble.services import connecting
from goscrobble.services import sources as service


@click.group()
def sources() -> None:
    """See and steer the connections of listeners."""


@sources.command("list", epilog="Example: goscrobble sources list ada")
@click.argument("user")
@click.option("--json", "as_json", is_flag=True, help="For programs: one JSON object.")
def list_(user: str, as_json: bool) -> None:
    """List the connections of USER and how they are."""
    with opened() as core:
        found = [
            {
                "id": row.uuid,
                "plugin": row.plugin,
                "name": row.name,
                "state": str(service.state_of(core, row)),
                "last_heard": _moment(row.last_heard_at),
                "next_poll": _moment(row.poll_at),
                "problem": row.problem or "",
            }
            for row in service.list_all(core, find_account(core, user))
        ]
    if as_json:
        click.echo(json.dumps({"sources": found}, indent=2))
        return
    heads = ("ID", "PLUGIN", "NAME", "STATE", "LAST HEARD", "NEXT POLL", "PROBLEM")
    click.echo(table([heads, *(tuple(value or "-" for value in one.values()) for one in found)]))


@sources.command(epilog="Example: goscrobble sources events ada 3f0c9a52-5d0b-4d0e-9d0e-2f6a1b7c8d9e")
@click.argument("user")
@click.argument("source_id")
def events(user: str, source_id: str) -> None:
    """Show what happened lately on the connection of USER that `sources list` shows as SOURCE_ID, and why."""
    with opened() as core:
        row = service.find(core, find_account(core, user), source_id)
        rows = [("WHEN", "OUTCOME", "WHAT", "WHY")]
        rows += [
            (_moment(one.at), one.outcome, one.what or "-", one.reason or "-") for one in service.events(core, row)
        ]
    click.echo(table(rows))


@sources.command(epilog="Example: goscrobble sources pause ada 3f0c9a52-5d0b-4d0e-9d0e-2f6a1b7c8d9e")
@click.argument("user")
@click.argument("source_id")
def pause(user: str, source_id: str) -> None:
    """Take nothing from a connection until it is resumed."""
    with opened() as core:
        connecting.change(core, find_account(core, user), source_id, paused=True)
    click.echo("The connection is paused.")


@sources.command(epilog="Example: goscrobble sources resume ada 3f0c9a52-5d0b-4d0e-9d0e-2f6a1b7c8d9e")
@click.argument("user")
@click.argument("source_id")
def resume(user: str, source_id: str) -> None:
    """Take plays from a paused or refused connection again."""
    with opened() as core:
        connecting.change(core, find_account(core, user), source_id, paused=False)
    click.echo("The connection goes on.")


@sources.command(epilog="Example: goscrobble sources poll ada 3f0c9a52-5d0b-4d0e-9d0e-2f6a1b7c8d9e")
@click.argument("user")
@click.argument("source_id")
def poll(user: str, source_id: str) -> None:
    """Have the running server ask a connection's service at once."""
    with opened() as core:
        connecting.change(core, find_account(core, user), source_id, poll_now=True)
    click.echo("It is asked as soon as a worker is free.")


def _moment(at: int | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%SZ}"
