"""One's own plays: submit, look at, edit, delete, restore, split, merge."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import NO_IDS, ScrobbleDraft, Stamp, TrackIds
from goscrobble.domain.moments import read_moment
from goscrobble.domain.rules import EARLIEST
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Stored
from goscrobble.domain.validation import explain
from goscrobble.errors import BadInput, NotFound
from goscrobble.services import corrections, history, ids, ingest
from goscrobble.services.ids import PublicIds
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe
from goscrobble.web.api.shapes import Scrobble
from goscrobble.web.body import Text, json_body

blueprint = Blueprint("api_scrobbles", __name__, url_prefix="/api/v1")

MOST = 1000  # plays of one request
_LATEST = 2**40  # Unix seconds; a time beyond is not one
_MBID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_SPOTIFY = re.compile(r"[0-9A-Za-z]{22}")


def _seconds(value: Any) -> Any:
    """Unix seconds of a number or an RFC 3339 time."""
    if isinstance(value, str):
        try:
            told = read_moment(value)
        except ValueError:
            raise ValueError("must be Unix seconds or an RFC 3339 time") from None
        if told.tzinfo is None:
            raise ValueError("must name its time zone, like 2026-11-22T06:06:00Z")
        return _rounded(told.timestamp())
    return _rounded(value)


def _rounded(value: Any) -> Any:
    return int(value + 0.5) if isinstance(value, float) and abs(value) < _LATEST else value


Moment = Annotated[int, BeforeValidator(_seconds, json_schema_input_type=int | datetime)]
Length = Annotated[int, BeforeValidator(_rounded, json_schema_input_type=float), Field(ge=0, le=2**31 - 1)]


def _known_ids(value: Any) -> TrackIds:
    """Return what can be ids at all: unknown keys and odd values cost nothing but themselves."""
    if value is None or isinstance(value, TrackIds):
        return value or NO_IDS
    if not isinstance(value, dict):
        raise ValueError("must be an object")  # noqa: TRY004 - pydantic takes no other for a bad value
    told: dict[str, Any] = {
        key: one for key, one in value.items() if key in TrackIds.model_fields and isinstance(one, str)
    }
    artists = value.get("artist_mbids")
    told["artist_mbids"] = tuple(one for one in artists if isinstance(one, str)) if isinstance(artists, list) else ()
    return TrackIds(**told)


Ids = Annotated[TrackIds, BeforeValidator(_known_ids, json_schema_input_type=dict[str, Any] | None)]


class Listen(BaseModel):
    """A listen to store. Times are Unix seconds or RFC 3339, lengths seconds."""

    track: str
    artists: list[str] = Field(min_length=1)
    album: str | None = None
    played_at: Moment
    duration: Length | None = None
    listened: Length | None = None
    ids: Ids = Field(default=NO_IDS, description="What is malformed among them is left out.")

    def draft(self, stamp: Stamp) -> ScrobbleDraft:
        """Return it as `ingest` takes it."""
        return ScrobbleDraft(
            title=self.track,
            artists=tuple(self.artists),
            album=self.album,
            played_at=self.played_at,
            duration=self.duration,
            listened=self.listened,
            ids=_well_formed(self.ids),
            stamp=stamp,
        )


class Listens(BaseModel):
    """Up to 1000 listens. Each has an outcome of its own; what is wrong with one does not touch the others."""

    scrobbles: list[Listen] = Field(min_length=1, max_length=MOST)


class _RawListens(BaseModel):
    scrobbles: list[Any] = Field(min_length=1, max_length=MOST)


class ListenOutcome(BaseModel):
    """What became of one listen."""

    status: Literal["stored", "duplicate", "rejected"]
    scrobble: Scrobble | None = Field(description="The play, unless its owner deleted it.")
    error: str | None


class ListenOutcomes(BaseModel):
    """One outcome per listen, in order."""

    outcomes: list[ListenOutcome]


class Change(BaseModel):
    """What shall be different; an empty album takes the album away."""

    track: Annotated[str, Text(5000)] | None = None
    artists: list[Annotated[str, Text(5000)]] | None = Field(default=None, min_length=1, max_length=50)
    album: Annotated[str, Text(5000)] | None = None
    played_at: Moment | None = None


class Voices(BaseModel):
    """Which of the sources that told this play heard another listen."""

    sources: list[Annotated[str, Text(120)]] = Field(min_length=1, max_length=50)


class Into(BaseModel):
    """The play that is kept."""

    into: Annotated[str, Text(40)]


@blueprint.post("/scrobbles")
@describe(
    tags=["Scrobbles"],
    summary="Store listens",
    body=Listens,
    answers={200: ListenOutcomes},
    auth="write",
    example={"scrobbles": [{"track": "Jóga", "artists": ["Björk"], "played_at": 1790000000, "duration": 305}]},
)
def submit() -> dict[str, Any]:
    """Store listens of the caller's own; with an API token it is a source like any other."""
    context, body, core = auth.require("write"), json_body(_RawListens), current_core()
    by_hand = context.token_uuid is None
    stamp = Stamp.SELF if by_hand else Stamp.START
    parsed = [_parse(item, stamp) for item in body.scrobbles]
    drafts = [item for item in parsed if isinstance(item, ScrobbleDraft)]
    source, voice = (ingest.SELF, "") if by_hand else ("api", context.token_uuid or "")
    stored = iter(ingest.submit(core, context.account.id, drafts, source=source, voice=voice))
    outcomes: list[Outcome] = [next(stored) if isinstance(item, ScrobbleDraft) else item for item in parsed]
    numbers = sorted({play for outcome in outcomes if (play := _play(outcome)) is not None})
    shown = {play.id: play for play in history.by_ids(core, context.account.id, numbers)}
    own_ids = ids.of(core)
    answers = [_answer(outcome, shown, own_ids) for outcome in outcomes]
    return ListenOutcomes(outcomes=answers).model_dump(mode="json")


def _parse(item: Any, stamp: Stamp) -> ScrobbleDraft | Rejected:
    try:
        return Listen.model_validate(item).draft(stamp)
    except ValidationError as error:
        return Rejected(explain(error, "The listen"))


def _well_formed(ids: TrackIds) -> TrackIds:
    """Drop what is no identifier: a bad tag must not cost the listen."""
    if ids == NO_IDS:
        return NO_IDS
    artists = tuple(_one(mbid.lower(), _MBID) for mbid in ids.artist_mbids)
    return TrackIds(
        recording_mbid=_one((ids.recording_mbid or "").lower(), _MBID),
        release_track_mbid=_one((ids.release_track_mbid or "").lower(), _MBID),
        release_mbid=_one((ids.release_mbid or "").lower(), _MBID),
        release_group_mbid=_one((ids.release_group_mbid or "").lower(), _MBID),
        artist_mbids=tuple(filter(None, artists)) if all(artists) else (),  # else nobody knows whose the others are
        isrc=_one((ids.isrc or "").upper().replace("-", ""), _ISRC),
        spotify=_one(ids.spotify or "", _SPOTIFY),
    )


def _one(text: str, form: re.Pattern[str]) -> str | None:
    return text if form.fullmatch(text) else None


def _play(outcome: Outcome) -> int | None:
    match outcome:
        case Stored(play) | Duplicate(play):
            return play
        case Rejected():
            return None


def _answer(outcome: Outcome, shown: dict[int, Any], own_ids: PublicIds) -> ListenOutcome:
    if isinstance(outcome, Rejected):
        return ListenOutcome(status="rejected", scrobble=None, error=outcome.reason)
    play = shown.get(_play(outcome) or 0)
    status: Literal["stored", "duplicate"] = "stored" if isinstance(outcome, Stored) else "duplicate"
    return ListenOutcome(status=status, scrobble=None if play is None else Scrobble.of(play, own_ids), error=None)


@blueprint.get("/scrobbles/<play_id>")
@describe(tags=["Scrobbles"], summary="A play of yours", answers={200: Scrobble}, auth="read")
def show(play_id: str) -> dict[str, Any]:
    """Answer one play of the caller's."""
    return _shown(auth.require("read").account, play_id)


@blueprint.patch("/scrobbles/<play_id>")
@describe(
    tags=["Scrobbles"],
    summary="Edit a play of yours",
    body=Change,
    answers={200: Scrobble},
    auth="write",
    errors=(409,),
    example={"track": "Jóga", "played_at": "2026-09-21T14:13:20Z"},
)
def edit(play_id: str) -> dict[str, Any]:
    """Edit a play; what sources tell of it later changes nothing any more."""
    account, body, core = auth.require("write").account, json_body(Change), current_core()
    play = history.find(core, account, play_id)
    if body.played_at is not None and body.played_at < EARLIEST:
        raise BadInput("The play is from before 2002")
    values = corrections.Edit(
        title=body.track,
        artists=None if body.artists is None else tuple(body.artists),
        album=body.album,
        played_at=body.played_at,
    )
    corrections.edit(core, account.id, play.id, values, corrections.as_shown(play))
    return _shown(account, play_id)


@blueprint.delete("/scrobbles/<play_id>")
@describe(tags=["Scrobbles"], summary="Delete a play of yours", auth="write")
def delete(play_id: str) -> dict[str, Any]:
    """Delete a play; it can be restored for 30 days, and does not come back when it is told again."""
    corrections.delete(current_core(), auth.require("write").account.id, _id(play_id))
    return {"message": "Scrobble deleted"}


@blueprint.post("/scrobbles/<play_id>/restore")
@describe(tags=["Scrobbles"], summary="Restore a play you deleted", answers={200: Scrobble}, auth="write")
def restore(play_id: str) -> dict[str, Any]:
    """Restore a play that was deleted within the last 30 days."""
    account = auth.require("write").account
    corrections.restore(current_core(), account.id, _id(play_id))
    return _shown(account, play_id)


@blueprint.post("/scrobbles/<play_id>/split")
@describe(
    tags=["Scrobbles"],
    summary="Say that a play was two listens",
    body=Voices,
    answers={200: Scrobble},
    auth="write",
    example={"sources": ["multiscrobbler"]},
)
def split(play_id: str) -> dict[str, Any]:
    """Make what these sources told a play of its own; answers the new one."""
    account, body, core = auth.require("write").account, json_body(Voices), current_core()
    made = corrections.split(core, account.id, _id(play_id), set(body.sources))
    return _shown(account, ids.of(core).token(made))


@blueprint.post("/scrobbles/<play_id>/merge")
@describe(
    tags=["Scrobbles"],
    summary="Say that two plays were one listen",
    body=Into,
    answers={200: Scrobble},
    auth="write",
)
def merge(play_id: str) -> dict[str, Any]:
    """Merge a play into another; answers the one that is kept."""
    account, body, core = auth.require("write").account, json_body(Into), current_core()
    corrections.merge(core, account.id, _id(play_id), _id(body.into))
    return _shown(account, body.into)


def _id(token: str) -> int:
    play = ids.of(current_core()).play(token)
    if play is None:
        raise NotFound("There is no such scrobble")
    return play


def _shown(account: Account, token: str) -> dict[str, Any]:
    core = current_core()
    return Scrobble.of(history.find(core, account, token), ids.of(core)).model_dump(mode="json")
