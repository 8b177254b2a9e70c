"""What plugins raise: remembered for the administrator, and reason to leave a plugin's hooks alone for a while."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from pydantic import SecretStr

from goscrobble import logs
from goscrobble.domain.sentences import packed
from goscrobble.errors import Unavailable
from goscrobble.plugins.declarations import Failure
from goscrobble.services import settings
from goscrobble.services.core import Core
from goscrobble.storage import failures
from goscrobble.storage.database import Connection
from goscrobble.storage.dialect import storable
from goscrobble.storage.failures import FailureRow

MOST = 5  # failures of one hook …
WITHIN = 600  # … in so many seconds trip the plugin …
WAITS = "administrator"  # stands for a hook where a plugin waits for the administrator
REST = 3600  # … for so long, in all workers
MIGRATIONS = "migrations"  # what stands for the hook
LONGEST_ERROR, LONGEST_PLACE = 500, 300  # characters that are kept
_SHORTEST_SECRET = 4  # characters; what is shorter stands in too many words
log = structlog.get_logger("goscrobble.plugins")

__all__ = [
    "MOST",
    "REST",
    "WAITS",
    "WITHIN",
    "FailureRow",
    "keep_migration",
    "list_all",
    "migration",
    "note",
    "reset",
    "settle_administrator",
    "tell_administrator",
]


def note(core: Core, failure: Failure) -> None:
    """Remember what a plugin raised, without credentials. Never raises: the failure itself is trouble enough."""
    now = int(core.now())
    error = _without_secrets(core, failure)[:LONGEST_ERROR]
    try:
        trips = core.database.write(
            lambda connection: failures.note(
                connection,
                failure.plugin[:40],
                failure.hook[:60],
                error=error,
                place=failure.place[:LONGEST_PLACE],
                now=now,
                most=MOST if failure.trips else 0,
                within=WITHIN,
                rest=REST,
            )
        )
    except Unavailable:
        return
    if trips:
        settings.forget(core)
        log.error("plugin tripped: its hooks are not asked for an hour", plugin=failure.plugin, hook=failure.hook)


def tell_administrator(core: Core, plugin: str, sentence: str) -> None:
    """Say on the administrator's page what only they can put right; in the log once for each sentence."""
    now, text = int(core.now()), storable(packed(sentence))[:LONGEST_ERROR]

    def work(connection: Connection) -> bool:
        said_before = {(row.plugin, row.hook, row.error) for row in failures.list_all(connection)}
        failures.note(connection, plugin, WAITS, error=text, place="", now=now, most=0, within=WITHIN, rest=REST)
        return (plugin, WAITS, sentence) not in said_before

    if core.database.write(work):
        log.warning("a plugin waits for the administrator", plugin=plugin, reason=str(sentence))


def settle_administrator(core: Core, plugin: str) -> None:
    """Say so no more: a connection that had a problem works again. One that still waits says it at its next try."""
    core.database.write(lambda connection: failures.forget(connection, plugin=plugin, hook=WAITS))


def list_all(core: Core) -> list[FailureRow]:
    """Return what every plugin raised, the latest first."""
    with core.database.read() as connection:
        return failures.list_all(connection)


def reset(core: Core, plugin: str, *, beside: Callable[[Connection], None] | None = None) -> None:
    """Ask a plugin's hooks again, in all workers within two seconds. `beside`: what else the transaction does."""

    def work(connection: Connection) -> None:
        failures.reset(connection, plugin)
        if beside is not None:
            beside(connection)

    core.database.write(work)
    settings.forget(core)


def keep_migration(connection: Connection, plugin: str, sentence: str, *, now: int) -> None:
    """Remember why a plugin's tables could not be upgraded; "" forgets it, since they are."""
    failures.forget(connection, plugin=plugin, hook=MIGRATIONS)
    if sentence:
        error = logs.without_secrets(storable(sentence))[:LONGEST_ERROR]
        failures.note(connection, plugin, MIGRATIONS, error=error, place="", now=now, most=0, within=WITHIN, rest=REST)


def migration(connection: Connection, plugin: str) -> str:
    """Return why a plugin's tables could not be upgraded when that was tried last; "" if nothing is known."""
    return failures.error_of(connection, plugin, MIGRATIONS)


def _without_secrets(core: Core, failure: Failure) -> str:
    """Return the text of an error without what looks like a credential, and without the plugin's own ones."""
    text = storable(failure.error)
    try:
        values = list(dict(settings.plugin(core, failure.plugin)).values())
    except (KeyError, Unavailable):
        values = []
    for value in values:
        if isinstance(value, SecretStr) and len(value.get_secret_value()) >= _SHORTEST_SECRET:
            text = text.replace(value.get_secret_value(), "[secret]")
    return logs.without_secrets(text)
