"""Play sessions: turning what players report while they play into listens. Pure; the service keeps the sessions.

A session is one player with one track on. It has two ends: the moment at which it counts, and the moment at which
listening ends; what is heard in between makes the listen longer. Continuing is not repeating: a pause, a step back, a
late wake-up or a second stop belong to the listen that was there. Another one begins only near the start of the track,
reached by starting again. `docs/explanation/play-sessions.md` tells the rules and where they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from goscrobble.domain.drafts import Playing, PlayState, ScrobbleDraft
from goscrobble.domain.rules import HALF_CAP, heard_enough

SAME_START = 5  # seconds within which two starts of one track are one
NEAR = 30  # seconds into a track that are near its start: some players tell their position so seldom
GRACE = 60  # seconds that a stop may be late before the clock judges
SEEN = 10  # seconds between two notes of a session that just goes on
DRIFT = 3  # seconds by which positions may differ from the clock, which is believed then
STILL = 1  # seconds that a position may move while the player stands still
UNSEEN = 15  # seconds that a player may have gone on before it told so
WHOLE = 12  # seconds at the end of a track that may be missing of the whole: fades, late starts
LONGEST_UNKNOWN = 7200  # seconds that count as heard of a track of unknown length: its stop may be days late
LONGEST_PAUSE = 86400  # seconds after which a paused track is not expected to go on
SHOWN = 600  # seconds for which an event is fresh enough to show "now playing"
GROWN = 2  # seconds that must have been heard since a listen was told, to tell it again


@dataclass(frozen=True, slots=True)
class Session:
    """One player with one track on. Times are Unix seconds; `heard`, `position`, `gap` and `told` seconds.

    The stamp of `draft` tells how well `started_at` is known.
    """

    item: str
    draft: ScrobbleDraft
    state: PlayState
    started_at: float
    last_at: float
    heard: float
    position: float | None = None  # None: the player does not tell, or 0 where it should have moved
    judged: bool = False  # nothing is to be decided until something else happens
    told: int | None = None  # what was heard of the listen when it was told last; None: it did not count yet
    gap: float | None = None  # between the last two events of a player that tells how it goes on; None: it does not
    is_lone: bool = False  # nothing but its end was told

    @property
    def duration(self) -> int | None:
        """The track's length, if known."""
        return self.draft.duration

    @property
    def is_whole(self) -> bool:
        """Whether the track was heard to its end, or may have been."""
        return self.duration is not None and self.heard >= self.duration - min(WHOLE, self.duration / 2)

    def until(self, at: float) -> Session:
        """Return the session as it stands at a time, if nothing else happened."""
        if at <= self.last_at:
            return self
        elapsed = at - self.last_at if self.state == "playing" else 0.0
        position = None if self.position is None else self.position + elapsed
        return replace(self.credited(elapsed), position=position, last_at=at)

    def credited(self, seconds: float) -> Session:
        """Return the session with so much more heard of it: never more than all."""
        heard = max(self.heard + seconds, 0.0)
        return replace(self, heard=min(heard, max(self.heard, self.duration)) if self.duration else heard)

    @property
    def ends_at(self) -> float:
        """When the clock may judge: the track has run out, or four minutes of one of unknown length were heard."""
        stands = self.heard if self.position is None or not self.duration else self.position
        return self.last_at + max((self.duration or HALF_CAP) - stands, 0)

    @property
    def silent_at(self) -> float:
        """Until when it is taken to have played on, if nothing more is heard of it.

        A player that told how it goes on would have told more, unless the track was all but over.
        """
        if self.gap is None or self.ends_at <= self.last_at + self.gap + SAME_START:
            return self.ends_at
        return self.last_at + min(self.gap / 2, SAME_START)

    @property
    def due_at(self) -> int | None:
        """When the clock judges, if nothing else is heard of the player; None: it has."""
        if self.judged:
            return None
        return int(self.ends_at + GRACE if self.state == "playing" else self.last_at + LONGEST_PAUSE) + 1

    @property
    def shown_until(self) -> int:
        """Until when it counts as playing now."""
        return int(min(self.last_at + SHOWN, self.ends_at + GRACE if self.state == "playing" else self.last_at + SHOWN))

    def listen(self) -> ScrobbleDraft:
        """Return the listen that this session is."""
        heard = min(self.heard, self.duration or LONGEST_UNKNOWN)
        return self.draft.model_copy(update={"played_at": int(self.started_at), "listened": int(heard + 0.5)})


@dataclass(frozen=True, slots=True)
class Step:
    """What an event does: sessions to keep, listens it decided or did not grant, whether something began to play."""

    keep: list[Session] = field(default_factory=list)
    listens: list[ScrobbleDraft] = field(default_factory=list)
    longer: list[ScrobbleDraft] = field(default_factory=list)  # told before, and more was heard of them since
    unheard: list[Session] = field(default_factory=list)  # of which too little was heard
    began: bool = False


def step(sessions: Sequence[Session], event: Playing, elsewhere: Session | None = None) -> Step:
    """Return what an event of a player does to the sessions of that player.

    `elsewhere` is another player's session of the same track, which this one may go on with.
    """
    result, told = Step(), event
    event = _believable(event)
    current = next((one for one in sessions if one.item == event.item), None)
    if _was_overtaken(sessions, current, event):
        if current is None and event.state == "stopped":  # nothing else tells of it: judged alone
            result.keep.append(_judge(result, _open(told), completed=event.completed))
        return result
    if elsewhere is not None and may_be_elsewhere(current, event) and goes_on(elsewhere, event):
        current = replace(elsewhere, state="paused", judged=False)
    if current is None or _begins_anew(current, event):
        if event.state != "paused" or current is None:
            _judge_all(result, [one for one in sessions if not one.judged or one.state != "stopped"], event)
        session, began = _open(told if event.state == "stopped" else event), True
    elif event.at < current.last_at:
        return result  # overtaken on the way
    else:
        session, began = _advance(current, event), current.state != "playing"
    if event.state == "stopped":
        session = _judge(result, session, completed=event.completed and (event.position is not None or session.is_lone))
        began = False
    elif current is not None and session.started_at == current.started_at and _just_goes_on(current, event):
        return result
    result.keep.append(session)
    return replace(result, began=began and session.state == "playing")


def may_be_elsewhere(current: Session | None, event: Playing) -> bool:
    """Return whether another player's session of the same track is worth a look: this player is in its middle."""
    return (event.position or 0.0) > NEAR and (current is None or current.state == "stopped")


def goes_on(elsewhere: Session, event: Playing) -> bool:
    """Return whether a player took a track over from another in its middle, where that one stood."""
    stood, position = elsewhere.until(event.at).position, event.position
    if event.shown_only or position is None or position <= NEAR or elsewhere.position is None or stood is None:
        return False
    return elsewhere.position - UNSEEN <= position <= stood + UNSEEN and event.at - elsewhere.last_at < LONGEST_PAUSE


def run_out(session: Session, now: float) -> Step:
    """Return what the clock decides of a session that nothing more was heard of."""
    result = Step()
    at = min(now, session.silent_at) if session.state == "playing" else session.last_at
    result.keep.append(_judge(result, session.until(at), completed=False))
    return result


# ---- what an event tells ----


def _believable(event: Playing) -> Playing:
    """Return the event without a position that says nothing: far beyond the end, or 0, which is sent for "unknown"."""
    position, duration = event.position, event.draft.duration
    if position is None or event.shown_only:
        return event
    is_beyond = duration is not None and position > duration * 1.05 + SAME_START
    if is_beyond or position == 0:
        return event.model_copy(update={"position": None})
    return event.model_copy(update={"position": min(position, duration)}) if duration else event


def _was_overtaken(sessions: Sequence[Session], current: Session | None, event: Playing) -> bool:
    """Whether a later event of the player was here first, and this one does not go on with an open session."""
    if current is not None and not current.judged:
        return False
    return any(event.at < one.last_at for one in sessions)


def _begins_anew(session: Session, event: Playing) -> bool:
    """Whether the event is of another listen to the track that this session is or was of."""
    if event.shown_only:
        return event.state != "stopped" and (session.state == "stopped" or _jumped_back(session, event))
    if event.state == "stopped":
        return session.is_lone and event.at - (event.position or 0) >= session.last_at - SAME_START
    is_over = session.is_whole and event.at >= session.started_at + (session.duration or 0) - WHOLE
    if event.starts and is_over and (event.position or 0.0) <= SAME_START:
        return True  # also where something else overtook it on the way
    position = event.position or 0.0 if event.starts else event.position
    if position is None or session.position is None:
        return _can_begin_anew(session, event)
    silence, has_stopped = event.at - session.last_at, session.state == "stopped"
    if event.starts and has_stopped and position <= SAME_START:
        return event.at > session.started_at + SAME_START
    stood = session.position - (2 if has_stopped else 1) * SAME_START  # where it stood at least
    if position > min(NEAR, silence + SAME_START) or position > stood:
        return False  # it goes on, or stepped back to where it cannot have come by starting again
    if has_stopped or (event.starts and silence > SHOWN):
        return True
    now = session.until(event.at - position)
    return now.told is not None or heard_enough(now.heard, now.duration)


def _can_begin_anew(session: Session, event: Playing) -> bool:
    """Return the same of a player that tells no positions: only a track that may have been over can begin again."""
    now = session.until(event.at)
    if session.state == "stopped":
        if event.starts:
            return event.at > session.started_at + SAME_START
        return session.position is None and event.state == "playing" and now.is_whole
    if not event.starts:
        return False
    is_old = event.at - session.last_at > SHOWN + (session.duration or 0)
    return is_old or (now.is_whole if now.duration else heard_enough(now.heard, None))


def _jumped_back(session: Session, event: Playing) -> bool:
    if session.position is None or event.position is None:
        return False
    return event.position < session.position - SAME_START


# ---- what becomes of a session ----


def _open(event: Playing) -> Session:
    """Return a new session. What is heard of it counts from here; only an end without a beginning is taken at its word.

    A player whose first word is near the start of the track has just begun.
    """
    position = event.position
    if event.state == "stopped":
        position = event.draft.duration if position is None and event.completed else position
        heard = min(position or 0.0, event.draft.duration or LONGEST_UNKNOWN)
        start = event.at - heard
    else:
        is_fresh = event.state == "playing" and not event.starts and position is not None and position <= NEAR + DRIFT
        heard = position if is_fresh and position is not None else 0.0
        start = event.at - (position or 0.0 if is_fresh or event.shown_only else 0.0)
    draft = event.draft.model_copy(update={"stamp": event.stamp})
    gap = None if event.starts or event.state != "playing" else float(SEEN)
    return Session(
        *(event.item, draft, event.state, start, event.at, heard, position),
        judged=event.shown_only,
        gap=gap,
        is_lone=event.state == "stopped",
    )


def _advance(session: Session, event: Playing) -> Session:
    """Return a session that goes on, with what was heard of it since the last event."""
    elapsed = event.at - session.last_at
    position = session.until(event.at).position if event.position is None else event.position
    heard = _heard_since(session, event, elapsed)
    draft = session.draft
    if session.told is None:  # once told, a listen keeps its words: else it would be another report
        draft = event.draft if event.draft.duration or not session.duration else session.draft
        draft = draft.model_copy(update={"stamp": session.draft.stamp})
    gap = session.gap
    if session.state == event.state == "playing" and not event.starts and elapsed > 0:
        gap = max(min(elapsed, gap or GRACE), SEEN)
    return replace(
        session.credited(heard),
        state=event.state,
        position=position,
        last_at=event.at,
        draft=draft,
        judged=event.shown_only or (session.judged and not heard and event.state != "playing"),
        gap=gap,
        is_lone=False,
    )


def _heard_since(session: Session, event: Playing, elapsed: float) -> float:
    """Return how much of the track was heard between two events of a session."""
    if event.position is None or session.position is None:
        return elapsed if session.state == "playing" else 0.0
    moved = event.position - session.position
    if abs(moved - elapsed) <= DRIFT:
        return elapsed if session.state == "playing" or moved > 0 else 0.0
    if session.state != "playing":  # where the clock had stopped it, more may have been credited than it moved
        lowest = -UNSEEN if session.state == "stopped" else 0
        return moved if lowest < moved <= min(UNSEEN, elapsed) else 0.0
    has_ended = event.state != "playing" and moved > 0  # and perhaps some time ago
    if abs(moved) <= STILL or moved > elapsed or has_ended:  # it stood still, or jumped ahead
        return min(max(moved, 0.0), elapsed)
    if elapsed <= max(session.gap or 0.0, NEAR) + UNSEEN:  # it stepped back, and told so at once
        return elapsed
    return max(moved, 0.0) if moved > -DRIFT else float(UNSEEN)


def _just_goes_on(session: Session, event: Playing) -> bool:
    """Whether nothing changed that is worth a write: the clock counts on by itself."""
    if (
        session.state != event.state
        or event.at - session.last_at >= SEEN
        or (session.gap is None and not session.judged)
    ):
        return False
    expected = session.until(event.at).position
    return event.position is None or expected is None or abs(expected - event.position) < DRIFT


def _judge(result: Step, session: Session, *, completed: bool) -> Session:
    over = replace(session, judged=True, state="stopped")
    if session.judged:
        return over
    listen = session.listen()
    if session.told is not None:
        if (listen.listened or 0) < session.told + GROWN:
            return over
        result.longer.append(listen)
    elif completed or heard_enough(session.heard, session.duration):
        result.listens.append(listen)
    else:
        if session.heard >= 1:
            result.unheard.append(session)
        return over
    return replace(over, told=listen.listened or 0)


def _judge_all(result: Step, sessions: Sequence[Session], event: Playing) -> None:
    """Judge what a player had on when it began something else. It may still come back to it."""
    is_near = event.position is not None and event.position <= NEAR
    began = event.at - (event.position or 0.0 if is_near else 0.0)
    for session in sessions:
        end = max(began, session.last_at)
        if session.state == "playing":
            end = min(end, session.silent_at if _fell_silent(session, end) else session.ends_at)
        result.keep.append(_judge(result, session.until(end), completed=False))


def _fell_silent(session: Session, at: float) -> bool:
    """Return whether a player told nothing for so long that it can have played on only if it was over just then."""
    if session.gap is None:
        return at > session.ends_at + GRACE
    return at - session.last_at > 2 * session.gap + UNSEEN and abs(at - session.ends_at) > UNSEEN
