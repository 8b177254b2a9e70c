"""Plays and the reports they are derived from: the statements that ingest and corrections need.

Every function is called inside a transaction that has locked the user's row (`lock_user`), so what it read stays true.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, insert, select, update

from goscrobble.domain.drafts import Stamp
from goscrobble.errors import NotFound
from goscrobble.models import DeletedPlay, Heard, ScrobbleRow, User, table
from goscrobble.storage.dialect import any_of, as_one_value, inserting, upsert
from goscrobble.storage.prepared import Prepared

_user, _scrobble, _heard, _deleted = table(User), table(ScrobbleRow), table(Heard), table(DeletedPlay)


@dataclass(frozen=True, slots=True)
class PlayRow:
    """A row of `scrobble`. `id` None: not stored yet. Times are Unix seconds, lengths seconds."""

    id: int | None
    played_at: int
    track_id: int
    album_id: int | None
    duration: int | None
    listened: int | None
    source: str
    also_heard_by: str | None
    first_told_at: int
    last_told_at: int
    told_id: int | None  # the words that are shown, in `told`; None only while an upgrade is not over
    album_told_id: int | None  # the album's

    @property
    def known_id(self) -> int:
        """The id of a play that is stored."""
        if self.id is None:
            raise ValueError("this play is not stored")
        return self.id

    @property
    def seconds(self) -> int:
        """What the play adds to time listened."""
        return self.listened or self.duration or 0


@dataclass(frozen=True, slots=True)
class HeardRow:
    """A row of `heard`, of one user."""

    told_at: int
    told_id: int
    voice: str
    nth: int
    stamp: Stamp
    duration: int | None
    listened: int | None
    origin: str | None
    play_id: int
    fixed: bool


_PLAY = tuple(_scrobble.c[name] for name in PlayRow.__dataclass_fields__)
_HEARD = tuple(_heard.c[name] for name in HeardRow.__dataclass_fields__)

_LOCK = Prepared(
    lambda _dialect: (
        update(_user)
        .where(_user.c.id == bindparam("the_user"))
        .values(revision=_user.c.revision + 1)
        .returning(_user.c.time_zone, _user.c.username)
    )
)
_BETWEEN = select(*_HEARD).where(
    _heard.c.user_id == bindparam("the_user"), _heard.c.told_at.between(bindparam("lo"), bindparam("hi"))
)
_HEARD_BETWEEN = Prepared(lambda _dialect: _BETWEEN)
_REPORTS_OF_PLAY = _BETWEEN.where(_heard.c.play_id == bindparam("play"))
_PLAYS = Prepared(
    lambda dialect: select(*_PLAY).where(
        _scrobble.c.user_id == bindparam("the_user"), any_of(dialect, _scrobble.c.id, "plays")
    )
)
_REMOVE = Prepared(
    lambda dialect: delete(_scrobble).where(
        _scrobble.c.user_id == bindparam("the_user"), any_of(dialect, _scrobble.c.id, "plays")
    )
)


_PLACE = _scrobble.c.id, _scrobble.c.played_at, _scrobble.c.track_id


def _inserting_plays(dialect: str) -> Any:
    return inserting(dialect, _scrobble).on_conflict_do_nothing().returning(*_PLACE)


_NEW_PLAY = [name for name in PlayRow.__dataclass_fields__ if name != "id"]
_ADD_NEW, _ADD_AGAIN = (Prepared(_inserting_plays, ["user_id", *names]) for names in (_NEW_PLAY, ["id", *_NEW_PLAY]))
_ADD_REPORTS = Prepared(lambda _dialect: insert(_heard), ["user_id", *HeardRow.__dataclass_fields__])
_MOVE = (
    update(_heard)
    .where(
        _heard.c.user_id == bindparam("the_user"),
        _heard.c.told_at == bindparam("at"),
        _heard.c.told_id == bindparam("told"),
        _heard.c.voice == bindparam("who"),
        _heard.c.nth == bindparam("n"),
    )
    .values(play_id=bindparam("play"), fixed=bindparam("is_fixed"))
)


@dataclass(frozen=True, slots=True)
class LockedUser:
    """What writing needs to know of the user whose row is locked."""

    id: int
    time_zone: str
    username: str


def lock_user(connection: Connection, user_id: int) -> LockedUser:
    """Lock the user's row until the transaction ends, and count the write. Raises NotFound if there is none."""
    found = _LOCK.fetch(connection, {"the_user": user_id})
    if not found:
        raise NotFound("This account no longer exists")
    return LockedUser(user_id, *found[0])


def hold_user(connection: Connection, user_id: int) -> None:
    """Lock the user's row without counting a write of plays. SQLite's writers are one after another anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(select(_user.c.id).where(_user.c.id == user_id).with_for_update(key_share=True))


def revision_of(connection: Connection, user_id: int) -> int | None:
    """Return how many writes the user's plays have seen, None without such a user."""
    return connection.execute(select(_user.c.revision).where(_user.c.id == user_id)).scalar()


def user_ids(connection: Connection) -> list[int]:
    """Return the ids of all users."""
    return list(connection.execute(select(_user.c.id).order_by(_user.c.id)).scalars())


def heard_between(connection: Connection, user_id: int, lo: int, hi: int) -> list[HeardRow]:
    """Return the user's reports told from `lo` to `hi`."""
    rows = _HEARD_BETWEEN.fetch(connection, {"the_user": user_id, "lo": lo, "hi": hi})
    return [_heard_row(row) for row in rows]


def reports_of(connection: Connection, user_id: int, play: int, first: int, last: int) -> list[HeardRow]:
    """Return the reports of a play, given between which times they were told."""
    rows = connection.execute(_REPORTS_OF_PLAY, {"the_user": user_id, "lo": first, "hi": last, "play": play})
    return [_heard_row(row) for row in rows]


def _heard_row(row: Any) -> HeardRow:
    at, told, voice, nth, stamp, duration, listened, origin, play, fixed = row
    return HeardRow(at, told, voice, nth, Stamp(stamp), duration, listened, origin, play, bool(fixed))


def plays(connection: Connection, user_id: int, ids: Collection[int]) -> dict[int, PlayRow]:
    """Return those of these plays that are shown."""
    if not ids:
        return {}
    bound = as_one_value(connection.dialect.name, ids)
    return {row[0]: PlayRow(*row) for row in _PLAYS.fetch(connection, {"the_user": user_id, "plays": bound})}


def add_play(connection: Connection, user_id: int, play: PlayRow) -> PlayRow:
    """Insert a play (see `add_plays`)."""
    return add_plays(connection, user_id, [play])[0]


def add_plays(connection: Connection, user_id: int, plays: Sequence[PlayRow]) -> list[PlayRow]:
    """Insert plays, keeping the id of one that has it. The one place of the house that inserts scrobbles.

    Where the same track stands at that second already (a second device), the next free second is taken.
    """
    stored: dict[int, PlayRow] = {}
    wanted = dict(enumerate(plays))
    while wanted:
        made: dict[tuple[int, int], int] = {}
        for add in (_ADD_NEW, _ADD_AGAIN):
            part = [play for play in wanted.values() if (play.id is None) == (add is _ADD_NEW)]
            rows = add.fetch_each(connection, [{"user_id": user_id, **_fields(play)} for play in part])
            made |= {(played_at, track): number for number, played_at, track in rows}
        for i, play in list(wanted.items()):
            number = made.pop((play.played_at, play.track_id), None)
            if number is None:
                wanted[i] = replace(play, played_at=play.played_at + 1)
            else:
                stored[i] = replace(wanted.pop(i), id=number)
    return [stored[i] for i in range(len(plays))]


def is_taken(connection: Connection, user_id: int, played_at: int, track_id: int) -> int | None:
    """Return the play of this track that stands at this second, if there is one."""
    return connection.execute(
        select(_scrobble.c.id).where(
            _scrobble.c.user_id == user_id, _scrobble.c.played_at == played_at, _scrobble.c.track_id == track_id
        )
    ).scalar()


def remove_plays(connection: Connection, user_id: int, ids: Collection[int]) -> None:
    """Delete these plays' rows; their reports stay."""
    if ids:
        _REMOVE.run(connection, [{"the_user": user_id, "plays": as_one_value(connection.dialect.name, ids)}])


def add_reports(connection: Connection, user_id: int, rows: Sequence[HeardRow]) -> None:
    """Insert reports; their keys are known to be free."""
    _ADD_REPORTS.run(connection, [_report_values(user_id, row) for row in rows])


def move_reports(connection: Connection, user_id: int, rows: Iterable[HeardRow]) -> None:
    """Make these stored reports belong to the plays that they name; their `fixed` is stored too."""
    values = [
        {
            "the_user": user_id,
            "at": row.told_at,
            "told": row.told_id,
            "who": row.voice,
            "n": row.nth,
            "play": row.play_id,
            "is_fixed": row.fixed,
        }
        for row in rows
    ]
    if values:
        connection.execute(_MOVE, values)


def remove_reports(connection: Connection, user_id: int, rows: Iterable[HeardRow]) -> None:
    """Delete these stored reports."""
    for row in rows:
        key = {"user_id": user_id, **{name: getattr(row, name) for name in ("told_at", "told_id", "voice", "nth")}}
        connection.execute(delete(_heard).filter_by(**key))


def put_report(connection: Connection, user_id: int, row: HeardRow) -> None:
    """Insert a report, or make the stored one of the same key belong to this row's play."""
    values = _report_values(user_id, row)
    changed = {key: values[key] for key in ("play_id", "fixed", "stamp", "duration", "listened", "origin")}
    statement = upsert(connection, _heard).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(_heard.primary_key), set_=changed))


def _report_values(user_id: int, row: HeardRow) -> dict[str, Any]:
    return {"user_id": user_id, **_fields(row), "stamp": str(row.stamp)}


def _fields(row: HeardRow | PlayRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def widen_deleted(connection: Connection, user_id: int, play: int, first: int, last: int) -> None:
    """Note that reports told between these times joined a deleted play."""
    at = _deleted.c.first_told_at, _deleted.c.last_told_at
    connection.execute(
        update(_deleted)
        .where(_deleted.c.user_id == user_id, _deleted.c.play_id == play)
        .values(
            first_told_at=case((at[0] > first, first), else_=at[0]),
            last_told_at=case((at[1] < last, last), else_=at[1]),
        )
    )


def bury(connection: Connection, user_id: int, play: PlayRow, now: int) -> None:
    """Remember what a play was, in place of what was remembered of it before, so that it can be restored."""
    kept = {key: value for key, value in _fields(play).items() if key != "id"} | {"deleted_at": now}
    statement = upsert(connection, _deleted).values(user_id=user_id, play_id=play.id, **kept)
    connection.execute(statement.on_conflict_do_update(index_elements=list(_deleted.primary_key), set_=kept))


def is_buried(connection: Connection, user_id: int, play: int, since: int) -> bool:
    """Return whether it is remembered what a play was before it was deleted or edited, at or after `since`."""
    grave = _deleted.c.user_id == user_id, _deleted.c.play_id == play, _deleted.c.deleted_at >= since
    return connection.execute(select(_deleted.c.play_id).where(*grave)).first() is not None


def exhume(connection: Connection, user_id: int, play: int, since: int) -> PlayRow | None:
    """Take what a play was out of its grave, if it was deleted or edited at or after `since`."""
    names = ["play_id", *(name for name in PlayRow.__dataclass_fields__ if name != "id")]
    row = connection.execute(
        delete(_deleted)
        .where(_deleted.c.user_id == user_id, _deleted.c.play_id == play, _deleted.c.deleted_at >= since)
        .returning(*(_deleted.c[name] for name in names))
    ).first()
    return PlayRow(*row) if row else None
