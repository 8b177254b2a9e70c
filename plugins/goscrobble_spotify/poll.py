"""Asking Spotify: what was played since, and what plays at this moment.

Spotify lists the last 50 plays. Some come hours late, with the time they had, so each poll looks two hours further
back than what it has, and each hour one reads the whole list. What was seen is remembered in the cursor.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from goscrobble.plugins import Playing, Polled, RetryLater, SourceAccount
from goscrobble_spotify.client import Spotify
from goscrobble_spotify.normalise import Entry, Memory, drafts, is_busy, listed, new, on_now, stopped
from goscrobble_spotify.refusals import TROUBLE

PLAYING = 30.0  # seconds between two polls while music plays
IDLE = 120.0
OVERLAP = 7_200_000  # ms
LOOK_BACK = 3600  # seconds between two readings of the whole list

DAY = 86_400  # seconds
CONSENT_LASTS = 182 * DAY  # Spotify ends it after six months
REMIND = 30 * DAY  # before that
REMINDED = "reminded"  # the value that says of which consent


def poll(account: SourceAccount) -> Polled:
    """Return what is new. Raises as `Poller` says."""
    spotify, memory, now = Spotify(account), Memory.read(account.cursor), account.now()
    _remind(account, spotify.tokens.consented_at)
    looks_back = now - memory.looked_back_at >= LOOK_BACK or not memory.newest
    entries = _listed(spotify.recently_played(None if looks_back else memory.newest - OVERLAP), now)
    found = new(entries, memory)
    told = drafts(entries, found, memory)
    for entry in found:
        if entry.draft is None:
            account.note("ignored", entry.why_not, entry.what)
    update: dict[str, Any] = {"looked_back_at": int(now)} if looks_back else {}
    playing: list[Playing] = []
    again_in = IDLE
    try:
        answer = spotify.currently_playing()
    except RetryLater:
        pass  # plays do not wait for it; if the whole of Spotify has trouble, the next poll says so
    else:
        now = account.now()
        event = on_now(answer, now)
        playing = _events(memory, event, now)
        update["playing"] = event.draft if event is not None else None
        again_in = PLAYING if is_busy(answer) else IDLE
    memory = memory.with_seen(found, now).model_copy(update=update)
    return Polled(told, playing, memory.model_dump_json(exclude_defaults=True), again_in)


# ---- parts ----


def _listed(answer: Any, now: float) -> list[Entry]:
    try:
        return listed(answer, now)
    except ValueError:
        raise RetryLater(TROUBLE) from None


def _events(memory: Memory, event: Playing | None, now: float) -> list[Playing]:
    """Return what the player does; that it stopped is told once."""
    if event is not None:
        return [event]
    return [stopped(memory.playing, now)] if memory.playing is not None else []


def _remind(account: SourceAccount, consented_at: float) -> None:
    """Tell the owner a month before Spotify ends what they agreed to, once for each time they did."""
    ends_at = consented_at + CONSENT_LASTS
    date = datetime.fromtimestamp(consented_at, UTC).date().isoformat()
    if account.now() < ends_at - REMIND or account.values.get(REMINDED) == date:
        return
    end = datetime.fromtimestamp(ends_at, UTC)
    account.notify(
        f"consent-{date}",
        f"Spotify lets us see what you play until about {end.day} {end:%B %Y}. "
        "Connect it again before then, on the page below, and nothing is missed.",
    )
    account.values.put(REMINDED, date)
