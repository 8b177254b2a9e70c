"""Who may see whose listening."""

from dataclasses import replace

import pytest

from goscrobble.domain.accounts import Account, Privacy, may_see

OWNER = Account(
    id=1,
    uuid="7b0a3f0e-0000-4000-8000-000000000001",
    username="ada",
    email="ada@example.org",
    is_admin=False,
    is_mod=False,
    is_disabled=False,
    time_zone="UTC",
    privacy=Privacy.PUBLIC,
    token_version=0,
    created_at=0,
)
OTHER = replace(OWNER, id=2, username="bob")
ADMIN = replace(OWNER, id=3, username="cleo", is_admin=True)
VIEWERS = {"nobody": None, "a member": OTHER, "an admin": ADMIN, "the owner": OWNER}


@pytest.mark.parametrize(
    ("privacy", "seen_by"),
    [
        (Privacy.PUBLIC, {"nobody", "a member", "an admin", "the owner"}),
        (Privacy.MEMBERS, {"a member", "an admin", "the owner"}),
        (Privacy.PRIVATE, {"the owner"}),
    ],
)
def test_listening_is_seen_by_whom_its_owner_lets(privacy, seen_by):
    owner = replace(OWNER, privacy=privacy)
    assert seen_by == {name for name, viewer in VIEWERS.items() if may_see(viewer, owner)}


@pytest.mark.parametrize("privacy", Privacy)
def test_a_disabled_persons_listening_is_seen_by_nobody_else(privacy):
    owner = replace(OWNER, privacy=privacy, is_disabled=True)
    assert {"the owner"} == {name for name, viewer in VIEWERS.items() if may_see(viewer, owner)}
