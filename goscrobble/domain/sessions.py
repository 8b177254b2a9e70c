"""Play sessions: turning what players report while they play into listens. Pure; the service keeps the sessions.

A session is one player with one track on. Heard is clock time without pauses; where nothing was known before, the
position stands in for it. A session gets one verdict: at its stop, when its player goes on to something else, or by
the clock when its track must have run out. One that is only shown counts as judged from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from goscrobble.domain.drafts import Playing, PlayState, ScrobbleDraft
from goscrobble.domain.rules import HALF_CAP, heard_enough

SAME_START = 5  # seconds within which two starts of one track are one
GRACE = 60  # seconds that a stop may be late before the clock judges
SEEN = 10  # seconds between two notes of a session that just goes on
LONGEST_UNKNOWN = 7200  # seconds that count as heard of a track of unknown length: its stop may be days late
LONGEST_PAUSE = 86400  # seconds after which a paused track is not expected to go on
SHOWN = 600  # seconds for which an event is fresh enough to show "now playing"


@dataclass(frozen=True, slots=True)
class Session:
    """One player with one track on. Times are Unix seconds; `heard` and `position` seconds.

    The stamp of `draft` tells how well `started_at` is known.
    """

    item: str
    draft: ScrobbleDraft
    state: PlayState
    started_at: float
    last_at: float
    heard: float
    position: float | None = None
    judged: bool = False

    @property
    def duration(self) -> int | None:
        """The track's length, if known."""
        return self.draft.duration

    def until(self, at: float) -> Session:
        """Return the session as it stands at a time, if nothing else happened."""
        if at <= self.last_at:
            return self
        elapsed = at - self.last_at if self.state == "playing" else 0.0
        heard = self.heard + elapsed
        if self.duration:
            heard = min(heard, max(self.heard, self.duration))
        position = None if self.position is None else self.position + elapsed
        return replace(self, heard=heard, position=position, last_at=at)

    @property
    def ends_at(self) -> float:
        """When the clock may judge: the track has run out, or four minutes of one of unknown length were heard."""
        return self.last_at + max((self.duration or HALF_CAP) - self.heard, 0)

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
    unheard: list[Session] = field(default_factory=list)  # of which too little was heard
    began: bool = False


def step(sessions: Sequence[Session], event: Playing) -> Step:
    """Return what an event of a player does to the sessions of that player."""
    result = Step()
    current = next((one for one in sessions if one.item == event.item), None)
    if _was_overtaken(sessions, current, event):
        if current is None and event.state == "stopped":  # nothing else tells of it: judged alone
            result.keep.append(_judge(result, _open(event), completed=event.completed))
        return result
    if current is None or _begins_anew(current, event):
        _judge_all(result, [one for one in sessions if not one.judged or one.state != "stopped"], event.at)
        session, began = _open(event), True
    elif event.at < current.last_at or (current.judged and not event.shown_only):
        return result  # a straggler of a session that had its verdict, or one overtaken on the way
    else:
        session, began = _advance(current, event), current.state != "playing"
    if event.state == "stopped":
        session = _judge(result, session, completed=event.completed)
        began = False
    elif current is not None and session.started_at == current.started_at and _just_goes_on(current, event):
        return result
    result.keep.append(session)
    return replace(result, began=began and session.state == "playing")


def run_out(session: Session, now: float) -> Step:
    """Return what the clock decides of a session that nothing more was heard of."""
    result = Step()
    at = min(now, session.ends_at) if session.state == "playing" else session.last_at
    result.keep.append(_judge(result, session.until(at), completed=False))
    return result


def _was_overtaken(sessions: Sequence[Session], current: Session | None, event: Playing) -> bool:
    """Whether a later event of the player was here first, and this one does not go on with an open session."""
    if current is not None and not current.judged:
        return False
    return any(event.at < one.last_at for one in sessions)


def _open(event: Playing) -> Session:
    """Return a new session. Without an earlier event, what was heard is where the player stands in the track."""
    position = event.position
    if position is not None and event.draft.duration:
        position = min(position, event.draft.duration)
    if position is None and event.state == "stopped" and event.completed:
        position = event.draft.duration
    heard = 0.0 if event.starts else position or 0.0
    start = event.at - heard
    draft = event.draft.model_copy(update={"stamp": event.stamp})
    return Session(event.item, draft, event.state, start, event.at, heard, position, judged=event.shown_only)


def _advance(session: Session, event: Playing) -> Session:
    later = session.until(event.at)
    draft = event.draft if event.draft.duration or not session.duration else session.draft
    draft = draft.model_copy(update={"stamp": session.draft.stamp})
    position = event.position if event.position is not None else later.position
    return replace(later, state=event.state, position=position, draft=draft)


def _begins_anew(session: Session, event: Playing) -> bool:
    """Whether the event is of another listen to the track that this session is or was of."""
    if event.starts:
        return session.judged or event.at > session.started_at + SAME_START
    if event.state == "stopped":
        return False
    if event.shown_only:
        return session.state == "stopped" or _jumped_back(session, event)
    if event.position is not None:
        began = event.at - event.position
        if session.judged:
            return began >= session.last_at - SAME_START
        now = session.until(event.at)
        return (
            _jumped_back(session, event)
            and began > session.started_at + SAME_START
            and heard_enough(now.heard, now.duration)
        )
    return session.judged and event.at > session.started_at + (session.duration or SHOWN) + SAME_START


def _jumped_back(session: Session, event: Playing) -> bool:
    if session.position is None or event.position is None:
        return False
    return event.position < session.position - SAME_START


def _just_goes_on(session: Session, event: Playing) -> bool:
    """Whether nothing changed that is worth a write: the clock counts on by itself."""
    if session.state != event.state or event.at - session.last_at >= SEEN:
        return False
    expected = session.until(event.at).position
    return event.position is None or expected is None or abs(expected - event.position) < SAME_START


def _judge(result: Step, session: Session, *, completed: bool) -> Session:
    if session.judged:
        return replace(session, state="stopped")
    if completed or heard_enough(session.heard, session.duration):
        result.listens.append(session.listen())
    else:
        result.unheard.append(session)
    return replace(session, judged=True, state="stopped")


def _judge_all(result: Step, sessions: Sequence[Session], at: float) -> None:
    for session in sessions:
        end = min(at, session.ends_at) if session.state == "playing" else at
        result.keep.append(_judge(result, session.until(end), completed=False))
