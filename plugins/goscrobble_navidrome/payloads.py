"""What a Subsonic server answers, as far as we read it. Units are theirs; nothing is decided here.

Servers differ in types: classic ones write a title such as 1979 as a number and a list of one as its element. So each
field takes whatever it can be read from, and nonsense is as good as nothing.
"""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

MOST_ENTRIES = 1000  # of one answer that are read: no server has more people who listen at once


class NoSubsonic(ValueError):
    """This is not what a Subsonic server answers."""


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return None if any("\ud800" <= character <= "\udfff" for character in text) else text or None


def _number(value: Any) -> float | None:
    """Return a number, whole ones as int: that it was written with a point tells how exact it is."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number) or number < 0:
        return None
    return int(number) if isinstance(value, int) or (isinstance(value, str) and value.strip().isdigit()) else number


def _whole(value: Any) -> int:
    number = _number(value)
    return 0 if number is None else int(number)


def _flag(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.strip().casefold() == "true")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _objects(value: Any) -> list[Any]:
    return [one for one in _list(value) if isinstance(one, dict)]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, _list(value))))


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


Text = Annotated[str | None, BeforeValidator(_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Number = Annotated[int | float | None, BeforeValidator(_number)]  # finite, 0 or more
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class _Payload(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class Artist(_Payload):
    """One of a track's artists (OpenSubsonic)."""

    name: Text = None


Artists = Annotated[tuple[Artist, ...], BeforeValidator(_objects)]


class Entry(_Payload):
    """A track that somebody plays there. Subsonic's fields, then those of OpenSubsonic."""

    id: Text = None
    title: Text = None
    artist: Text = None  # several are joined, by Navidrome with a bullet
    album: Text = None
    duration: Number = None  # seconds; absent when unknown
    type: Text = None  # music, podcast, audiobook, video
    is_video: Flag = False
    username: Text = None  # whose playing it is: everybody's is listed
    minutes_ago: Number = None  # since it began: whole, or exact with a point
    player_name: Text = None  # the app's; the number of the player means nothing

    media_type: Text = None  # song, …
    artists: Artists = ()
    display_artist: Text = None
    album_artists: Artists = ()
    music_brainz_id: Text = None  # of the recording
    isrc: Texts = ()
    state: Text = None  # starting, playing, paused, stopped
    position_ms: Number = None  # where in the track
    playback_rate: Number = None


class NowPlaying(_Payload):
    """What everybody plays."""

    entry: Annotated[tuple[Entry, ...], BeforeValidator(lambda value: _objects(value)[:MOST_ENTRIES])] = ()


class Error(_Payload):
    """Why a request failed."""

    code: Whole = 0
    message: Text = None


class Answer(_Payload):
    """What stands in the envelope of every answer."""

    status: Text = None  # ok, failed
    type: Text = None  # the program, if it says so: navidrome
    error: Annotated[Error, BeforeValidator(_object)] = Error()
    now_playing: Annotated[NowPlaying, BeforeValidator(_object)] = NowPlaying()


def read(payload: Any) -> Answer:
    """Return an answer without its envelope. Raises NoSubsonic for what is none."""
    inside = payload.get("subsonic-response") if isinstance(payload, dict) else None
    try:
        answer = Answer.model_validate(inside)
    except ValidationError:
        raise NoSubsonic from None
    if answer.status not in {"ok", "failed"}:
        raise NoSubsonic
    return answer
