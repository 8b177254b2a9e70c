"""What is posted to us in multi-scrobbler's name, as far as we read it. Units are theirs; nothing is decided here."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from goscrobble.plugins import Sentence, read_moment


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if not _is_text(value):
        raise ValueError(Sentence("must be text"))
    text = str(value).strip()
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(Sentence("contains half of a surrogate pair"))
    return text or None


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else (value,)
    if not all(one is None or _is_text(one) for one in values):
        raise ValueError(Sentence("must be text or a list of texts"))
    return tuple(filter(None, map(_text, values)))


def _is_text(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(Sentence("must be a number"))
    return number


_DATE_AND_TIME = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _moment(value: Any) -> float | datetime | None:
    try:
        if not isinstance(value, str) or not _DATE_AND_TIME.match(value):
            return _number(value)
        moment = read_moment(value)
    except ValueError:
        raise ValueError(Sentence("must be Unix seconds or an RFC 3339 time")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Text = Annotated[str | None, BeforeValidator(_text)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Number = Annotated[float | None, BeforeValidator(_number)]  # finite
Moment = Annotated[float | datetime | None, BeforeValidator(_moment)]  # Unix seconds or milliseconds; or an aware time

_SPELLINGS = {  # the documented one, then all that are read in any letter case
    "Track": ("track",),
    "Artist": ("artist", "artists"),
    "Album": ("album",),
    "PlayedAt": ("playedat", "playdate"),
    "Duration": ("duration",),
}


class Play(BaseModel):
    """One play. Keys may be spelt as documented or as the original program did, in any letter case."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    track: Text = Field(None, alias="Track")
    artist: Texts = Field((), alias="Artist")
    album: Text = Field(None, alias="Album")
    played_at: Moment = Field(None, alias="PlayedAt")
    duration: Number = Field(None, alias="Duration")  # seconds or milliseconds

    @model_validator(mode="before")
    @classmethod
    def _respelt(cls, sent: dict[str, Any]) -> dict[str, Any]:
        folded: dict[str, Any] = {}
        for key, value in sent.items():
            if value is not None:
                folded.setdefault(key.casefold(), value)
        return {
            documented: _first_told(sent.get(documented), *map(folded.get, others))
            for documented, others in _SPELLINGS.items()
        }


def _first_told(*values: Any) -> Any:
    """Return the first value that tells anything: a list of nothing does not."""
    return next((value for value in values if value is not None and not _is_empty(value)), values[0])


def _is_empty(value: Any) -> bool:
    return value == "" or (isinstance(value, list) and not any(value))
