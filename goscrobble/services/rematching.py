"""Give each listener words of their own, and match all plays anew by them: the part of an upgrade that takes long.

Up to then one listener's tags named a track for everybody. Done in short transactions, each of which leaves everything
true, sums included, so it may be interrupted at any moment and goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from goscrobble.domain.drafts import ScrobbleDraft, TrackIds
from goscrobble.services import identity, settlement
from goscrobble.services.identity import Identified
from goscrobble.services.settlement import Changes
from goscrobble.storage import rematching as stored
from goscrobble.storage import scrobbles
from goscrobble.storage.database import Connection, Database
from goscrobble.storage.rematching import OldTold
from goscrobble.storage.scrobbles import HeardRow, LockedUser, PlayRow

AT_ONCE = 100  # plays of one transaction

Progress = Callable[[int], object]  # told how many more plays are done


def plays_left(database: Database) -> int | None:
    """Return how many plays must be matched anew; None: nothing is to be done at all."""
    with database.read() as connection:
        return stored.plays_left(connection) if stored.is_pending(connection) else None


def rematch(database: Database, on_progress: Progress = lambda _plays: None) -> None:
    """Do all that is left. Several processes may: each finds less to do."""
    with database.read() as connection:
        accounts = scrobbles.user_ids(connection)
    for account_id in accounts:
        place: tuple[int, int] | None = (-1, -1)
        while place is not None:
            place, count = database.write(partial(_match_plays, database, account_id, place))
            on_progress(count)
        for rest in (_match_snapshots, _reword_rest):
            while database.write(partial(rest, database, account_id)):
                pass
    while database.write(lambda connection: stored.forget_old(connection, AT_ONCE)):
        pass


def _match_plays(
    database: Database, account_id: int, place: tuple[int, int], connection: Connection
) -> tuple[tuple[int, int] | None, int]:
    """Match the plays behind a place anew; returns the place of the last one (None: no more) and how many they are."""
    user = scrobbles.lock_user(connection, account_id)
    plays = stored.next_plays(connection, user.id, place, AT_ONCE)
    snapshots = stored.snapshots_of(connection, user.id, [play.known_id for play in plays])
    changes = Changes()
    words = _Words(database, connection, user, plays)
    for play in plays:
        if play.known_id in snapshots:
            stored.put_snapshot(connection, user.id, words.of(snapshots[play.known_id]))
        new = words.of(play)
        while new.track_id != play.track_id and scrobbles.is_taken(
            connection, user.id, new.played_at, new.track_id
        ) not in {None, new.id}:
            new = replace(new, played_at=new.played_at + 1)
        stored.put_play(connection, new)
        if (new.played_at, new.track_id, new.album_id) != (play.played_at, play.track_id, play.album_id):
            changes.vanished.append(play)
            changes.came.append(new)
    settlement.apply_rollups(connection, user, changes, {})
    return ((plays[-1].played_at, plays[-1].track_id) if plays else None), len(plays)


def _match_snapshots(database: Database, account_id: int, connection: Connection) -> bool:
    """Do the same to what some deleted plays were; returns whether there may be more."""
    user = scrobbles.lock_user(connection, account_id)
    plays = stored.next_snapshots(connection, user.id, AT_ONCE)
    words = _Words(database, connection, user, plays)
    for play in plays:
        stored.put_snapshot(connection, user.id, words.of(play))
    return bool(plays)


def _reword_rest(database: Database, account_id: int, connection: Connection) -> bool:
    """Give their words to reports of plays that are gone for good; returns whether there may be more."""
    user = scrobbles.lock_user(connection, account_id)
    members = stored.next_reports(connection, user.id, AT_ONCE)
    _reword(database, connection, user, members, stored.old_words(connection, {one.told_id for one in members}))
    return bool(members)


class _Words:
    """The reports of some plays, which are given the listener's own words, and what the plays show by them."""

    def __init__(self, database: Database, connection: Connection, user: LockedUser, plays: Sequence[PlayRow]) -> None:
        self._members = {
            play.known_id: scrobbles.reports_of(
                connection, user.id, play.known_id, play.first_told_at, play.last_told_at
            )
            for play in plays
        }
        every = [member for members in self._members.values() for member in members]
        self._old = stored.old_words(connection, {member.told_id for member in every})
        self._named = _reword(database, connection, user, every, self._old)
        own = {member.told_id for member in every} - self._old.keys()
        for told_id, known in identity.recall(database, connection, own).items():
            self._named |= {member: known for member in every if member.told_id == told_id}

    def of(self, play: PlayRow) -> PlayRow:
        """Return a play as it is in the listener's own words."""
        members = self._members[play.known_id]
        if any(member.fixed for member in members):  # a person decided what it shows
            members = [member for member in members if self._shows(member, play)] or members
        names = {self._named[member].told_id: self._named[member] for member in members}
        reports = [
            settlement.report(replace(member, told_id=self._named[member].told_id), self._named[member], play=play.id)
            for member in members
        ]
        shown = settlement.play_row(settlement.as_one(reports), play.id, names)
        return replace(
            play,
            track_id=shown.track_id,
            album_id=shown.album_id,
            told_id=shown.told_id,
            album_told_id=shown.album_told_id,
        )

    def _shows(self, member: HeardRow, play: PlayRow) -> bool:
        """Return whether a play shows what this report told."""
        old = self._old.get(member.told_id)
        return old is not None and (old.track_id, old.album_id) == (play.track_id, play.album_id)


def _reword(
    database: Database,
    connection: Connection,
    user: LockedUser,
    members: Sequence[HeardRow],
    old: Mapping[int, OldTold],
) -> dict[HeardRow, Identified]:
    """Give reports in old words the listener's own, and return these."""
    ours = [member for member in members if member.told_id in old]
    drafts = [_draft(member, old[member.told_id]) for member in ours]
    names = identity.recollect(database, user.id, drafts)
    known = dict(zip(ours, identity.learn(connection, names, int(time.time())).of_drafts(), strict=True))
    stored.reword(connection, user.id, {member: named.told_id for member, named in known.items()})
    return known


def _draft(member: HeardRow, words: OldTold) -> ScrobbleDraft:
    return ScrobbleDraft(
        title=words.title,
        artists=tuple(json.loads(words.artists)),
        played_at=member.told_at,
        album=words.album,
        album_artists=tuple(json.loads(words.album_artists)),
        duration=member.duration,
        ids=TrackIds(**json.loads(words.ids)),
    )
