"""API tokens: named credentials for players and scripts, each with scopes, revocable, shown once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from goscrobble.domain.accounts import Account
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadInput, Conflict, NotFound
from goscrobble.services import identities, sources, telling
from goscrobble.services.core import Core
from goscrobble.storage import credentials
from goscrobble.storage import sources as stored
from goscrobble.storage.credentials import ApiTokenInfo
from goscrobble.storage.database import Connection

SCOPES = ("ingest", "read", "write")
PREFIX = "gs_"  # tells an API token from a JWT, and a leaked one from noise
LONGEST_NAME = 100  # characters
MOST = 200  # tokens of one account
Beside = Callable[[Connection], None]  # what else the transaction of a change does

__all__ = ["MOST", "PREFIX", "SCOPES", "ApiTokenInfo", "add_api_token", "forget", "list_api_tokens", "revoke_api_token"]


def add_api_token(
    core: Core, account: Account, name: str, scopes: AbstractSet[str], *, beside: Beside | None = None
) -> tuple[ApiTokenInfo, str]:
    """Make a token and return it with its text, `gs_` and 43 characters, which is shown this once.

    Raises BadInput for a name that is empty or longer than 100 characters and for scopes that do not exist.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput(Sentence("A token's name has 1 to %(most)s characters that can be printed", most=LONGEST_NAME))
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput("The scopes of a token are one or more of ingest, read and write")
    secret, now = PREFIX + secrets.token_urlsafe(32), int(core.now())
    if len(list_api_tokens(core, account)) >= MOST:
        raise Conflict(Sentence("An account can have %(most)s tokens; revoke one that is not used any more", most=MOST))

    def store(connection: Connection) -> ApiTokenInfo:
        if beside is not None:
            beside(connection)
        return credentials.add_api_token(
            connection, account.id, name=name, scopes=frozenset(scopes), secret=secret, now=now
        )

    return core.database.write(store), secret


def list_api_tokens(core: Core, account: Account) -> list[ApiTokenInfo]:
    """Return the tokens of an account, oldest first, without their texts."""
    with core.database.read() as connection:
        return credentials.list_api_tokens(connection, account.id)


def revoke_api_token(core: Core, account: Account, uuid: str, *, beside: Beside | None = None) -> None:
    """Delete a token of this account, and the connections that speak with it. Raises NotFound."""

    def remove(connection: Connection) -> None:
        if "\0" in uuid or not credentials.delete_api_token(connection, account.id, uuid):
            raise NotFound("There is no such token")
        for plugin, source_account in stored.remove_of_voice(connection, account.id, uuid):
            telling.owe_disconnect(core, connection, plugin, source_account=source_account, person=account.uuid)
        if beside is not None:
            beside(connection)

    core.database.write(remove)
    forget(core)
    sources.forget(core)


def forget(core: Core) -> None:
    """Look every token up anew: called after one was revoked."""
    identities.forget(core)
