"""Theirs to ours: what is listed as playing. Pure: the same answer and time always give the same values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from goscrobble.plugins import ScrobbleDraft, Sentence, TrackIds
from goscrobble_navidrome.payloads import Answer, Artist, Entry

MINUTE = 60
LONGEST = 2**31 - 1  # seconds; the core refuses such a length with a sentence
STALE_AFTER, STALE_PART = 60, 0.05  # seconds, and part of its length, for which a track may be listed after its end
STALE_UNKNOWN = 3600  # seconds, of a track of unknown length
SLOWEST, FASTEST = 0.25, 4.0
MOST = 20  # tracks that one listener has on at once, on all players; more is no listening
MUSIC = {None, "music", "song"}
STATES = {None: "playing", "playing": "playing", "paused": "paused", "starting": "starting"}

State = Literal["starting", "playing", "paused"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A track that a listener's player has on, as the server lists it. Times are Unix seconds, lengths seconds."""

    item: str
    draft: ScrobbleDraft  # names the track; `played_at` means nothing
    player: str  # the app's name, "" where it has none: two players may share it
    state: State
    tells: bool  # whether the server knows what the player does, or only when it began
    began: tuple[float, float]  # between which times; exact where both are nearly the same
    position: float | None  # where in the track, if told
    rate: float  # 2.0 plays twice as fast


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is playing and cannot be a listen."""

    item: str
    what: str
    reason: str


def normalise(answer: Answer, username: str, asked: float, now: float) -> tuple[list[Listed], list[Skipped]]:
    """Return what this user plays, and what of it is no music that could be kept.

    Everybody's playing is listed. `asked` and `now` are when the question was sent and the answer was there.
    """
    listed: list[Listed] = []
    skipped: list[Skipped] = []
    for entry in answer.now_playing.entry:
        state = STATES.get(entry.state and entry.state.casefold())
        if (entry.username or "").casefold() != username.casefold() or state is None or _is_stale(entry):
            continue
        if len(listed) + len(skipped) >= MOST:
            break
        artists = _artists(entry)
        if reason := _why_not(entry, artists):
            skipped.append(Skipped(_item(entry), entry.title or "", reason))
        else:
            listed.append(_listed(entry, artists, state, (asked, now), answer.type))  # type: ignore[arg-type] # one of STATES
    return listed, skipped


def _listed(
    entry: Entry, artists: tuple[str, ...], state: State, between: tuple[float, float], server: str | None
) -> Listed:
    return Listed(
        item=_item(entry),
        draft=ScrobbleDraft(
            title=entry.title or "",
            artists=artists,
            album=_known(entry.album),
            album_artists=_names(entry.album_artists),
            duration=_duration(entry),
            ids=_ids(entry),
            origin="navidrome" if (server or "").casefold() == "navidrome" else None,
            played_at=int(between[1]),
        ),
        player=entry.player_name or "",
        state=state,
        tells=entry.state is not None,
        began=_began(entry, between),
        position=_position(entry),
        rate=_rate(entry.playback_rate),
    )


def _rate(told: float | None) -> float:
    """Return how fast a player plays; what no player can is not believed."""
    return told if told is not None and SLOWEST <= told <= FASTEST else 1.0


def _why_not(entry: Entry, artists: tuple[str, ...]) -> str:
    """Return why an entry can be no listen, as a sentence; "" if it can."""
    kinds = {(kind or "").casefold() or None for kind in (entry.type, entry.media_type)}
    if entry.is_video or not kinds <= MUSIC:
        kind = "video" if entry.is_video else next(str(kind) for kind in (entry.type, entry.media_type) if kind)
        return Sentence("This is of the type %(type)s; only music is kept.", type=kind[:40])
    if not entry.title:
        return Sentence("It has no title.")
    return "" if artists else Sentence("Its file has no artist tag.")


def _is_stale(entry: Entry) -> bool:
    """Whether it must be over long since: not every server notices that a player has stopped."""
    if entry.minutes_ago is None or (entry.state or "").casefold() == "paused":
        return False
    duration, position = _duration(entry), _position(entry)
    if position is not None and (duration is None or position < duration - 1):
        return False
    longest = duration * (1 + STALE_PART) + STALE_AFTER if duration else STALE_UNKNOWN
    return entry.minutes_ago * MINUTE > longest


def _item(entry: Entry) -> str:
    """Return a short name of the track: its id there, or its names where it has none."""
    parts = [entry.id] if entry.id else [entry.title, entry.artist, entry.album]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


# ---- names ----

_UNKNOWN = re.compile(r"\[(?:unknown(?: artist| album)?|non-album tracks)\]", re.IGNORECASE)  # Navidrome, supysonic
_JOINED = " • "


def _known(name: str | None) -> str | None:
    return None if name is None or _UNKNOWN.fullmatch(name) else name


def _artists(entry: Entry) -> tuple[str, ...]:
    return _names(entry.artists) or _split(entry.artist) or _split(entry.display_artist)


def _names(artists: Sequence[Artist]) -> tuple[str, ...]:
    return tuple(name for artist in artists if (name := _known(artist.name)))


def _split(joined: str | None) -> tuple[str, ...]:
    return tuple(name for part in (joined or "").split(_JOINED) if (name := _known(part.strip() or None)))


# ---- times and lengths ----


def _began(entry: Entry, between: tuple[float, float]) -> tuple[float, float]:
    """Return between which times it began: whole minutes are rounded down, fractions are exact to a second."""
    asked, now = between
    if entry.minutes_ago is not None:
        ago = entry.minutes_ago * MINUTE
        return (asked - ago - (MINUTE if isinstance(entry.minutes_ago, int) else 1), now - ago)
    position = _position(entry)
    return (0.0, now) if position is None else (asked - position - MINUTE, now - position)


def _position(entry: Entry) -> float | None:
    if entry.position_ms is None or entry.position_ms > LONGEST * 1000:
        return None
    position, duration = entry.position_ms / 1000, _duration(entry)
    return min(position, duration) if duration else position


def _duration(entry: Entry) -> int | None:
    return min(int((entry.duration or 0) + 0.5), LONGEST) or None


# ---- identifiers ----

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")


def _ids(entry: Entry) -> TrackIds:
    mbid = (entry.music_brainz_id or "").lower()
    codes = (code.replace("-", "").upper() for code in entry.isrc)
    return TrackIds(
        recording_mbid=mbid if _UUID.fullmatch(mbid) else None,
        isrc=next(filter(_ISRC.fullmatch, codes), None),
    )
