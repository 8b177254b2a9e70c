"""What counts as a listen, and which drafts cannot be kept."""

from __future__ import annotations

from goscrobble.domain.drafts import NO_IDS, ScrobbleDraft, TrackIds
from goscrobble.domain.names import clean
from goscrobble.domain.sentences import Sentence

EARLIEST = 1009843200  # 2002-01-01: before the first scrobbler, so a broken clock
FUTURE_ALLOWED = 3600  # seconds a source's clock may be ahead
HALF_CAP = 240  # four minutes are enough of any track
LONGEST = 7 * 86400  # seconds; a longer "track" is a mistake of unit
MOST_ARTISTS = 50
LONGEST_ID = 64  # characters


def heard_enough(heard: float, duration: float | None) -> bool:
    """Return whether `heard` seconds of a track make a listen: half of it, or four minutes."""
    return heard >= threshold(duration)


def threshold(duration: float | None) -> float:
    """Return the seconds that must be heard of a track of this length (None: unknown)."""
    return min(duration / 2, HALF_CAP) if duration else HALF_CAP


def tidy(draft: ScrobbleDraft) -> ScrobbleDraft:
    """Return the draft with clean names; empty and repeated artists dropped, an empty album None.

    Raises ValueError with a sentence for the sender.
    """
    artists = _names(draft.artists, "Artist")
    album = _name(draft.album, "Album") if draft.album is not None else None
    return draft.model_copy(
        update={
            "title": _name(draft.title, "Track"),
            "artists": artists,
            "album": album or None,
            "album_artists": _names(draft.album_artists, "Album artist"),
            "duration": draft.duration or None,
            "listened": draft.listened or None,
            "client": _name(draft.client, "Client")[:60],
            "ids": _ids(draft.ids),
        }
    )


def judge(draft: ScrobbleDraft, now: float) -> str | None:
    """Return why a tidy draft cannot be kept, as a sentence for the sender, or None. `now` is Unix seconds."""
    if not draft.title:
        return Sentence("Track is missing")
    if not draft.artists:
        return Sentence("Artist is missing")
    if len(draft.artists) > MOST_ARTISTS:
        return Sentence("More than %(most)s artists were given", most=MOST_ARTISTS)
    if draft.played_at > now + FUTURE_ALLOWED:
        return Sentence("The play is more than an hour in the future")
    if draft.played_at < EARLIEST:
        return Sentence("The play is from before 2002")
    if (draft.duration or 0) > LONGEST or (draft.listened or 0) > LONGEST:
        return Sentence("The duration is longer than a week")
    return None


def _ids(ids: TrackIds) -> TrackIds:
    """Return the ids that can be ids at all; a bad one costs nothing but itself."""
    if ids is NO_IDS or ids == NO_IDS:
        return NO_IDS
    kept = {key: value for key, value in ids if isinstance(value, str) and _is_id(value)}
    return TrackIds(**kept, artist_mbids=tuple(filter(_is_id, ids.artist_mbids)))


def _is_id(value: str) -> bool:
    return 0 < len(value) <= LONGEST_ID and value.isascii() and value.isprintable()


def _name(text: str, field: str) -> str:
    try:
        return clean(text)
    except ValueError as error:
        raise ValueError(Sentence("%(field)s %(fault)s", field=Sentence(field), fault=error.args[0])) from None


def _names(texts: tuple[str, ...], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_name(text, field) for text in texts))))
