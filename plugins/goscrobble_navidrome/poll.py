"""Asks a server what its listener plays, every so often, and remembers it until the next time."""

from __future__ import annotations

from pydantic import BaseModel, ValidationError

from goscrobble.plugins import NotAuthorized, Playing, Polled, SourceAccount
from goscrobble_navidrome.client import ask, identity, kept_credentials
from goscrobble_navidrome.listening import Memory, follow
from goscrobble_navidrome.normalise import normalise

TOLD = "told"  # the key of our note
IDLE, BUSY = 60.0, 15.0  # seconds between two polls: when nothing plays, when something does


def poll(account: SourceAccount) -> Polled:
    """Return what players did since the last poll. The cursor is what is remembered of it.

    Events are told before the cursor is stored. So they are written down first: who is killed in between finds the same
    ones again, at the same times, and not others that would count as new.
    """
    credentials = kept_credentials(account)
    if credentials is None:
        raise NotAuthorized("Sign in again: the password is needed once more")
    asked = account.now()
    answer = ask(account, "getNowPlaying", credentials)
    now = account.now()
    listed, skipped = normalise(answer, account.settings.username, asked, now)
    memory, untold = _remembered(account)
    events, news, memory = follow(memory, listed, skipped, now)
    for one in news:
        account.note("ignored", one.reason, one.what)
    told = Told(after=account.cursor, events=(*untold, *events), memory=memory)
    if told.events:
        account.values.put(TOLD, told.model_dump(mode="json", exclude_defaults=True))
    pause = BUSY if any(entry.state != "paused" for entry in listed) else IDLE
    return Polled(playing=told.events, cursor=memory.model_dump_json(exclude_defaults=True), again_in=pause)


class Told(BaseModel):
    """What was told by the poll that began at the cursor `after`, and what it remembered."""

    after: str | None
    events: tuple[Playing, ...]
    memory: Memory


def _remembered(account: SourceAccount) -> tuple[Memory, tuple[Playing, ...]]:
    """Return what was remembered last, and what was perhaps not told then."""
    who = tuple(identity(account.settings))
    try:
        memory, untold = Memory.model_validate_json(account.cursor or "{}"), tuple[Playing, ...]()
        if (kept := account.values.get(TOLD)) is not None and kept.get("after") == account.cursor:
            told = Told.model_validate(kept)
            memory, untold = told.memory, told.events
    except ValidationError:  # another version of this plugin wrote it
        memory, untold = Memory(), ()
    return (memory, untold) if memory.identity == who else (Memory(identity=who), ())
