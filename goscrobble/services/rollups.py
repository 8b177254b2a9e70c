"""Keeping the sums true: after a change of time zone, on demand, and proving that they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.errors import BadInput, Unavailable
from goscrobble.services.core import Core
from goscrobble.storage import charts, recounting, scrobbles, users
from goscrobble.storage.database import Connection
from goscrobble.storage.recounting import Differences
from goscrobble.storage.rollups import TABLES

_TRIES = 20  # how often a user's plays may change under a computation before it gives up

Progress = Callable[[int], object]  # told how many more plays were counted


def _quietly(_plays: int) -> None:
    """Tell nobody."""


def change_time_zone(core: Core, account: Account, name: str) -> None:
    """Set an account's time zone (IANA) and move its days and hours to it. Raises BadInput for an unknown zone."""
    try:
        zone(name)
    except ValueError as error:
        raise BadInput(str(error)) from None
    _recompute(core, account.id, name, recounting.ZONED, _quietly)


def rebuild(core: Core, account: Account, on_progress: Progress = _quietly) -> None:
    """Count all sums of an account anew, and write those that differ."""
    _recompute(core, account.id, None, TABLES, on_progress)


def plays_of_all(core: Core) -> dict[int, tuple[str, int]]:
    """Return each account's id with its name and how many plays are stored of it."""
    with core.database.read() as connection:
        return charts.plays_of_all(connection)


def check(core: Core, on_progress: Progress = _quietly) -> Iterator[tuple[str, list[str]]]:
    """Yield each account's name with the tables of sums that differ from its plays (none, if all is well)."""
    with core.database.read() as connection:
        accounts = scrobbles.user_ids(connection)
    for account_id in accounts:
        with core.database.read(consistent=True) as connection:
            user = users.find_by_id(connection, account_id)
            if user is not None:
                truth = recounting.recount(connection, user.id, user.time_zone, on_progress)
                yield user.username, recounting.differences(connection, user.id, truth).tables


def _recompute(
    core: Core, account_id: int, time_zone: str | None, only: Collection[recounting.Table], on_progress: Progress
) -> None:
    """Compute outside, write what differs in one short transaction, and start over if plays changed meanwhile."""
    for _ in range(_TRIES):
        with core.database.read(consistent=True) as connection:
            revision = scrobbles.revision_of(connection, account_id)
            user = users.find_by_id(connection, account_id)
            if user is None or revision is None:
                return
            target = time_zone or user.time_zone
            truth = recounting.recount(connection, account_id, target, on_progress)
            found = recounting.differences(connection, account_id, truth, only)

        def swap(
            connection: Connection, revision: int = revision, target: str = target, found: Differences = found
        ) -> bool:
            locked = scrobbles.lock_user(connection, account_id)
            if scrobbles.revision_of(connection, account_id) != revision + 1:
                return False
            if locked.time_zone != target:
                users.change(connection, account_id, time_zone=target)
            recounting.replace(connection, account_id, found)
            return True

        if core.database.write(swap):
            return
    raise Unavailable("Plays keep arriving for this account, please try again")
