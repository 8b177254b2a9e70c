"""The core that commands work with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from goscrobble import config, instance, logs, permissions
from goscrobble.domain.accounts import Account
from goscrobble.errors import NotFound
from goscrobble.migrations import runner
from goscrobble.services import accounts
from goscrobble.services.core import Core


@contextmanager
def opened() -> Iterator[Core]:
    """Open the instance, making it if there is none. One of another version is refused: upgrading is asked for."""
    from goscrobble.app import create_app  # noqa: PLC0415 - half a second that `--help` need not take

    settings = config.load()
    if runner.sqlite_file(settings.url) is not None:
        settings.instance_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    quiet = settings.model_copy(update={"log_level": "ERROR"})  # the command itself says what it did
    logs.configure(quiet)
    permissions.begin(settings)
    instance.require_keys(settings)
    if runner.state(settings.url) == "empty":
        instance.prepare(settings)
    runner.require_current(settings.url)
    core: Core = create_app(quiet).extensions["goscrobble"]
    try:
        yield core
    finally:
        core.database.close()


def find_account(core: Core, username: str) -> Account:
    """Return the account of this name. Raises NotFound."""
    account = accounts.find(core, username)
    if account is None:
        raise NotFound(f"There is no user called {username}.")
    return account


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as lines with aligned columns, the first row being the headings."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
