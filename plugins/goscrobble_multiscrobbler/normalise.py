"""Theirs to ours: what one posted play means. Pure: the same payload and time always give the same value."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from goscrobble.plugins import BadInput, ScrobbleDraft, Stamp, explain
from goscrobble_multiscrobbler.payloads import Play

MILLISECOND_TIMES = 10**11  # Unix seconds reach this in the year 5138
MILLISECOND_LENGTHS = 30_000  # seconds: eight hours of one track are less likely than another unit
LONGEST = 2**31 - 1  # seconds; the core refuses such a length with a sentence


def normalise(payload: Any, now: float) -> ScrobbleDraft:
    """Return the play that was told. `now` is the time of arrival, Unix seconds.

    Raises BadInput naming the field that is missing or wrong.
    """
    play = _read(payload)
    if play.track is None:
        raise BadInput("Track is missing")
    if not play.artist:
        raise BadInput("Artist is missing")
    told_at = _unix_seconds(play.played_at)
    return ScrobbleDraft(
        title=play.track,
        artists=play.artist,
        album=play.album,
        played_at=told_at or int(now),
        stamp=Stamp.EITHER_START if told_at else Stamp.ARRIVAL,
        duration=_duration(play.duration),
    )


def _read(payload: Any) -> Play:
    if not isinstance(payload, dict):
        raise BadInput("A play must be a JSON object")
    try:
        return Play.model_validate(payload)
    except ValidationError as error:
        raise BadInput(explain(error)) from None


def _unix_seconds(told: float | datetime | None) -> int | None:
    if isinstance(told, datetime):
        return _half_up(told.timestamp())
    if told is None:
        return None
    return _half_up(told / 1000 if told >= MILLISECOND_TIMES else told)


def _duration(told: float | None) -> int | None:
    if told is None or told <= 0:
        return None
    return min(_half_up(told / 1000 if told > MILLISECOND_LENGTHS else told), LONGEST) or None


def _half_up(seconds: float) -> int:
    return math.floor(seconds + 0.5)
