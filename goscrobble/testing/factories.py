"""People and plays to start a test with."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection

from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.services import passwords
from goscrobble.services.core import Core
from goscrobble.storage import users
from goscrobble.testing.clock import START

PASSWORD = "correct horse battery staple"  # noqa: S105 - that of everybody whom `make_account` makes


def make_account(
    core: Core,
    username: str = "ada",
    *,
    email: str | None = None,
    password: str = PASSWORD,
    time_zone: str = "UTC",
    admin: bool = False,
    **columns: Any,
) -> Account:
    """Return a new account, an administrator's only if told so. `columns`: others of `user_account`, as `privacy`.

    Unlike a registration this hashes each password once a run, and never sends a mail.
    """
    values: dict[str, Any] = {
        "username": username,
        "email": email or f"{username}@example.org",
        "password_hash": _hash(password),
        "time_zone": time_zone,
        "now": int(core.now()),
    }

    def add(connection: Connection) -> Account:
        account = users.add(connection, **values)
        return users.change(connection, account.id, is_admin=admin, **columns) or account

    return core.database.write(add)


def make_draft(**values: Any) -> ScrobbleDraft:
    """Return a draft of a listen that began an hour before a test's clock starts; `values` replace its parts."""
    listen: dict[str, Any] = {
        "title": "Strobe",
        "artists": ("deadmau5",),
        "album": "For Lack of a Better Name",
        "duration": 634,
        "played_at": int(START) - 3600,
    }
    return ScrobbleDraft(**(listen | values))


_hash = cache(passwords.make_hash)
