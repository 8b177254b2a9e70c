"""`goscrobble database`: its schema and its health."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import click

from goscrobble import config, instance
from goscrobble.cli.opening import find_account, opened
from goscrobble.errors import BadConfig
from goscrobble.migrations import runner
from goscrobble.services import accounts, rollups
from goscrobble.services.core import Core


@click.group()
def database() -> None:
    """Upgrade and check the database."""


@database.command(epilog="Example: goscrobble database upgrade")
def upgrade() -> None:
    """Bring the database to this version's schema. A SQLite file is copied to the instance's backups first."""
    settings = config.load()
    was_current = settings.instance_path.exists() and runner.state(settings.url) == "current"
    done = instance.prepare_all(settings, watching=_watched)
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
        total = sum(plays for _, plays in rollups.plays_of_all(core).values())
        with _progress(total, "Counting all plays") as bar:
            for username, wrong in rollups.check(core, bar.update):
                problems += [f"Sums of {username} differ from the plays: {name}" for name in wrong]
    for problem in problems:
        click.echo(problem)
    if problems:
        raise BadConfig("The database is not as it should be; `goscrobble database rebuild-rollups` mends sums.")
    click.echo("The database is in order.")


@database.command("rebuild-rollups", epilog="Example: goscrobble database rebuild-rollups --user ada")
@click.option("--user", help="Only those of this account.")
@click.option("--anew", is_flag=True, help="Begin with the first account, also where an earlier run was interrupted.")
def rebuild_rollups(user: str | None, anew: bool) -> None:
    """Compute the sums behind charts anew from the plays, while the server goes on.

    Each account is changed at once or not at all. A run that was interrupted goes on where it was.
    """
    with opened() as core:
        if user is not None:
            rollups.rebuild(core, find_account(core, user))
            click.echo("The sums of 1 account are new.")
            return
        mark = core.settings.instance_path / _MARK
        if anew:
            mark.unlink(missing_ok=True)
        accounts_left = _accounts_left(core, mark)
        with _progress(sum(plays for _, _, plays in accounts_left), "Counting all plays") as bar:
            for account_id, _, _ in accounts_left:
                account = accounts.find_by_id(core, account_id)
                if account is not None:
                    rollups.rebuild(core, account, bar.update)
                mark.write_text(str(account_id), "ascii")
        mark.unlink(missing_ok=True)
    count = len(accounts_left)
    click.echo(f"The sums of {count} account{'' if count == 1 else 's'} are new.")


_MARK = "rebuild-rollups.mark"  # in the instance's folder: the id of the account that an interrupted run did last


def _accounts_left(core: Core, mark: Path) -> list[tuple[int, str, int]]:
    """Return id, name and number of plays of the accounts that are still to be done."""
    every = [(account_id, name, plays) for account_id, (name, plays) in sorted(rollups.plays_of_all(core).items())]
    try:
        last = int(mark.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return every
    left = [account for account in every if account[0] > last]
    if left:
        name = left[0][1]
        click.echo(f"An earlier run was interrupted: going on with {name} (--anew begins with the first).", err=True)
    return left


@contextmanager
def _watched(total: int) -> Iterator[Callable[[int], object]]:
    with _progress(total, "Matching all plays anew") as bar:
        yield bar.update


def _progress(total: int, label: str) -> AbstractContextManager[Any]:
    """Return a bar on the standard error, shown where that is a terminal."""
    return click.progressbar(length=total, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
