"""A person's account as a value, and the one rule of who may see whose listening."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Privacy(StrEnum):
    """Who may see a person's listening."""

    PUBLIC = "public"
    MEMBERS = "members"  # whoever is signed in here
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. `id` stays inside the house; `uuid` is its name outside."""

    id: int
    uuid: str
    username: str
    email: str
    is_admin: bool
    is_mod: bool
    is_disabled: bool
    time_zone: str
    privacy: Privacy
    token_version: int
    created_at: int  # Unix seconds


def may_see(viewer: Account | None, owner: Account) -> bool:
    """Return whether `viewer` (None: not signed in) may see the listening of `owner`; all pages ask this."""
    if viewer is not None and viewer.id == owner.id:
        return True
    if owner.is_disabled:
        return False
    return owner.privacy is Privacy.PUBLIC or (owner.privacy is Privacy.MEMBERS and viewer is not None)
