"""What Spotify's Web API answers, as far as we read it. Units are theirs; nothing is decided here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

Moment = Annotated[datetime, AfterValidator(lambda moment: moment if moment.tzinfo else moment.replace(tzinfo=UTC))]


def _whole(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("contains half of a surrogate pair")
    return text


Text = Annotated[str, AfterValidator(_whole)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Artist(_Answer):
    """Who made it. A local file may name nobody."""

    name: Text | None = None


class Album(_Answer):
    """What it is on; a local file's is ""."""

    name: Text | None = None
    artists: tuple[Artist, ...] | None = None


class ExternalIds(_Answer):
    """What others call it."""

    isrc: Text | None = None


class Track(_Answer):
    """A track; an episode of a podcast where `type` says so. `id` is null for a file of the listener's own."""

    id: Text | None = None
    name: Text | None = None
    type: Text | None = None
    is_local: bool | None = None
    artists: tuple[Artist, ...] | None = None
    album: Album | None = None
    duration_ms: FiniteFloat | None = None
    external_ids: ExternalIds | None = None


class Play(_Answer):
    """An item of recently-played. `played_at` is when it began, or when it ended: nobody knows."""

    track: Track | None = None
    played_at: Moment


class Player(_Answer):
    """What currently-playing answers. `item` is null for advertisements and episodes, `progress_ms` at times."""

    is_playing: bool | None = None
    item: Track | None = None
    progress_ms: FiniteFloat | None = None
    currently_playing_type: Text | None = None


class Grant(_Answer):
    """What the token endpoint answers. A refreshed grant mostly comes without a new refresh token."""

    access_token: str = Field(min_length=1)
    expires_in: FiniteFloat = 3600.0  # seconds
    refresh_token: str | None = None
