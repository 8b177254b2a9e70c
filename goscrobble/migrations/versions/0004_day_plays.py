"""The plays of each local day, packed, to count any range from, instead of sums of years; charts of the site."""

from array import array
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only of type INTEGER


NAMES = ("tracks", "artists", "albums", "seconds", "starts")
KINDS = ("artist", "track", "album")


def upgrade() -> None:
    packed = op.create_table(
        "user_day_plays",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tracks", sa.LargeBinary(), nullable=False),
        sa.Column("artists", sa.LargeBinary(), nullable=False),
        sa.Column("albums", sa.LargeBinary(), nullable=False),
        sa.Column("seconds", sa.LargeBinary(), nullable=False),
        sa.Column("starts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_day_plays_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_user_day_plays")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "site_chart",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("basis", sa.String(length=80), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site_chart")),
    )
    connection = op.get_bind()
    for user_id, time_zone in connection.execute(sa.text("SELECT id, time_zone FROM user_account ORDER BY id")).all():
        _fill(connection, packed, user_id, ZoneInfo(time_zone))
    for kind in KINDS:
        op.drop_table(f"user_year_{kind}")


def _fill(connection: sa.Connection, packed: sa.Table, user_id: int, tz: ZoneInfo) -> None:
    rows = connection.execute(
        sa.text(
            "SELECT played_at, track_id, (SELECT CASE WHEN count(*) = 1 THEN min(a.artist_id) ELSE 0 END"
            " FROM track_artist a WHERE a.track_id = scrobble.track_id), coalesce(album_id, 0),"
            " coalesce(nullif(listened, 0), duration, 0) FROM scrobble"
            " WHERE user_id = :user ORDER BY played_at, track_id"
        ),
        {"user": user_id},
    )
    days: dict[int, list[array[int]]] = {}
    for day, plays in groupby(rows, key=lambda row: datetime.fromtimestamp(row[0], tz).toordinal()):
        columns = days.setdefault(day, [array("I") for _ in NAMES])
        for at, *values in plays:
            for column, value in zip(columns, (*values, at), strict=True):
                column.append(value)
    values = [
        {"user_id": user_id, "day": day, **{name: bytes(part) for name, part in zip(NAMES, columns, strict=True)}}
        for day, columns in sorted(days.items())
    ]
    for start in range(0, len(values), 500):
        connection.execute(packed.insert(), values[start : start + 500])


def downgrade() -> None:
    """Go back to sums by UTC year, which nothing else than plays can tell."""
    op.drop_table("site_chart")
    op.drop_table("user_day_plays")
    connection = op.get_bind()
    for kind in KINDS:
        op.create_table(
            f"user_year_{kind}",
            sa.Column("user_id", BIG_ID, nullable=False),
            sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column(f"{kind}_id", BIG_ID, nullable=False),
            sa.Column("plays", sa.Integer(), nullable=False),
            sa.Column("seconds", sa.BigInteger(), nullable=False),
            sa.ForeignKeyConstraint([f"{kind}_id"], [f"{kind}.id"], name=op.f(f"fk_user_year_{kind}_{kind}_id")),
            sa.ForeignKeyConstraint(
                ["user_id"], ["user_account.id"], name=op.f(f"fk_user_year_{kind}_user_id"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("user_id", "year", f"{kind}_id", name=op.f(f"pk_user_year_{kind}")),
            sqlite_with_rowid=False,
        )
        year = "CAST(strftime('%Y', s.played_at, 'unixepoch') AS INTEGER)"
        if connection.dialect.name == "postgresql":
            year = "CAST(extract(year FROM to_timestamp(s.played_at) AT TIME ZONE 'UTC') AS INTEGER)"
        key, join = f"s.{kind}_id", ""
        if kind == "artist":
            key, join = "a.artist_id", " JOIN track_artist a ON a.track_id = s.track_id"
        connection.execute(
            sa.text(
                f"INSERT INTO user_year_{kind} (user_id, year, {kind}_id, plays, seconds)"
                f" SELECT s.user_id, {year}, {key}, count(*), sum(coalesce(nullif(s.listened, 0), s.duration, 0))"
                f" FROM scrobble s{join} WHERE {key} IS NOT NULL GROUP BY s.user_id, {year}, {key}"
            )
        )
