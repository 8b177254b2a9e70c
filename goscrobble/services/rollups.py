"""Keeping the sums true: after a change of time zone, on demand, and proving that they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from goscrobble.domain.accounts import Account
from goscrobble.domain.periods import zone
from goscrobble.errors import BadInput, Unavailable
from goscrobble.services.core import Core
from goscrobble.storage import music, rollups, scrobbles, users
from goscrobble.storage.database import Connection

_TRIES = 20  # how often a user's plays may change under a computation before it gives up


def change_time_zone(core: Core, account: Account, name: str) -> None:
    """Set an account's time zone (IANA) and move its days and hours to it. Raises BadInput for an unknown zone."""
    try:
        zone(name)
    except ValueError as error:
        raise BadInput(str(error)) from None
    _recompute(core, account.id, name, only=rollups.ZONED)


def rebuild(core: Core, account: Account) -> None:
    """Compute all sums of an account anew."""
    _recompute(core, account.id, None, only=rollups.TABLES)


def check(core: Core) -> Iterator[tuple[str, list[str]]]:
    """Yield each account's name with the rollups that differ from its plays (none, if all is well)."""
    with core.database.read() as connection:
        accounts = scrobbles.user_ids(connection)
    for account_id in accounts:
        with core.database.read(consistent=True) as connection:
            user = users.find_by_id(connection, account_id)
            if user is not None:
                yield user.username, _differences(connection, user)


def _differences(connection: Connection, user: Account) -> list[str]:
    plays = rollups.every_play(connection, user.id)
    artists = music.credits(connection, {play.track_id for play in plays})
    truth = rollups.sum_up((), plays, user.time_zone, artists)
    wrong = []
    for rollup, sums in truth.items():
        timed = "first_at" in rollup.c
        expected = {
            key: (one.plays, one.seconds, one.first, one.last) if timed else (one.plays, one.seconds)
            for key, one in sums.items()
        }
        if rollups.read(connection, rollup, user.id) != expected:
            wrong.append(rollup.name)
    return wrong


def _recompute(core: Core, account_id: int, time_zone: str | None, *, only: tuple[rollups.Table, ...]) -> None:
    """Compute outside, swap in one short transaction, and start over if plays changed meanwhile."""
    for _ in range(_TRIES):
        with core.database.read(consistent=True) as connection:
            revision = scrobbles.revision_of(connection, account_id)
            user = users.find_by_id(connection, account_id)
            if user is None or revision is None:
                return
            plays = rollups.every_play(connection, account_id)
            artists = music.credits(connection, {play.track_id for play in plays})
        target = time_zone or user.time_zone
        sums = rollups.sum_up((), plays, target, artists)

        def swap(
            connection: Connection,
            revision: int = revision,
            target: str = target,
            sums: Mapping[rollups.Table, Mapping[rollups.Key, rollups.Sum]] = sums,
        ) -> bool:
            locked = scrobbles.lock_user(connection, account_id)
            if scrobbles.revision_of(connection, account_id) != revision + 1:
                return False
            if locked.time_zone != target:
                users.change(connection, account_id, time_zone=target)
            rollups.replace(connection, account_id, sums, only)
            return True

        if core.database.write(swap):
            return
    raise Unavailable("Plays keep arriving for this account, please try again")
