"""Settling over the database: new reports join the stored ones of their neighbourhood, and plays follow.

Runs inside the transaction that has locked the user's row. `domain.twins` decides; here its answer is compared with
what is shown, and only the difference is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from goscrobble.domain import twins
from goscrobble.domain.drafts import Stamp
from goscrobble.domain.twins import Group, Report
from goscrobble.services import identity
from goscrobble.services.identity import Identified
from goscrobble.storage import music, rollups, scrobbles
from goscrobble.storage.database import Connection, Database
from goscrobble.storage.scrobbles import HeardRow, LockedUser, PlayRow

SELF = "self"  # the voice of the person, who adds or corrects a play by hand
NEAREST = 150  # reports on each side that a new one is settled with; beyond (hours of one looped track) plays stand


@dataclass(slots=True)
class Changes:
    """What a settlement did, for rollups and for those who want to be told."""

    names: dict[int, Identified] = field(default_factory=dict)  # of all reports met, by `told_id`
    came: list[PlayRow] = field(default_factory=list)
    vanished: list[PlayRow] = field(default_factory=list)
    made: set[int] = field(default_factory=set)  # plays that did not exist before
    merged: dict[int, int] = field(default_factory=dict)  # play that vanished -> play it is part of
    plays: dict[tuple[int, int, str, int], int] = field(default_factory=dict)  # report's key -> its play


Key = tuple[int, int, str, int]


def key_of(row: HeardRow | Report) -> Key:
    """Return what makes a report the same report: when, what, who, how-many-eth."""
    told = row.told_id if isinstance(row, HeardRow) else row.told
    return row.told_at, told, row.voice, row.nth


def report(row: HeardRow, names: Identified, *, play: int | None) -> Report:
    """Return what matching needs of a report."""
    return Report(
        told_at=row.told_at,
        voice=row.voice,
        stamp=row.stamp,
        title_key=names.title_key,
        artists=names.artist_keys,
        duration=row.duration,
        listened=row.listened,
        origin=row.origin,
        nth=row.nth,
        ids=names.ids,
        title=names.title,
        told=row.told_id,
        play=play,
        fixed=row.fixed,
    )


def settle(
    database: Database,
    connection: Connection,
    user: LockedUser,
    new: Sequence[HeardRow],
    names: Iterable[Identified],
) -> Changes:
    """Store new reports (their `play_id` is ignored) and bring the plays of their neighbourhoods up to date.

    Rollups are brought up to date as well. `names` are those of the new reports.
    """
    changes = Changes({named.told_id: named for named in names})
    known = changes.names
    distinct: dict[Key, HeardRow] = {}
    for row in new:
        earlier = distinct.get(key_of(row))
        distinct[key_of(row)] = row if earlier is None else _united(earlier, row)
    for part in _stretches(distinct, known):
        _settle_stretch(database, connection, user, part, known, changes)
    artists = {known_names.track_id: known_names.artist_ids for known_names in known.values()}
    apply_rollups(connection, user, changes, artists)
    return changes


def _united(one: HeardRow, other: HeardRow) -> HeardRow:
    """Return what two tellings of the same report say together; the same in whatever order they came."""
    stamp = min(one.stamp, other.stamp, key=lambda stamp: stamp.rank)
    listened = [seconds for seconds in (one.listened, other.listened) if seconds]
    tighter = min if stamp is Stamp.EITHER else max  # there it is a bound
    return replace(
        one,
        stamp=stamp,
        duration=max(one.duration or 0, other.duration or 0) or None,
        listened=tighter(listened, default=None),
        origin=min(filter(None, (one.origin, other.origin)), default=None),
    )


def apply_rollups(
    connection: Connection, user: LockedUser, changes: Changes, artists: Mapping[int, tuple[int, ...]]
) -> None:
    """Carry what came and vanished over to the rollups."""
    if changes.came or changes.vanished:
        missing = {play.track_id for play in (*changes.came, *changes.vanished)} - artists.keys()
        if missing:
            artists = {**artists, **music.artists_of(connection, missing)}
        rollups.apply(
            connection, user.id, user.time_zone, vanished=changes.vanished, came=changes.came, artists=artists
        )


@dataclass(slots=True)
class _Stretch:
    """New reports that are close in time, and the window in which they are settled."""

    lo: int
    hi: int
    rows: dict[Key, tuple[HeardRow, Report]] = field(default_factory=dict)


def _stretches(rows: Mapping[Key, HeardRow], names: Mapping[int, Identified]) -> list[_Stretch]:
    """Split new reports into stretches of time that are read from the database at once."""
    fresh = [(key, row, report(row, names[row.told_id], play=None)) for key, row in rows.items()]
    spans = sorted((*_window([one]), key, row, one) for key, row, one in fresh)
    parts: list[_Stretch] = []
    for lo, hi, key, row, one in spans:
        if not parts or lo > parts[-1].hi:
            parts.append(_Stretch(lo, hi))
        parts[-1].hi = max(parts[-1].hi, hi)
        parts[-1].rows[key] = row, one
    return parts


def _window(reports: Sequence[Report]) -> tuple[int, int]:
    spans = [twins.reach(one) for one in reports]
    longest = max(max(one.duration or 0, one.listened or 0) for one in reports)
    return twins.told_window(min(lo for lo, _ in spans), max(hi for _, hi in spans), longest)


def _settle_stretch(
    database: Database,
    connection: Connection,
    user: LockedUser,
    stretch: _Stretch,
    names: dict[int, Identified],
    changes: Changes,
) -> None:
    news = {key: row for key, (row, _) in stretch.rows.items()}
    lo, hi = stretch.lo, stretch.hi
    while True:
        rows = {key_of(row): row for row in scrobbles.heard_between(connection, user.id, lo, hi)}
        names |= identity.recall(database, connection, {row.told_id for row in rows.values()} - names.keys())
        changed = {key: _united(rows[key], row) for key, row in news.items() if key in rows}
        changed = {key: row for key, row in changed.items() if row != rows[key]}
        changes.plays |= {key: rows[key].play_id for key in news if key in rows}
        touched = news.keys() - (rows.keys() - changed.keys())
        if not touched:
            return
        everything = [report(row, names[row.told_id], play=row.play_id) for row in (rows | changed).values()]
        everything += [fresh for key, (_, fresh) in stretch.rows.items() if key not in rows]

        def is_touched(one: Report, touched: Collection[Key] = touched) -> bool:
            return key_of(one) in touched

        components = [part for part in twins.components(everything, touching=is_touched) if any(map(is_touched, part))]
        reached = [_window(_nearest(component, touched)[0]) for component in components]
        needed = min(window[0] for window in reached), max(window[1] for window in reached)
        if needed[0] >= lo and needed[1] <= hi:
            break
        span = hi - lo  # read twice as far at least: a long chain is found in few steps
        lo, hi = (needed[0] - span if needed[0] < lo else lo), (needed[1] + span if needed[1] > hi else hi)
    for row in changed.values():
        scrobbles.put_report(connection, user.id, row)
    nearest = [_nearest(component, touched) for component in components]
    shown = scrobbles.plays(connection, user.id, {one.play for near, _ in nearest for one in near if one.play})
    _write(connection, user, [_settled(*part, shown) for part in nearest], names, changes)


@dataclass(frozen=True, slots=True)
class _Settled:
    """The plays that the reports of one neighbourhood make."""

    reports: list[Report]
    groups: list[Group]
    owners: dict[Group, int]  # which play each group continues; what it makes is added
    shown: dict[int, PlayRow]  # their plays, as they were


def _settled(near: list[Report], held: Collection[int], shown: Mapping[int, PlayRow]) -> _Settled:
    decided: dict[int, list[Report]] = {}
    free = []
    for one in near:
        if one.play is not None and (one.fixed or one.play in held):
            decided.setdefault(one.play, []).append(one)
        else:
            free.append(one)
    groups = twins.settle(free, list(decided.values()))
    old = {one.play for one in near if one.play is not None}
    return _Settled(
        near, groups, _owners(near, groups, old), {play: shown[play] for play in sorted(old & shown.keys())}
    )


def _nearest(component: list[Report], touched: Collection[Key]) -> tuple[list[Report], set[int]]:
    """Return the reports to settle, and the plays among them that must stand because part of them is out of sight."""
    if len(component) <= 2 * NEAREST + 1:
        return component, set()
    ordered = sorted(component, key=lambda one: (one.told_at, one.preference))
    fresh = [i for i, one in enumerate(ordered) if key_of(one) in touched]
    lo, hi = max(fresh[0] - NEAREST, 0), fresh[-1] + NEAREST + 1
    beyond = {one.play for one in (*ordered[:lo], *ordered[hi:]) if one.play is not None}
    return ordered[lo:hi], beyond


def _owners(reports: list[Report], groups: list[Group], old: set[int]) -> dict[Group, int]:
    """Return which play each group continues: a play goes where its best report went, a decided one stays."""
    home = {id(one): group for group in groups for one in group.reports}
    owners: dict[Group, int] = {}
    for group in groups:
        if group.fixed and group.reports[0].play is not None:
            owners[group] = group.reports[0].play
    best: dict[int, Report] = {}
    for one in reports:
        if one.play is not None and (one.play not in best or one.preference < best[one.play].preference):
            best[one.play] = one
    for play in sorted(old - set(owners.values())):
        owners.setdefault(home[id(best[play])], play)
    return owners


def _write(
    connection: Connection,
    user: LockedUser,
    parts: Sequence[_Settled],
    names: Mapping[int, Identified],
    changes: Changes,
) -> None:
    """Write what differs between the plays that should stand and those that do."""
    gone: list[PlayRow] = []
    new: list[tuple[_Settled, Group, PlayRow]] = []
    for part in parts:
        wanted = _wanted_rows(connection, user, part, names)
        standing = {row.id for row in wanted.values() if row.id is not None and part.shown.get(row.id) == row}
        gone += [row for play, row in part.shown.items() if play not in standing]
        new += [(part, group, row) for group, row in wanted.items() if row.id not in standing]
    scrobbles.remove_plays(connection, user.id, [row.known_id for row in gone])
    stored = scrobbles.add_plays(connection, user.id, [row for _, _, row in new])
    for (part, group, _), row in zip(new, stored, strict=True):
        if group not in part.owners:
            part.owners[group] = row.known_id
            changes.made.add(row.known_id)
    changes.vanished += gone
    changes.came += stored
    _store_reports(connection, user, parts, changes)
    for part in parts:
        home = {id(one): group for group in part.groups for one in group.reports}
        for play in sorted(part.shown.keys() - set(part.owners.values())):
            best = min((one for one in part.reports if one.play == play), key=lambda one: one.preference)
            changes.merged[play] = part.owners[home[id(best)]]


def _wanted_rows(
    connection: Connection, user: LockedUser, part: _Settled, names: Mapping[int, Identified]
) -> dict[Group, PlayRow]:
    """Return the rows of the plays that should stand."""
    wanted = _decided_rows(connection, user, part.groups, part.owners, part.shown)
    taken = {(row.track_id, row.played_at) for row in wanted.values()}
    for group in sorted(part.groups, key=lambda group: (group.start, group.best.preference)):
        if not group.fixed:
            row = play_row(group, part.owners.get(group), names)
            while (row.track_id, row.played_at) in taken:  # a second device, in the same second
                row = replace(row, played_at=row.played_at + 1)
            taken.add((row.track_id, row.played_at))
            wanted[group] = row
    return wanted


def _decided_rows(
    connection: Connection,
    user: LockedUser,
    groups: list[Group],
    owners: Mapping[Group, int],
    shown: Mapping[int, PlayRow],
) -> dict[Group, PlayRow]:
    """Return the rows of plays that a person decided on: as they are, but for who else heard them."""
    rows: dict[Group, PlayRow] = {}
    for group in groups:
        if not group.fixed:
            continue
        row = shown.get(owners[group])
        first = min(one.told_at for one in group.reports)
        last = max(one.told_at for one in group.reports)
        if row is None:  # deleted: it is joined in silence
            scrobbles.widen_deleted(connection, user.id, owners[group], first, last)
            continue
        others = {*(row.also_heard_by or "").split(","), *(source_of(one.voice) for one in group.reports)}
        first, last = min(first, row.first_told_at), max(last, row.last_told_at)
        rows[group] = replace(
            row, also_heard_by=other_sources(others, row.source), first_told_at=first, last_told_at=last
        )
    return rows


def source_of(voice: str) -> str:
    """Return the plugin (or core feature) that a voice belongs to."""
    return voice.partition(":")[0]


def other_sources(sources: Iterable[str], source: str) -> str | None:
    """Return who else heard a play, as it is stored; a person's own edit is no source."""
    return ",".join(sorted({*sources} - {source, SELF, ""})) or None


def play_row(group: Group, play: int | None, names: Mapping[int, Identified]) -> PlayRow:
    """Return what a play shows: start from all reports, the rest from the best one that tells it."""
    ranked = sorted(group.reports, key=lambda one: one.preference)
    best = ranked[0]
    source = source_of(best.voice)
    same_track = (names[one.told] for one in ranked if names[one.told].track_id == names[best.told].track_id)
    on_album = next((named for named in same_track if named.album_id is not None), None)
    return PlayRow(
        id=play,
        played_at=group.start,
        track_id=names[best.told].track_id,
        album_id=on_album.album_id if on_album else None,
        duration=next((one.duration for one in ranked if one.duration), None),
        listened=next((one.listened for one in ranked if one.listened and one.stamp is not Stamp.EITHER), None),
        source=source,
        also_heard_by=other_sources((source_of(one.voice) for one in ranked), source),
        first_told_at=min(one.told_at for one in ranked),
        last_told_at=max(one.told_at for one in ranked),
        told_id=best.told,
        album_told_id=on_album.told_id if on_album else None,
    )


def as_one(reports: Sequence[Report]) -> Group:
    """Return the play that these reports make if they are of one listen, whatever they say."""
    return twins.settle((), [reports])[0]


def _store_reports(connection: Connection, user: LockedUser, parts: Sequence[_Settled], changes: Changes) -> None:
    fresh: list[HeardRow] = []
    moved: list[HeardRow] = []
    for group, play in ((group, play) for part in parts for group, play in part.owners.items()):
        for one in group.reports:
            changes.plays[key_of(one)] = play
            if one.play == play:
                continue
            row = HeardRow(
                one.told_at,
                one.told,
                one.voice,
                one.nth,
                one.stamp,
                one.duration,
                one.listened,
                one.origin,
                play,
                one.fixed,
            )
            (fresh if one.play is None else moved).append(row)
    scrobbles.add_reports(connection, user.id, sorted(fresh, key=key_of))
    scrobbles.move_reports(connection, user.id, sorted(moved, key=key_of))
