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
from dataclasses import dataclass, replace

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
    teller = _Telling([], source, voice, source_id)
    last = replace(teller, refused=refused, beside=beside)
    for start in range(0, len(good), AT_ONCE):
        part = good[start : start + AT_ONCE]
        is_last = start + AT_ONCE >= len(good)
        telling = replace(last if is_last else teller, drafts=[draft for _, draft in part])
        for (i, _), outcome in zip(part, _store(core, account_id, telling), strict=True):
            outcomes[i] = outcome
    if not good and (refused or beside is not None):
        core.database.write(lambda connection: _note(connection, [last], [[]], now))
    told = [outcome for outcome in outcomes if outcome is not None]
    for one in told:
        metrics.count_draft(source, type(one).__name__.lower())
    return told


@dataclass(frozen=True, slots=True)
class _Telling:
    """What is stored in one transaction: drafts that one voice tells, and what is noted of them for its owner."""

    drafts: Sequence[ScrobbleDraft]
    source: str
    voice: str
    source_id: int | None
    refused: Sequence[SourceEvent] = ()
    beside: Callable[[Connection], None] | None = None

    def __len__(self) -> int:
        return len(self.drafts)


def _note(
    connection: Connection, tellings: Sequence[_Telling], outcomes: Sequence[Sequence[Stored | Duplicate]], now: int
) -> None:
    """Note what became of drafts for the owner of their connection, and do what was asked for beside."""
    events: dict[int, list[SourceEvent]] = {}
    for telling, made in zip(tellings, outcomes, strict=True):
        if telling.source_id is not None:
            told = (source_events.of_outcome(*pair, now) for pair in zip(telling.drafts, made, strict=True))
            events.setdefault(telling.source_id, []).extend((*told, *telling.refused))
    for source_id, noted in sorted(events.items()):
        sources.note(connection, source_id, noted, heard_at=now)
    for telling in tellings:
        if telling.beside is not None:
            telling.beside(connection)


def _prepare(core: Core, draft: ScrobbleDraft) -> ScrobbleDraft | Rejected:
    try:
        tidy = rules.tidy(draft)
        draft = core.plugins.prepare(tidy)
        if draft is not tidy:
            draft = rules.tidy(draft)
    except ValueError as error:
        return Rejected(said(error))
    reason = rules.judge(draft, core.now()) or _refusal(core, draft)
    return Rejected(reason) if reason else draft


def _refusal(core: Core, draft: ScrobbleDraft) -> str | None:
    for _, answer in core.plugins.ask("reject_draft", draft=draft):
        return answer if isinstance(answer, str) else str(answer)
    return None


def _store(core: Core, account_id: int, telling: _Telling) -> list[Stored | Duplicate]:
    """Store what is told together with what else is told of the same account in this moment."""
    now = int(core.now())

    def settle(connection: Connection, take: Callable[[], Sequence[_Telling]]) -> list[_Settled]:
        user = scrobbles.lock_user(connection, account_id)
        tellings = take()
        told = identity.recollect(core.database, account_id, [draft for one in tellings for draft in one.drafts])
        names = identity.learn(connection, told, now)
        named = iter(names.of_drafts())
        rows = [[_report(draft, next(named), one) for draft in one.drafts] for one in tellings]
        changes = settlement.settle(
            core.database, connection, user, [row for some in rows for row in some], names.of_drafts()
        )
        outcomes = _outcomes(rows, changes)
        _note(connection, tellings, outcomes, now)
        first, *others = outcomes
        return [_Settled(first, (user, names, changes)), *map(_Settled, others)]

    settled = core.database.write_together(account_id, telling, settle, most=AT_ONCE)
    if settled.news is not None:
        user, names, changes = settled.news
        identity.remember(core.database, names)
        _tell(core, user, changes)
    return settled.outcomes


@dataclass(frozen=True, slots=True)
class _Settled:
    """What came of one telling. `news` are those of the whole transaction: the first one has them, to pass them on."""

    outcomes: list[Stored | Duplicate]
    news: tuple[LockedUser, Names, Changes] | None = None


def _report(draft: ScrobbleDraft, names: Identified, telling: _Telling) -> HeardRow:
    parts = (telling.source, telling.voice, *((draft.client,) if draft.client else ()))
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


def _outcomes(rows: Sequence[Sequence[HeardRow]], changes: Changes) -> list[list[Stored | Duplicate]]:
    """Say Stored once for each new play; whatever else told of it is a Duplicate."""
    unclaimed = set(changes.made)
    seen: set[Key] = set()

    def outcome(row: HeardRow) -> Stored | Duplicate:
        play = changes.plays[key_of(row)]
        is_new = play in unclaimed and key_of(row) not in seen
        seen.add(key_of(row))
        if is_new:
            unclaimed.discard(play)
        return Stored(play) if is_new else Duplicate(play)

    return [[outcome(row) for row in told] for told in rows]


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
