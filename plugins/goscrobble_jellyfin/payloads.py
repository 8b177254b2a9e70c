"""What Jellyfin's webhook plugin posts, as far as we read it. Times and units are theirs; nothing is decided here.

Three writers make these bodies: "Send All Properties" (typed JSON), a template of the administrator (text that should
become JSON) and a form. In the last two every value is a string, and what is unknown is empty. So each field takes
whatever it can be read from. Of the optional ones, nonsense is as good as nothing: this sender never tries again, and
a play must not be lost over a bad frill.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from goscrobble.plugins import Sentence


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(Sentence("must be text"))  # noqa: TRY004 - pydantic turns only ValueError into an answer
    text = str(value).strip()  # a template may render a title such as 1979 without quotes
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(Sentence("contains half of a surrogate pair"))
    return text or None


def _text_or_nothing(value: Any) -> str | None:
    try:
        return _text(value)
    except ValueError:
        return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _flag(value: Any) -> bool:
    return bool(value == 1) or (isinstance(value, str) and value.strip().casefold() in ("true", "1"))


Text = Annotated[str | None, BeforeValidator(_text)]  # a wrong type is the sender's error
Hint = Annotated[str | None, BeforeValidator(_text_or_nothing)]  # a wrong type is nothing
Number = Annotated[float | None, BeforeValidator(_number)]  # finite, 0 or more
Flag = Annotated[bool, BeforeValidator(_flag)]


class Webhook(BaseModel):
    """One request: something a player does (`NotificationType` says what), or, without that, one play."""

    model_config = ConfigDict(alias_generator=to_pascal, extra="ignore", frozen=True)

    notification_type: Text = None  # PlaybackStart, PlaybackProgress, PlaybackStop, UserDataSaved, ItemAdded, …
    item_type: Text = None  # Audio, MusicAlbum, Episode, …
    name: Text = None
    artist: Text = None  # the first one only
    album: Text = None

    utc_timestamp: Hint = None  # 2023-09-26T14:18:17.8399533Z
    run_time_ticks: Number = None  # of 100 nanoseconds; 0 when unknown
    run_time: Hint = None  # hh:mm:ss, wraps at 24 hours
    playback_position_ticks: Number = None  # same; 0 when unknown
    playback_position: Hint = None
    is_paused: Flag = False
    played_to_completion: Flag = False  # Jellyfin's own rule, about 90 %; sent with PlaybackStop

    server_id: Hint = None
    user_id: Hint = None
    username: Hint = None  # as documented
    notification_username: Hint = None  # as sent
    device_id: Hint = None
    device_name: Hint = None
    client_name: Hint = None
    item_id: Hint = None

    release_track_mbid: Hint = Field(None, alias="Provider_musicbrainztrack")
    release_mbid: Hint = Field(None, alias="Provider_musicbrainzalbum")
    release_group_mbid: Hint = Field(None, alias="Provider_musicbrainzreleasegroup")
    artist_mbids: Hint = Field(None, alias="Provider_musicbrainzartist")  # one, or several: `a;b`
    album_artist_mbids: Hint = Field(
        None, alias="Provider_musicbrainzalbumartist"
    )  # likewise; their names are not told


# ---- bodies that are not quite JSON ----

_TOKENS = re.compile(
    r"""
      (?P<string> " (?:[^"\\] | \\.)*+ "? )
    | (?P<word> \b (?:True|False) \b )
    | (?P<gap> : (?=\s*[,}]) )
    | (?P<comma> , (?=\s*[}\]]) )
    """,
    re.VERBOSE | re.DOTALL,
)
_BACKSLASHES = re.compile(r"""\\ (?: ["\\/bfnrt] | u[0-9a-fA-F]{4} | (?P<rest> ) )""", re.VERBOSE)


def repair(text: str) -> str:
    r"""Return a template's output as JSON: mends bare `True` and `False`, empty values, spare commas, lone backslashes.

    A backslash that begins no escape of JSON stands for itself, so `\&quot;` arrives as text and is undone with the
    other entities. Takes time linear in the text.
    """
    return _TOKENS.sub(_mended, text)


def _mended(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "word":
            return token[0].lower()
        case "gap":
            return ": null"
        case "comma":
            return ""
        case _:
            return _BACKSLASHES.sub(lambda escape: r"\\" if escape["rest"] is not None else escape[0], token[0])
