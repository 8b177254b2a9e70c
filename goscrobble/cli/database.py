"""`goscrobble database`: its schema and its health."""

from __future__ import annotations

import click

from goscrobble import config, instance
from goscrobble.cli.opening import find_account, opened
from goscrobble.errors import BadConfig
from goscrobble.migrations import runner
from goscrobble.services import accounts, rollups

PAGE = 500  # accounts read at once


@click.group()
def database() -> None:
    """Upgrade and check the database."""


@database.command(epilog="Example: goscrobble database upgrade")
def upgrade() -> None:
    """Bring the database to this version's schema. A SQLite file is copied to the instance's backups first."""
    settings = config.load()
    was_current = settings.instance_path.exists() and runner.state(settings.url) == "current"
    done = instance.prepare_all(settings)
    for name, sentence in done.problems.items():
        click.echo(f"The tables of the plugin {name} stay as they were: {sentence}")
    if was_current and not done.plugins and not done.problems:
        click.echo("The database was up to date already.")
        return
    lines = [f"The tables of the plugin {name} are up to date." for name in done.plugins]
    lines.append("The database is up to date." + (f" What it was before is in {done.backup}." if done.backup else ""))
    click.echo("\n".join(lines))
    if done.problems:
        raise BadConfig("The server does without these plugins until their tables fit.")


@database.command(epilog="Example: goscrobble database check")
def check() -> None:
    """Prove schema, file and all sums against what is stored. Exits with 1 if anything is wrong."""
    with opened() as core:
        problems = runner.problems(core.database.engine)
        for username, wrong in rollups.check(core):
            problems += [f"Sums of {username} differ from the plays: {name}" for name in wrong]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise BadConfig("The database is not as it should be; `goscrobble database rebuild-rollups` mends sums.")
    click.echo("The database is in order.")


@database.command("rebuild-rollups", epilog="Example: goscrobble database rebuild-rollups --user ada")
@click.option("--user", help="Only those of this account.")
def rebuild_rollups(user: str | None) -> None:
    """Compute the sums behind charts anew from the plays."""
    count, after = 0, ""
    with opened() as core:
        if user is not None:
            rollups.rebuild(core, find_account(core, user))
            count = 1
        while user is None:
            listing = accounts.list_all(core, after=after, limit=PAGE)
            for account in listing.accounts:
                rollups.rebuild(core, account)
                count += 1
            if listing.next is None:
                break
            after = listing.next
    click.echo(f"The sums of {count} account{'' if count == 1 else 's'} are new.")
