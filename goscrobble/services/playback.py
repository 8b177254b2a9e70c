"""Sources that report *playing*, not *played*: keeps their sessions, shows what plays now, makes plays of listens.

Written once, used by every such source. A listen is stored before its session is marked as judged: a crash in between
tells it again, and the second telling is a duplicate.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import structlog

from goscrobble.domain import events as source_events
from goscrobble.domain import rules, sessions
from goscrobble.domain.drafts import NowPlaying, Playing, ScrobbleDraft
from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.domain.scrobbles import Outcome, Rejected
from goscrobble.domain.sessions import Session, Step
from goscrobble.errors import NotFound, Unavailable
from goscrobble.services import ingest
from goscrobble.services.core import Core
from goscrobble.storage import scrobbles, sources, users
from goscrobble.storage import sessions as stored
from goscrobble.storage.database import Connection
from goscrobble.storage.sessions import SessionRow

log = structlog.get_logger("goscrobble.playback")

LIVE = "+live"  # ends the voice of what players report while they play
_TRIES = 5  # how often another worker may be faster with the same player
_AT_ONCE = 200  # sessions that one tick judges


def observe(
    core: Core, account_id: int, event: Playing, *, source: str, voice: str = "", source_id: int | None = None
) -> list[Outcome]:
    """Note what a player does. Returns the outcomes of the listens that this decided (often none).

    Arguments as for `ingest.submit`; an event that names no track we could keep is Rejected, and forgotten. Raises
    Unavailable when several workers keep disputing one player.
    """
    whose = f"{source}:{voice}"[:120]
    player = event.player[:200]
    try:
        draft = rules.tidy(event.draft.model_copy(update={"played_at": int(event.at)}))
    except ValueError as error:
        return [_reject(core, event, str(error), source_id)]
    if reason := rules.judge(draft, core.now()):
        return [_reject(core, event, reason, source_id)]
    event = event.model_copy(update={"item": event.item[:200], "draft": draft})
    told = _Told(account_id, whose, player, event.item, event.at, source_id, int(core.now()))
    for _ in range(_TRIES):
        with core.database.read() as connection:
            before = stored.of_player(connection, account_id, whose, player, event.item, event.at)
            other = _elsewhere(connection, told, event, before)
        elsewhere = None if other is None else _session(other)
        step = sessions.step([_session(row) for row in before], event, elsewhere)
        outcomes = _submit(core, account_id, step, source, voice, source_id)
        if not step.keep:
            return outcomes
        if core.database.write(partial(_keep, told=told, before=before, step=step, other=other)):
            if step.began and event.at > core.now() - sessions.SHOWN:
                _tell(core, account_id, step, source, player)
            return outcomes
    raise Unavailable("This player is being reported by several requests at once, please try again")


@dataclass(frozen=True, slots=True)
class _Told:
    """Who told something: a player of an account's, by a voice, of a track and a moment; `at` is when it arrived."""

    account_id: int
    voice: str
    player: str
    item: str
    moment: float
    source_id: int | None
    at: int


def _submit(core: Core, account_id: int, step: Step, source: str, voice: str, source_id: int | None) -> list[Outcome]:
    """Store the listens of a step. What a connection tells as it happens, it may tell afterwards too: two voices."""
    live = f"{voice}{LIVE}"
    outcomes = ingest.submit(core, account_id, step.listens, source=source, voice=live, source_id=source_id)
    ingest.submit(core, account_id, step.longer, source=source, voice=live)  # nothing new for the owner to read
    return outcomes


def _elsewhere(connection: Connection, told: _Told, event: Playing, own: Sequence[SessionRow]) -> SessionRow | None:
    """Return the session of another player with which this event goes on."""
    current = next((row for row in own if row.item == event.item), None)
    if not sessions.may_be_elsewhere(None if current is None else _session(current), event):
        return None
    rows = stored.elsewhere(connection, told.account_id, told.voice, event.item, told.player)
    latest = 0.0 if current is None else current.last_at
    return next((row for row in rows if row.last_at > latest and sessions.goes_on(_session(row), event)), None)


def _keep(connection: Connection, told: _Told, before: list[SessionRow], step: Step, other: SessionRow | None) -> bool:
    """Store the sessions of a step. False: another worker was faster, and it must be thought over."""
    scrobbles.hold_user(connection, told.account_id)
    if stored.of_player(connection, told.account_id, told.voice, told.player, told.item, told.moment) != before:
        return False
    for session in step.keep:
        stored.put(connection, _row(told.account_id, told.voice, told.player, session))
    if other is not None:  # it is another player's now
        stored.put(connection, replace(other, judged=True, due_at=None, state="stopped", shown_until=0))
    notes = _notes(step, told.at)
    if told.source_id is not None and notes:
        sources.note(connection, told.source_id, notes, heard_at=told.at)
    return True


def now_playing(core: Core, account_id: int) -> list[NowPlaying]:
    """Return what an account's players have on, the latest first."""
    with core.database.read() as connection:
        rows = stored.shown(connection, account_id, int(core.now()))
    return [_shown(_session(row), row.voice.partition(":")[0], row.player) for row in rows]


def playing_of(core: Core, account_ids: Collection[int] | None) -> dict[int, list[NowPlaying]]:
    """Return what the players of these accounts (None: of all) have on, the latest first, by account.

    Who plays nothing is left out. Whom the caller may show it to, the caller must know.
    """
    with core.database.read() as connection:
        rows = stored.shown_of(connection, account_ids, int(core.now()))
    found: dict[int, list[NowPlaying]] = {}
    for row in rows:
        with suppress(ValueError, OverflowError):  # one that holds nonsense is not shown
            playing = _shown(_session(row), row.voice.partition(":")[0], row.player)
            found.setdefault(row.user_id, []).append(playing)
    return found


def judge_due(core: Core) -> int:
    """Judge the sessions whose tracks have run out by the clock; returns how many."""
    with core.database.read() as connection:
        due = stored.due(connection, int(core.now()), _AT_ONCE)
    for row in due:
        source, _, voice = row.voice.partition(":")
        with core.database.read() as connection:
            connected = sources.find(connection, row.user_id, source, voice)
        source_id = connected.id if connected is not None else None
        step = _run_out(row, core.now())
        try:
            _submit(core, row.user_id, step, source, voice, source_id)
        except NotFound:
            continue  # the account was deleted a moment ago, and the session with it
        core.database.write(partial(_mark_judged, row=row, step=step, at=int(core.now()), source_id=source_id))
    return len(due)


def _run_out(row: SessionRow, now: float) -> Step:
    """Return what the clock decides of a session; one that holds nonsense is over, and holds nobody else up."""
    try:
        return sessions.run_out(_session(row), now)
    except (ValueError, OverflowError) as error:
        log.warning(
            "a play session could not be judged", source=row.voice.partition(":")[0], error=type(error).__name__
        )
        return Step()


def _mark_judged(connection: Connection, row: SessionRow, step: Step, at: int, source_id: int | None) -> None:
    heard, told = (step.keep[0].heard, step.keep[0].told) if step.keep else (row.heard, row.told)
    notes = _notes(step, at)
    if stored.mark_judged(connection, row, heard=heard, told=told) and source_id is not None and notes:
        sources.note(connection, source_id, notes, heard_at=None)


def _reject(core: Core, event: Playing, reason: str, source_id: int | None) -> Rejected:
    outcome, now = Rejected(reason), int(core.now())
    if source_id is not None:
        told = source_events.of_outcome(event.draft, outcome, now)
        core.database.write(lambda connection: sources.note(connection, source_id, [told], heard_at=now))
    return outcome


def _notes(step: Step, at: int) -> list[SourceEvent]:
    """Return what the owner of the connection shall read of a step; what became of listens, `ingest` notes."""
    notes = [
        SourceEvent(at, source_events.track_of(session.draft), EventOutcome.UNHEARD, _too_little(session))
        for session in step.unheard
    ]
    if step.began:
        notes.append(SourceEvent(at, source_events.track_of(step.keep[-1].draft), EventOutcome.PLAYING))
    return notes


def _too_little(session: Session) -> str:
    length = f" of {session.duration} s" if session.duration else ""
    needed = f"{rules.threshold(session.duration):.0f} s are needed: half of the track, or four minutes"
    return f"{session.heard:.0f} s{length} were heard; {needed}."


def _tell(core: Core, account_id: int, step: Step, source: str, player: str) -> None:
    with core.database.read() as connection:
        account = users.find_by_id(connection, account_id)
    if account is not None:
        playing = _shown(step.keep[-1], source, player)
        core.plugins.tell("after_now_playing", username=account.username, playing=playing)


def _shown(session: Session, source: str, player: str) -> NowPlaying:
    return NowPlaying(
        title=session.draft.title,
        artists=session.draft.artists,
        album=session.draft.album,
        duration=session.duration,
        source=source,
        player=player,
        started_at=int(session.started_at),
        paused=session.state == "paused",
    )


def _session(row: SessionRow) -> Session:
    return Session(
        item=row.item,
        draft=_draft(row.draft),
        state=row.state,  # type: ignore[arg-type] # only `_row` writes it
        started_at=row.started_at,
        last_at=row.last_at,
        heard=row.heard,
        position=row.position,
        judged=row.judged,
        told=row.told,
        gap=row.gap,
        is_lone=row.is_lone,
    )


@lru_cache(2048)
def _draft(told: str) -> ScrobbleDraft:
    """Remembered, since streams ask every second what plays."""
    return ScrobbleDraft.model_validate_json(told)


def _row(account_id: int, voice: str, player: str, session: Session) -> SessionRow:
    return SessionRow(
        user_id=account_id,
        voice=voice,
        player=player,
        item=session.item,
        draft=session.draft.model_dump_json(exclude_defaults=True),
        state=session.state,
        started_at=session.started_at,
        last_at=session.last_at,
        heard=session.heard,
        position=session.position,
        due_at=session.due_at,
        judged=session.judged,
        shown_until=session.shown_until,
        told=session.told,
        gap=session.gap,
        is_lone=session.is_lone,
    )
