"""A play of a track by several artists names the track in the artist's place: a chart of artists reads no tracks.

PostgreSQL keeps the packed plays of a day in its row: fetching each column from elsewhere took half of a reading.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SHARED = 1 << 31
AT_ONCE = 500  # days
NAMES = ("tracks", "artists", "albums", "seconds", "starts")


def upgrade() -> None:
    _keep("SET (toast_tuple_target = 8160)")  # the most that there may be: a page
    _rewrite(lambda artist, track: artist or SHARED + track)


def downgrade() -> None:
    _keep("RESET (toast_tuple_target)")
    _rewrite(lambda artist, _track: artist if artist < SHARED else 0)


def _keep(option: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE user_day_plays {option}")


def _rewrite(told: Callable[[int, int], int]) -> None:
    """Write the artists of every day anew, each from what stands there and the track; on PostgreSQL, the row whole."""
    connection = op.get_bind()
    days = sa.table("user_day_plays", sa.column("user_id"), sa.column("day"), *map(sa.column, NAMES))
    query = sa.select(days.c.user_id, days.c.day, *(days.c[name] for name in NAMES)).limit(AT_ONCE)
    query = query.order_by(days.c.user_id, days.c.day)
    change = (
        sa.update(days)
        .where(days.c.user_id == sa.bindparam("the_user"), days.c.day == sa.bindparam("the_day"))
        .values({name: sa.bindparam(f"new_{name}", type_=sa.LargeBinary()) for name in NAMES})
    )
    last: tuple[int, int] = (-1, -1)
    while found := connection.execute(query.where(sa.tuple_(days.c.user_id, days.c.day) > last)).all():
        connection.execute(change, [_day(row, told) for row in found])
        last = (found[-1].user_id, found[-1].day)


def _day(row: sa.Row[Any], told: Callable[[int, int], int]) -> dict[str, object]:
    artists, tracks = _numbers(row.artists), _numbers(row.tracks)
    kept = {name: bytes(getattr(row, name)) for name in NAMES}
    kept["artists"] = _packed(array("I", map(told, artists, tracks)))
    return {"the_user": row.user_id, "the_day": row.day, **{f"new_{name}": kept[name] for name in NAMES}}


def _numbers(packed: bytes) -> array[int]:
    numbers = array("I", bytes(packed))
    if sys.byteorder == "big":  # they are stored as on most machines
        numbers.byteswap()
    return numbers


def _packed(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
