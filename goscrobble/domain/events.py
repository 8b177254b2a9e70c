"""What happened on a connection, as its owner reads it: the answer to "why was this not counted?"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Stored
from goscrobble.domain.sentences import Sentence, ended

KEPT = 50  # of one connection
COUNTED = Sentence("This listen was counted already.")
LONGEST_WHAT, LONGEST_REASON = 300, 500  # characters


class EventOutcome(StrEnum):
    """What became of what a source told."""

    STORED = "stored"  # a new play
    DUPLICATE = "duplicate"  # told before, by this source or another
    REJECTED = "rejected"  # no listen that can be kept
    PLAYING = "playing"  # something began to play
    UNHEARD = "unheard"  # it played, but too little of it was heard
    IGNORED = "ignored"  # nothing that this server keeps
    HELD = "held"  # kept until its owner has answered a question
    REFUSED = "refused"  # the request was answered with an error
    FAILED = "failed"  # a poll did not succeed


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One thing that happened on a connection. `at` is when it arrived, Unix seconds."""

    at: int
    what: str  # the track, "" where nothing was told that could be read
    outcome: EventOutcome
    reason: str = ""  # a sentence, "" where the outcome says it all


def track_of(draft: ScrobbleDraft) -> str:
    """Return how an event names a track."""
    return f"{', '.join(draft.artists)} – {draft.title}"[:LONGEST_WHAT]  # noqa: RUF001 - how a track is written


def of_outcome(draft: ScrobbleDraft, outcome: Outcome, at: int) -> SourceEvent:
    """Return the event that a draft's outcome is."""
    match outcome:
        case Stored():
            return SourceEvent(at, track_of(draft), EventOutcome.STORED)
        case Duplicate():
            return SourceEvent(at, track_of(draft), EventOutcome.DUPLICATE, COUNTED)
        case Rejected(reason):
            return SourceEvent(at, track_of(draft), EventOutcome.REJECTED, ended(reason))
