"""Theirs to ours: what Spotify's answers mean. Pure: the same answer and time always give the same value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from goscrobble.plugins import Playing, ScrobbleDraft, Sentence, Stamp, TrackIds
from goscrobble_spotify.payloads import Artist, Play, Player, Track

SAME = 30_000  # ms within which two items of one track are one play
AHEAD_ALLOWED = 3_600_000  # ms; what is further ahead waits until our clock or theirs was put right
MOST_REMEMBERED = 100  # plays; Spotify lists the last 50
UNKNOWN_LENGTH = 600  # seconds that a track of unknown length can have
LONGEST = 2**31 - 1  # seconds; the core refuses such a length with a sentence
PLAYER = "spotify"  # an account plays in one place at a time
LOCAL = Sentence("A file of your own: Spotify tells too little of these.")
EPISODE = Sentence("An episode of a podcast is no music.")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Seen(_Value):
    """An item of recently-played that was taken note of."""

    track: str
    at: int  # Unix ms, as Spotify says


class Memory(_Value):
    """What one poll leaves to the next; stored as the cursor, and so with the plays or not at all."""

    newest: int = 0  # Unix ms: the latest play that was told, never ahead of our clock
    looked_back_at: int = 0  # Unix seconds: when the whole list was read last
    seen: tuple[Seen, ...] = ()
    playing: ScrobbleDraft | None = None  # what was on

    @classmethod
    def read(cls, cursor: str | None) -> Memory:
        """Return what a cursor holds; that of another version tells nothing."""
        try:
            return cls.model_validate_json(cursor or "{}")
        except ValidationError:
            return cls()

    def with_seen(self, entries: Iterable[Entry], now: float) -> Memory:
        """Return it with entries that are new."""
        seen = sorted({*self.seen, *(entry.seen for entry in entries)}, key=lambda one: (one.at, one.track))
        newest = max((one.at for one in seen), default=0)
        newest = max(self.newest, min(newest, int(now * 1000)))
        return self.model_copy(update={"newest": newest, "seen": tuple(seen[-MOST_REMEMBERED:])})


class Entry(_Value):
    """An item of recently-played: a listen, or why it is none."""

    seen: Seen
    draft: ScrobbleDraft | None
    what: str = ""  # the track, for a person
    why_not: str = ""


def listed(answer: Any, now: float) -> list[Entry]:
    """Return the items of an answer of recently-played, oldest first; those without a track tell nothing.

    Of equal times the one that Spotify lists further down is the older: one ended as the next began.
    Raises ValueError if it is no such answer. One item that cannot be read does not spoil the others.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
        raise ValueError("not a list of plays")  # noqa: TRY004 - what it is not is a value's fault, not a caller's
    entries = [entry for item in reversed(answer["items"]) if (entry := _entry(item)) is not None]
    ahead = now * 1000 + AHEAD_ALLOWED
    return sorted((one for one in entries if one.seen.at <= ahead), key=lambda one: one.seen.at)


def new(entries: Iterable[Entry], memory: Memory) -> list[Entry]:
    """Return the entries that are not among those seen, nor the same play as one of them or of each other."""
    seen, found = list(memory.seen), []
    for entry in entries:
        if not any(one.track == entry.seen.track and abs(one.at - entry.seen.at) <= SAME for one in seen):
            seen.append(entry.seen)
            found.append(entry)
    return found


def drafts(entries: Sequence[Entry], found: Sequence[Entry], memory: Memory) -> list[ScrobbleDraft]:
    """Return the listens of the entries that were `found` to be new, none of which began before the one before it.

    Whichever moment of a play Spotify stamps, the next one began later. So one that follows sooner than it is long
    either stamps its beginning, or was skipped: then that is all that can have been heard of it. An item that comes
    late bounds the one after it, which is told again.
    """
    fresh = {entry.seen for entry in found}
    listed_now = [entry.seen for entry in entries if entry.seen in fresh or entry.seen in memory.seen]
    elsewhere = (seen for seen in memory.seen if seen not in listed_now)
    known = sorted((*elsewhere, *listed_now), key=lambda seen: seen.at)
    before = {later: earlier for earlier, later in pairwise(known)}
    told = []
    for entry in entries:
        earlier = before.get(entry.seen)
        if entry.draft is None or not (entry.seen in fresh or earlier in fresh):
            continue
        draft = _bounded(entry.draft, earlier)
        if entry.seen in fresh or draft != entry.draft:
            told.append(draft)
    return told


def on_now(answer: Any, now: float) -> Playing | None:
    """Return what plays by an answer of currently-playing, None for nothing or nothing of ours."""
    player = _player(answer)
    if player is None or player.item is None or _why_not(player.item) or player.currently_playing_type == "episode":
        return None
    draft = _draft(player.item, int(now), Stamp.START)
    return _event(draft, "playing" if player.is_playing else "paused", now, _position(player.progress_ms))


def stopped(draft: ScrobbleDraft, now: float) -> Playing:
    """Return that this track is on no more."""
    return _event(draft, "stopped", now, None)


def is_busy(answer: Any) -> bool:
    """Return whether music plays, or an advertisement between two tracks: there will be more to ask about soon."""
    player = _player(answer)
    return bool(player and player.is_playing and player.currently_playing_type != "episode")


# ---- parts ----


def _entry(item: Any) -> Entry | None:
    try:
        play = Play.model_validate(item)
    except ValidationError:
        return None
    if play.track is None:
        return None
    at = math.floor(play.played_at.timestamp() * 1000 + 0.5)
    seen = Seen(track=play.track.id or f"local:{play.track.name}", at=at)
    if reason := _why_not(play.track):
        return Entry(seen=seen, draft=None, what=play.track.name or "", why_not=reason)
    return Entry(seen=seen, draft=_draft(play.track, _seconds(at), Stamp.EITHER))


def _bounded(draft: ScrobbleDraft, earlier: Seen | None) -> ScrobbleDraft:
    if earlier is None:
        return draft
    apart = max(draft.played_at - _seconds(earlier.at), 1)
    return draft.model_copy(update={"listened": apart}) if apart < (draft.duration or UNKNOWN_LENGTH) else draft


def _player(answer: Any) -> Player | None:
    try:
        return Player.model_validate(answer)
    except ValidationError:
        return None


def _why_not(track: Track) -> str:
    if track.type == "episode":
        return EPISODE
    return LOCAL if track.is_local or not track.id else ""


def _draft(track: Track, at: int, stamp: Stamp) -> ScrobbleDraft:
    album = track.album
    return ScrobbleDraft(
        title=track.name or "",
        artists=_names(track.artists),
        album=album.name if album else None,
        album_artists=_names(album.artists) if album else (),
        played_at=at,
        stamp=stamp,
        duration=_duration(track.duration_ms),
        ids=TrackIds(spotify=track.id, isrc=_isrc(track)),
        origin="spotify",
    )


def _event(draft: ScrobbleDraft, state: Any, now: float, position: float | None) -> Playing:
    return Playing(
        player=PLAYER,
        item=draft.ids.spotify or "",
        draft=draft,
        state=state,
        at=now,
        position=position,
        shown_only=True,  # what counts is in Spotify's own list: no private session is, and nothing twice
    )


def _names(artists: tuple[Artist, ...] | None) -> tuple[str, ...]:
    return tuple(artist.name for artist in artists or () if artist.name)


def _position(told: float | None) -> float | None:
    """Return the seconds of milliseconds, None for what no player can have reached."""
    return None if told is None or told / 1000 > LONGEST else max(told, 0) / 1000


def _duration(told: float | None) -> int | None:
    if told is None or told <= 0:
        return None
    return min(_seconds(told), LONGEST) or None


def _seconds(milliseconds: float) -> int:
    return math.floor(milliseconds / 1000 + 0.5)


_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def _isrc(track: Track) -> str | None:
    told = (track.external_ids.isrc or "") if track.external_ids else ""
    isrc = told.upper().replace("-", "")
    return isrc if _ISRC.fullmatch(isrc) else None
