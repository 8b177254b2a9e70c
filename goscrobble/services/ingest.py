"""The one way in: every play of every source passes `submit`.

1 prepare   clean names, hooks `prepare_draft`
2 judge     domain.rules, hook `reject_draft`
3 identify  names and ids become artist, album, track
4 settle    which listen is this? (`services.settlement`)
5 store     one transaction: plays, what was heard, rollups
6 tell      after the commit: hooks `after_scrobble`, `after_removal`
"""

from __future__ import annotations

from collections.abc import Sequence

from goscrobble.domain import rules
from goscrobble.domain.drafts import ScrobbleDraft
from goscrobble.domain.scrobbles import Duplicate, Outcome, Rejected, Stored
from goscrobble.services import history, settlement
from goscrobble.services.core import Core
from goscrobble.services.identity import Identified, identify
from goscrobble.services.settlement import SELF, Changes, Key, key_of
from goscrobble.storage import scrobbles
from goscrobble.storage.database import Connection
from goscrobble.storage.scrobbles import HeardRow, LockedUser

__all__ = ["SELF", "submit"]

AT_ONCE = 100  # reports of one transaction, which so stays under 50 ms


def submit(
    core: Core, account_id: int, drafts: Sequence[ScrobbleDraft], *, source: str, voice: str = ""
) -> list[Outcome]:
    """Store listens of one account; when it returns they are on disk. One outcome per draft, in order.

    `source` is the plugin that tells, `voice` which of its connections. Telling a listen again is a Duplicate; what
    one draft is rejected for does not touch the others. Raises NotFound if the account is gone, Unavailable if the
    database is.
    """
    prepared = [_prepare(core, draft) for draft in drafts]
    outcomes: list[Outcome | None] = [item if isinstance(item, Rejected) else None for item in prepared]
    good = [(i, item) for i, item in enumerate(prepared) if isinstance(item, ScrobbleDraft)]
    good.sort(key=lambda entry: entry[1].played_at)
    for start in range(0, len(good), AT_ONCE):
        part = good[start : start + AT_ONCE]
        stored = _store(core, account_id, [draft for _, draft in part], source, voice)
        for (i, _), outcome in zip(part, stored, strict=True):
            outcomes[i] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def _prepare(core: Core, draft: ScrobbleDraft) -> ScrobbleDraft | Rejected:
    try:
        draft = rules.tidy(core.plugins.prepare(rules.tidy(draft)))
    except ValueError as error:
        return Rejected(str(error))
    reason = rules.judge(draft, core.now()) or _refusal(core, draft)
    return Rejected(reason) if reason else draft


def _refusal(core: Core, draft: ScrobbleDraft) -> str | None:
    return next((str(answer) for _, answer in core.plugins.ask("reject_draft", draft=draft)), None)


def _store(
    core: Core, account_id: int, drafts: list[ScrobbleDraft], source: str, voice: str
) -> list[Stored | Duplicate]:
    names = identify(core, drafts)
    rows = [_report(draft, known, source, voice) for draft, known in zip(drafts, names, strict=True)]
    by_told = {known.told_id: known for known in names}
    user, changes = core.database.write(lambda connection: _settle(core, connection, account_id, rows, by_told))
    _tell(core, user, changes)
    return _outcomes(rows, changes)


def _settle(
    core: Core, connection: Connection, account_id: int, rows: list[HeardRow], names: dict[int, Identified]
) -> tuple[LockedUser, Changes]:
    user = scrobbles.lock_user(connection, account_id)
    return user, settlement.settle(core.database, connection, user, rows, names)


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
    for scrobble in history.by_ids(core, user.id, sorted(changes.made)):
        core.plugins.tell("after_scrobble", username=user.username, scrobble=scrobble)
    for play, heir in changes.merged.items():
        core.plugins.tell("after_removal", username=user.username, play=play, merged_into=heir)
