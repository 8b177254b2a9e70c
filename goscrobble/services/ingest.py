"""The one way in: every play of every source passes `submit`.

1 prepare   clean names, hooks `prepare_draft`
2 judge     domain.rules, hook `reject_draft`
3 identify  names and ids become artist, album, track
4 settle    which listen is this? (`services.settlement`)
5 store     one transaction: plays, what was heard, rollups
6 tell      after the commit: hooks `after_scrobble`, `after_removal`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from goscrobble import metrics
from goscrobble.domain import events as source_events
from goscrobble.domain import rules
from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.domain.events import SourceEvent
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Scrobble, Stored
from goscrobble.domain.sentences import said
from goscrobble.services import identity, settlement
from goscrobble.services.core import Core
from goscrobble.services.identity import Identified, Names
from goscrobble.services.settlement import SELF, Changes, Key, key_of
from goscrobble.storage import scrobbles, sources
from goscrobble.storage.database import Connection
from goscrobble.storage.scrobbles import HeardRow, LockedUser

__all__ = ["SELF", "submit"]

AT_ONCE = 100  # reports of one transaction, which so stays under 50 ms


def submit(
    core: Core,
    account_id: int,
    drafts: Sequence[ScrobbleDraft],
    *,
    source: str,
    voice: str = "",
    source_id: int | None = None,
    beside: Callable[[Connection], None] | None = None,
) -> list[Outcome]:
    """Store listens of one account; when it returns they are on disk. One outcome per draft, in order.

    `source` is the plugin that tells, `voice` which of its connections; `source_id` names the connection on which its
    owner shall read what became of each. `beside` is done in the transaction that stores the last of them. Telling a
    listen again is a Duplicate; what one draft is rejected for does not touch the others. Raises NotFound if the
    account is gone, Unavailable if the database is.
    """
    if not drafts and beside is None:
        return []
    prepared = [_prepare(core, draft) for draft in drafts]
    outcomes: list[Outcome | None] = [item if isinstance(item, Rejected) else None for item in prepared]
    good = [(i, item) for i, item in enumerate(prepared) if isinstance(item, ScrobbleDraft)]
    good.sort(key=lambda entry: entry[1].played_at)
    now = int(core.now())
    refused = [
        source_events.of_outcome(draft, item, now)
        for draft, item in zip(drafts, prepared, strict=True)
        if isinstance(item, Rejected)
    ]
    log = _Log(source_id, now, refused, beside)
    for start in range(0, len(good), AT_ONCE):
        part = good[start : start + AT_ONCE]
        is_last = start + AT_ONCE >= len(good)
        stored = _store(core, account_id, [draft for _, draft in part], source, voice, log if is_last else log.within)
        for (i, _), outcome in zip(part, stored, strict=True):
            outcomes[i] = outcome
    if not good and (refused or beside is not None):
        core.database.write(lambda connection: log.write(connection, [], []))
    told = [outcome for outcome in outcomes if outcome is not None]
    for one in told:
        metrics.count_draft(source, type(one).__name__.lower())
    return told


@dataclass(frozen=True, slots=True)
class _Log:
    """What a transaction notes beside the plays: what became of each, for the owner of the connection."""

    source_id: int | None
    at: int
    refused: Sequence[SourceEvent] = ()  # noted with the last plays
    beside: Callable[[Connection], None] | None = None  # done with the last plays

    @property
    def within(self) -> _Log:
        """That of a transaction which is not the last."""
        return _Log(self.source_id, self.at)

    def write(
        self, connection: Connection, drafts: Sequence[ScrobbleDraft], outcomes: Sequence[Stored | Duplicate]
    ) -> None:
        if self.source_id is not None:
            told = (source_events.of_outcome(*pair, self.at) for pair in zip(drafts, outcomes, strict=True))
            sources.note(connection, self.source_id, [*told, *self.refused], heard_at=self.at)
        if self.beside is not None:
            self.beside(connection)


def _prepare(core: Core, draft: ScrobbleDraft) -> ScrobbleDraft | Rejected:
    try:
        draft = rules.tidy(core.plugins.prepare(rules.tidy(draft)))
    except ValueError as error:
        return Rejected(said(error))
    reason = rules.judge(draft, core.now()) or _refusal(core, draft)
    return Rejected(reason) if reason else draft


def _refusal(core: Core, draft: ScrobbleDraft) -> str | None:
    for _, answer in core.plugins.ask("reject_draft", draft=draft):
        return answer if isinstance(answer, str) else str(answer)
    return None


def _store(
    core: Core, account_id: int, drafts: list[ScrobbleDraft], source: str, voice: str, log: _Log
) -> list[Stored | Duplicate]:
    told, now = identity.recollect(core.database, account_id, drafts), int(core.now())

    def settle(connection: Connection) -> tuple[LockedUser, Names, list[Stored | Duplicate], Changes]:
        user = scrobbles.lock_user(connection, account_id)
        names = identity.learn(connection, told, now)
        pairs = zip(drafts, names.of_drafts(), strict=True)
        rows = [_report(draft, named, source, voice) for draft, named in pairs]
        changes = settlement.settle(core.database, connection, user, rows, names.of_drafts())
        outcomes = _outcomes(rows, changes)
        log.write(connection, drafts, outcomes)
        return user, names, outcomes, changes

    user, names, outcomes, changes = core.database.write(settle)
    identity.remember(core.database, names)
    _tell(core, user, changes)
    return outcomes


def _report(draft: ScrobbleDraft, names: Identified, source: str, voice: str) -> HeardRow:
    parts = (source, voice, draft.client) if draft.client else (source, voice)
    return HeardRow(
        told_at=draft.played_at,
        told_id=names.told_id,
        voice=":".join(parts).rstrip(":")[:120],
        nth=draft.nth,
        stamp=draft.stamp,
        duration=draft.duration,
        listened=draft.listened,
        origin=draft.origin,
        play_id=0,
        fixed=False,
    )


def _outcomes(rows: list[HeardRow], changes: Changes) -> list[Stored | Duplicate]:
    """Say Stored once for each new play; whatever else told of it is a Duplicate."""
    outcomes: list[Stored | Duplicate] = []
    unclaimed = set(changes.made)
    seen: set[Key] = set()
    for row in rows:
        play = changes.plays[key_of(row)]
        if play in unclaimed and key_of(row) not in seen:
            unclaimed.discard(play)
            outcomes.append(Stored(play))
        else:
            outcomes.append(Duplicate(play))
        seen.add(key_of(row))
    return outcomes


def _tell(core: Core, user: LockedUser, changes: Changes) -> None:
    for scrobble in _new_plays(changes):
        core.plugins.tell("after_scrobble", username=user.username, scrobble=scrobble)
    for play, heir in changes.merged.items():
        core.plugins.tell("after_removal", username=user.username, play=play, merged_into=heir)


def _new_plays(changes: Changes) -> Iterator[Scrobble]:
    """Yield the plays that were made, as they are shown, by the names at hand."""
    standing = {play.known_id: play for play in changes.came}
    for made in sorted(changes.made - changes.merged.keys()):
        play = standing[made]
        named = changes.names[play.told_id or 0]
        on_album = changes.names.get(play.album_told_id or 0)
        yield Scrobble(
            id=made,
            played_at=play.played_at,
            track=named.track,
            artists=named.artists,
            album=on_album.album if on_album else None,
            duration=play.duration,
            listened=play.listened,
            source=play.source,
            also_heard_by=tuple(play.also_heard_by.split(",")) if play.also_heard_by else (),
        )
