"""Theirs to ours: what a webhook of Jellyfin means. Pure: the same payload and time always give the same value."""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
from datetime import UTC
from typing import Any

from pydantic import ValidationError

from goscrobble.plugins import BadInput, Playing, ScrobbleDraft, Sentence, Stamp, TrackIds, explain, read_moment
from goscrobble_jellyfin.payloads import Webhook

EVENTS = ("playbackstart", "playbackprogress", "playbackstop")
AUDIO = "audio"
TICKS = 10_000_000  # a second
AHEAD_ALLOWED = 3600  # seconds; a clock further ahead is wrong
VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"  # MusicBrainz's artist of compilations
LONGEST = 2**31 - 1  # seconds; the core refuses such a length with a sentence


def is_event(payload: Any) -> bool:
    """Return whether this is one of the plugin's own events, which come in bursts, not a single documented call."""
    kind = payload.get("NotificationType") if isinstance(payload, dict) else None
    return isinstance(kind, str) and bool(kind.strip())


def normalise(payload: Any, now: float) -> ScrobbleDraft | Playing | None:
    """Return the play or the player's event that was told, or None where there is nothing to note.

    `now` is the time of arrival, Unix seconds. Raises BadInput naming the field that is missing or wrong.
    """
    webhook = _read(payload)
    kind = (webhook.notification_type or "").casefold()
    if kind and kind not in EVENTS:
        return None
    if webhook.item_type is None and kind:
        raise BadInput("ItemType is missing")
    if (webhook.item_type or AUDIO).casefold() != AUDIO:
        return None
    told_at = _moment(webhook.utc_timestamp, now)
    if kind:
        return _event(webhook, kind, told_at or now)
    if told_at is None:
        return _draft(webhook, now, Stamp.ARRIVAL)
    return _draft(webhook, told_at, Stamp.EITHER_START)


def listener(payload: Any) -> str | None:
    """Return the name of the Jellyfin user that a payload is about, None where it names nobody."""
    webhook = _read(payload)
    return webhook.notification_username or webhook.username


def why_not(payload: Any) -> str | None:
    """Return why nothing is made of a payload, as a sentence; None for what comes too often or never is a play."""
    webhook = _read(payload)
    if (webhook.notification_type or "").casefold() in ("playbackstart", "playbackstop") and webhook.item_type:
        return Sentence("This was of the type %(type)s; only Audio is kept.", type=webhook.item_type[:40])
    return None


def _read(payload: Any) -> Webhook:
    if not isinstance(payload, dict):
        raise BadInput("Invalid JSON")
    try:
        return Webhook.model_validate(payload)
    except ValidationError as error:
        raise BadInput(explain(error)) from None


def _draft(webhook: Webhook, at: float, stamp: Stamp) -> ScrobbleDraft:
    title, artist = _name(webhook.name), _name(webhook.artist)
    if not title:
        raise BadInput("Name is missing")
    if not artist:
        raise BadInput("Artist is missing", about=title)
    return ScrobbleDraft(
        title=title,
        artists=(artist,),
        album=_name(webhook.album),
        album_artists=_album_artists(webhook, artist),
        played_at=int(at),
        stamp=stamp,
        duration=_duration(webhook),
        ids=_ids(webhook),
        origin="jellyfin",
        client=_name(webhook.client_name) or "",
    )


def _event(webhook: Webhook, kind: str, at: float) -> Playing:
    draft = _draft(webhook, at, Stamp.START)
    listener = webhook.user_id or webhook.username or webhook.notification_username
    stopped = kind == "playbackstop"
    completed = stopped and webhook.played_to_completion
    return Playing(
        player=_key(webhook.server_id, listener, webhook.device_id),
        item=_key(webhook.item_id) if webhook.item_id else _key(draft.title, *draft.artists, draft.album),
        draft=draft,
        state="stopped" if stopped else "paused" if webhook.is_paused else "playing",
        at=at,
        position=_position(webhook, completed=completed),
        completed=completed,
        starts=kind == "playbackstart",
    )


def _key(*parts: str | None) -> str:
    """Return a short name of these parts: device ids are long, and nobody's business on a public page."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


# ---- names ----

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def _name(text: str | None) -> str | None:
    r"""Return a name without what templates (`&quot;`) and the plugin (`\"`, in some fields) put around quotes."""
    if text is None:
        return None
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text).replace('\\"', '"').strip() or None


# ---- times and lengths ----

_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")


def _moment(text: str | None, now: float) -> float | None:
    """Return the time told, Unix seconds; None if there is none, or none to believe."""
    if text is None or not _DATE_AND_TIME.match(text):
        return None
    try:
        moment = read_moment(text)
    except ValueError:
        return None
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if 0 < seconds <= now + AHEAD_ALLOWED else None  # .NET's "no time" is the year 1


def _position(webhook: Webhook, *, completed: bool) -> float | None:
    position = _seconds(webhook.playback_position_ticks, webhook.playback_position)
    if position is None or position > LONGEST or (completed and not position):
        return None  # 0 after a whole track: the player told none
    return position


def _duration(webhook: Webhook) -> int | None:
    seconds = _seconds(webhook.run_time_ticks or None, webhook.run_time)
    return min(math.floor(seconds + 0.5), LONGEST) or None if seconds else None


def _seconds(ticks: float | None, clock: str | None) -> float | None:
    if ticks is not None:
        return ticks / TICKS
    found = _CLOCK.fullmatch(clock or "")
    return sum(int(part) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else None


# ---- identifiers ----

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _ids(webhook: Webhook) -> TrackIds:
    return TrackIds(
        release_track_mbid=_mbid(webhook.release_track_mbid),
        release_mbid=_mbid(webhook.release_mbid),
        release_group_mbid=_mbid(webhook.release_group_mbid),
        artist_mbids=_mbids(webhook.artist_mbids),
    )


def _album_artists(webhook: Webhook, artist: str) -> tuple[str, ...]:
    """Return whom the album is by, as far as the ids tell: names of album artists are not sent."""
    album_artists, artists = _mbids(webhook.album_artist_mbids), _mbids(webhook.artist_mbids)
    if VARIOUS_ARTISTS in album_artists:
        return ("Various Artists",)
    return (artist,) if album_artists and album_artists[:1] == artists[:1] else ()


def _mbids(text: str | None) -> tuple[str, ...]:
    return tuple(filter(None, map(_mbid, re.split(r"[;,/\s]+", text or ""))))


def _mbid(text: str | None) -> str | None:
    lowered = (text or "").strip().lower()
    return lowered if _UUID.fullmatch(lowered) else None
