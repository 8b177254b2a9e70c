"""Who a credential belongs to, remembered for a moment.

Every play that comes in asks this, so each process keeps its answers for FRESH seconds and gives them to who asks for
what is `remembered`: the ingress alone. What this process changes holds there at once (`forget`), what another one
changes within FRESH seconds. Everybody else is told what the database says: who changed something reads it back.
"""

from __future__ import annotations

from typing import Any

from goscrobble.domain.accounts import Account
from goscrobble.errors import Unavailable
from goscrobble.services.core import Core
from goscrobble.storage import credentials, users
from goscrobble.storage.credentials import ApiTokenInfo

FRESH = 1.0  # seconds
MOST_REMEMBERED = 5000
USE_NOTED_EVERY = 60  # seconds: "last used" is not worth a write for every play
_CACHE = "identities"


def by_api_token(core: Core, secret: str, *, remembered: bool = False) -> tuple[Account, ApiTokenInfo] | None:
    """Return whose API token this is, None for an unknown one and for those of a disabled account."""
    key = credentials.digest(secret)  # the secret itself is not kept
    found: tuple[Account, ApiTokenInfo] | None = _remembered(core, key) if remembered else None
    if found is None:
        with core.database.read() as connection:
            found = credentials.find_api_token(connection, secret)
        if found is None or found[0].is_disabled:
            return None
        _note_use(core, found[1])
        _remember(core, key, found)
    return found


def by_grant(core: Core, uuid: str, refresh_token: str, *, remembered: bool = False) -> Account | None:
    """Return the account with this UUID, None for an unknown and for a disabled one.

    None too where the refresh token that was granted beside is gone: then its family was ended, since somebody had a
    copy of one of its tokens, and nobody can tell whose the access token is.
    """
    key = uuid, credentials.digest(refresh_token)
    account: Account | None = _remembered(core, key) if remembered else None
    if account is None:
        with core.database.read() as connection:
            account = users.find_by_uuid(connection, uuid)
            goes_on = credentials.is_family_there(connection, refresh_token)
        if account is None or account.is_disabled or not goes_on:
            return None
        _remember(core, key, account)
    return account


def forget(core: Core) -> None:
    """Look everything up anew: called after each change of an account or a token."""
    core.database.caches.pop(_CACHE, None)


def _remembered(core: Core, key: object) -> Any:
    read_at, found = _cache(core).get(key, (0.0, None))
    return found if 0 <= core.now() - read_at < FRESH else None


def _remember(core: Core, key: object, found: object) -> None:
    cache = _cache(core)
    if len(cache) >= MOST_REMEMBERED:
        cache.clear()
    cache[key] = (core.now(), found)


def _cache(core: Core) -> dict[object, tuple[float, Any]]:
    cache: dict[object, tuple[float, Any]] = core.database.caches.setdefault(_CACHE, {})
    return cache


def _note_use(core: Core, token: ApiTokenInfo) -> None:
    now = int(core.now())
    if token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY:
        return
    try:
        core.database.write(lambda connection: credentials.touch_api_token(connection, token.id, now=now))
    except Unavailable:
        return  # a courtesy to the owner; it must not refuse the call itself
