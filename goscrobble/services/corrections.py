"""What a person decides about plays: delete, restore, edit, undo, split, merge. It stays, whatever is told again.

Each marks the reports concerned as fixed: settling then only lets other reports join the play.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TypeVar

from goscrobble.domain import rules
from goscrobble.domain.drafts import ScrobbleDraft, Stamp
from goscrobble.domain.scrobbles import Scrobble
from goscrobble.errors import BadInput, Conflict, NotFound
from goscrobble.services import identity, settlement
from goscrobble.services.core import Core
from goscrobble.services.identity import Identified, identify, recall
from goscrobble.services.settlement import SELF, Changes, other_sources, source_of
from goscrobble.storage import scrobbles, spellings
from goscrobble.storage.database import Connection
from goscrobble.storage.scrobbles import HeardRow, LockedUser, PlayRow

RESTORABLE = 30 * 86400  # seconds for which a deletion or an edit can be undone
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edit:
    """New values of a play; None leaves one as it is. An empty album removes it. `played_at` is Unix seconds."""

    title: str | None = None
    artists: tuple[str, ...] | None = None
    album: str | None = None
    played_at: int | None = None


def as_shown(play: Scrobble) -> ScrobbleDraft:
    """Return a play's values as they are shown now, for `edit` to change some of."""
    return ScrobbleDraft(
        title=play.track.name,
        artists=tuple(artist.name for artist in play.artists),
        played_at=play.played_at,
        album=play.album.name if play.album else None,
        duration=play.duration,
        listened=play.listened,
    )


def delete(core: Core, account_id: int, play: int) -> None:
    """Delete a play; it does not come back when it is reported again. Raises NotFound."""

    def work(connection: Connection, user: LockedUser, changes: Changes) -> None:
        row = _shown(connection, user, play)
        _fix(connection, user, play, row)
        _hide(connection, user, row, changes)
        scrobbles.bury(connection, user.id, row, int(core.now()))

    user, _ = _corrected(core, account_id, work)
    core.plugins.tell("after_removal", username=user.username, play=play, merged_into=None)


def restore(core: Core, account_id: int, play: int) -> None:
    """Bring a play back that was deleted within the last 30 days. A play that is there stays. Raises NotFound."""

    def work(connection: Connection, user: LockedUser, changes: Changes) -> None:
        if play in scrobbles.plays(connection, user.id, [play]):
            return
        row = scrobbles.exhume(connection, user.id, play, int(core.now()) - RESTORABLE)
        if row is None:
            raise NotFound("There is no such scrobble to restore")
        members = _reports(connection, user, row)
        others = (source_of(member.voice) for member in members)
        row = replace(row, also_heard_by=other_sources(others, row.source))
        changes.came.append(scrobbles.add_play(connection, user.id, row))

    _corrected(core, account_id, work)


def edit(core: Core, account_id: int, play: int, values: Edit, current: ScrobbleDraft) -> None:
    """Change a play's names or time. `current` holds the names that are shown now.

    Raises NotFound, BadInput with a sentence, and Conflict when the same track stands at that second already.
    """
    draft = current.model_copy(
        update={
            key: value
            for key in ("title", "artists", "album", "played_at")
            if (value := getattr(values, key)) is not None
        }
    )
    try:
        draft = rules.tidy(draft)
    except ValueError as error:
        raise BadInput(*error.args) from None
    if reason := rules.judge(draft, core.now()):
        raise BadInput(reason)
    names = identify(core, account_id, [draft])[0]
    spelt = identity.spelt(
        names, title=values.title is not None, artists=values.artists is not None, album=bool(values.album)
    )

    def work(connection: Connection, user: LockedUser, changes: Changes) -> None:
        row = _shown(connection, user, play)
        taken = scrobbles.is_taken(connection, user.id, draft.played_at, names.track_id)
        if taken not in {None, play}:
            raise Conflict("This track was already played at that time")
        _fix(connection, user, play, row)
        _hide(connection, user, row, changes)
        scrobbles.bury(connection, user.id, row, int(core.now()))
        # An edit is a report too, the person's own: so no source that tells the corrected time makes a second play.
        nth = _free_nth(connection, user, draft.played_at, names.told_id, play)
        mine = HeardRow(
            draft.played_at, names.told_id, SELF, nth, Stamp.SELF, draft.duration, draft.listened, None, play, True
        )
        scrobbles.put_report(connection, user.id, mine)
        edited = replace(
            row,
            played_at=draft.played_at,
            track_id=names.track_id,
            album_id=names.album_id,
            told_id=names.told_id,
            album_told_id=names.told_id if names.album_id is not None else None,
            first_told_at=min(row.first_told_at, draft.played_at),
            last_told_at=max(row.last_told_at, draft.played_at),
        )
        changes.came.append(scrobbles.add_play(connection, user.id, edited))
        spellings.correct(connection, user.id, spelt)

    _corrected(core, account_id, work)


def undo_edit(core: Core, account_id: int, play: int) -> None:
    """Make a play what it was before its last edit of the last 30 days; without one it stays. Raises NotFound.

    The report that the edit made goes too, so a listen that is told where the play stood by mistake is one of its own.
    """

    def work(connection: Connection, user: LockedUser, changes: Changes) -> None:
        row = _shown(connection, user, play)
        earlier = scrobbles.exhume(connection, user.id, play, int(core.now()) - RESTORABLE)
        if earlier is None:
            return
        members = _reports(connection, user, row)
        edited = row.played_at, row.told_id
        mine = []
        if edited != (earlier.played_at, earlier.told_id):
            mine = [one for one in members if one.voice == SELF and edited == (one.told_at, one.told_id)]
            names = recall(core.database, connection, {one.told_id for one in mine})
            spellings.withdraw(connection, user.id, [one for known in names.values() for one in identity.spelt(known)])
        scrobbles.remove_reports(connection, user.id, mine)
        _hide(connection, user, row, changes)
        told = [member.told_at for member in members if member not in mine]
        before = replace(
            row,
            played_at=earlier.played_at,
            track_id=earlier.track_id,
            album_id=earlier.album_id,
            told_id=earlier.told_id,
            album_told_id=earlier.album_told_id,
            first_told_at=min(told, default=earlier.first_told_at),
            last_told_at=max(told, default=earlier.last_told_at),
        )
        changes.came.append(scrobbles.add_play(connection, user.id, before))

    _corrected(core, account_id, work)


def can_undo(core: Core, account_id: int, play: int) -> bool:
    """Return whether the last deletion or edit of a play can still be undone."""
    with core.database.read() as connection:
        return scrobbles.is_buried(connection, account_id, play, int(core.now()) - RESTORABLE)


def split(core: Core, account_id: int, play: int, voices: Collection[str]) -> int:
    """Make what these voices (or whole sources) told a play of its own, and return it. Raises NotFound, BadInput."""

    def work(connection: Connection, user: LockedUser, changes: Changes) -> int:
        row = _shown(connection, user, play)
        members = _reports(connection, user, row)
        leaving = [member for member in members if not {member.voice, source_of(member.voice)}.isdisjoint(voices)]
        staying = [member for member in members if member not in leaving]
        if not leaving or not staying:
            raise BadInput("Name some, but not all, of those who told this play")
        names = recall(core.database, connection, {member.told_id for member in members})
        _hide(connection, user, row, changes)
        made = None
        for part, known in ((staying, play), (leaving, None)):
            stored = scrobbles.add_play(connection, user.id, _row_of(part, names, known))
            changes.came.append(stored)
            made = stored.known_id
            _decide(connection, user, part, made)
        if made is None:
            raise AssertionError("a play is always added")
        return made

    return _corrected(core, account_id, work)[1]


def merge(core: Core, account_id: int, play: int, into: int) -> None:
    """Make two plays one: `play` vanishes into `into`. Raises NotFound, BadInput."""
    if play == into:
        raise BadInput("A play cannot be merged into itself")

    def work(connection: Connection, user: LockedUser, changes: Changes) -> None:
        gone, kept = _shown(connection, user, play), _shown(connection, user, into)
        scrobbles.exhume(connection, user.id, play, since=0)  # what it was before an edit is not to be restored
        members = _reports(connection, user, gone)
        _decide(connection, user, members, into)
        _fix(connection, user, into, kept)
        _hide(connection, user, gone, changes)
        _hide(connection, user, kept, changes)
        others = {gone.source, *(gone.also_heard_by or "").split(","), *(kept.also_heard_by or "").split(",")}
        united = replace(
            kept,
            also_heard_by=other_sources(others, kept.source),
            first_told_at=min(gone.first_told_at, kept.first_told_at),
            last_told_at=max(gone.last_told_at, kept.last_told_at),
        )
        changes.came.append(scrobbles.add_play(connection, user.id, united))

    user, _ = _corrected(core, account_id, work)
    core.plugins.tell("after_removal", username=user.username, play=play, merged_into=into)


def _corrected(
    core: Core, account_id: int, work: Callable[[Connection, LockedUser, Changes], T]
) -> tuple[LockedUser, T]:
    """Run a correction in one transaction that holds the user's row, rollups included."""

    def transaction(connection: Connection) -> tuple[LockedUser, T]:
        user = scrobbles.lock_user(connection, account_id)
        changes = Changes()
        result = work(connection, user, changes)
        settlement.apply_rollups(connection, user, changes, {})
        return user, result

    return core.database.write(transaction)


def _shown(connection: Connection, user: LockedUser, play: int) -> PlayRow:
    row = scrobbles.plays(connection, user.id, [play]).get(play)
    if row is None:
        raise NotFound("There is no such scrobble")
    return row


def _reports(connection: Connection, user: LockedUser, row: PlayRow) -> list[HeardRow]:
    return scrobbles.reports_of(connection, user.id, row.known_id, row.first_told_at, row.last_told_at)


def _free_nth(connection: Connection, user: LockedUser, at: int, told_id: int, play: int) -> int:
    """Return a place for the person's own report beside those of other plays, which stay theirs."""
    taken = {
        row.nth
        for row in scrobbles.heard_between(connection, user.id, at, at)
        if row.voice == SELF and row.told_id == told_id and row.play_id != play
    }
    return next(nth for nth in range(len(taken) + 1) if nth not in taken)


def _fix(connection: Connection, user: LockedUser, play: int, row: PlayRow) -> None:
    _decide(connection, user, _reports(connection, user, row), play)


def _decide(connection: Connection, user: LockedUser, members: list[HeardRow], play: int) -> None:
    scrobbles.move_reports(connection, user.id, [replace(member, play_id=play, fixed=True) for member in members])


def _hide(connection: Connection, user: LockedUser, row: PlayRow, changes: Changes) -> None:
    scrobbles.remove_plays(connection, user.id, [row.known_id])
    changes.vanished.append(row)


def _row_of(members: list[HeardRow], names: dict[int, Identified], play: int | None) -> PlayRow:
    reports = [settlement.report(member, names[member.told_id], play=play) for member in members]
    return settlement.play_row(settlement.as_one(reports), play, names)
