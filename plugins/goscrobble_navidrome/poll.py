"""Asks a server what its listener plays, every so often, and remembers it until the next time."""

from __future__ import annotations

from pydantic import ValidationError

from goscrobble.plugins import NotAuthorized, Polled, SourceAccount
from goscrobble_navidrome.client import ask, identity, kept_credentials
from goscrobble_navidrome.listening import Memory, follow
from goscrobble_navidrome.normalise import normalise

IDLE, BUSY = 60.0, 15.0  # seconds between two polls: when nothing plays, when something does


def poll(account: SourceAccount) -> Polled:
    """Return what players did since the last poll. The cursor is what is remembered of it."""
    credentials = kept_credentials(account)
    if credentials is None:
        raise NotAuthorized("Sign in again: the password is needed once more")
    asked = account.now()
    answer = ask(account, "getNowPlaying", credentials)
    now = account.now()
    listed, skipped = normalise(answer, account.settings.username, asked, now)
    events, news, memory = follow(_remembered(account), listed, skipped, now)
    for one in news:
        account.note("ignored", one.reason, one.what)
    is_busy = any(entry.state != "paused" for entry in listed)
    return Polled(
        playing=events, cursor=memory.model_dump_json(exclude_defaults=True), again_in=BUSY if is_busy else IDLE
    )


def _remembered(account: SourceAccount) -> Memory:
    who = tuple(identity(account.settings))
    try:
        memory = Memory.model_validate_json(account.cursor or "{}")
    except ValidationError:  # another version of this plugin wrote it
        memory = Memory()
    return memory if memory.identity == who else Memory(identity=who)
