"""Each listener's own words: `told` by listener, spellings, whom albums are by; the shared catalogue has no names.

What was told before belongs to nobody yet: `services.rematching` gives it to those who told it, in small steps.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only of type INTEGER
DIGEST = sa.LargeBinary(length=16)


def upgrade() -> None:
    op.create_table(
        "spelling",
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("user_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.Column("is_correction", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_spelling_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "entity_id", "user_id", "digest", name=op.f("pk_spelling")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_spelling_user_id"), "spelling", ["user_id"], unique=False)
    op.create_table(
        "album_artist",
        sa.Column("album_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("user_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("artist_id", BIG_ID, nullable=False),
        sa.Column("number", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], name=op.f("fk_album_artist_album_id")),
        sa.ForeignKeyConstraint(["artist_id"], ["artist.id"], name=op.f("fk_album_artist_artist_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_album_artist_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("album_id", "user_id", name=op.f("pk_album_artist")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_album_artist_artist_id", "album_artist", ["artist_id"], unique=False)
    op.create_index(op.f("ix_album_artist_user_id"), "album_artist", ["user_id"], unique=False)
    with op.batch_alter_table("told", table_kwargs={"sqlite_autoincrement": True}) as told:
        told.drop_constraint("uq_told_digest", type_="unique")
        told.add_column(sa.Column("user_id", BIG_ID, nullable=True))
        told.add_column(sa.Column("variant", sa.SmallInteger(), server_default="0", nullable=False))
        told.add_column(sa.Column("duration", sa.Integer(), nullable=True))
        told.add_column(sa.Column("title_key", DIGEST, nullable=True))
        told.add_column(sa.Column("album_key", DIGEST, nullable=True))
        told.add_column(sa.Column("artist_ids", sa.Text(), server_default="[]", nullable=False))
        told.create_foreign_key(op.f("fk_told_user_id"), "user_account", ["user_id"], ["id"], ondelete="CASCADE")
        told.create_unique_constraint(op.f("uq_told_user_id_digest_variant"), ["user_id", "digest", "variant"])
        told.create_index("ix_told_user_id_title_key", ["user_id", "title_key"], unique=False)
        told.create_index("ix_told_user_id_album_key", ["user_id", "album_key"], unique=False)
    for table in ("scrobble", "deleted_play"):
        op.add_column(table, sa.Column("told_id", BIG_ID, nullable=True))
        op.add_column(table, sa.Column("album_told_id", BIG_ID, nullable=True))
    op.drop_table("identifier")
    op.drop_column("artist", "name")
    op.drop_column("track", "title")
    op.drop_column("track", "duration")
    with op.batch_alter_table("album") as album:
        album.drop_constraint("fk_album_artist_id", type_="foreignkey")
        album.drop_index("ix_album_artist_id")
        album.drop_column("artist_id")
        album.drop_column("title")


def downgrade() -> None:
    """Go back to names that all share: those that were told first."""
    op.create_table(
        "identifier",
        sa.Column("entity", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("entity", "kind", "value", name=op.f("pk_identifier")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_identifier_entity_id", "identifier", ["entity", "entity_id"], unique=False)
    for table in ("scrobble", "deleted_play"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("album_told_id")
            changed.drop_column("told_id")
    op.add_column("artist", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("track", sa.Column("title", sa.Text(), server_default="", nullable=False))
    op.add_column("track", sa.Column("duration", sa.Integer(), nullable=True))
    with op.batch_alter_table("album") as album:
        album.add_column(sa.Column("title", sa.Text(), server_default="", nullable=False))
        album.add_column(sa.Column("artist_id", BIG_ID, nullable=True))
    for kind, (entity, name) in enumerate((("artist", "name"), ("album", "title"), ("track", "title"))):
        op.execute(
            f"UPDATE {entity} SET {name} = coalesce((SELECT s.text FROM spelling s WHERE s.kind = {kind}"
            f" AND s.entity_id = {entity}.id ORDER BY s.number LIMIT 1), '')"
        )
    op.execute(
        "UPDATE track SET duration = (SELECT t.duration FROM told t WHERE t.track_id = track.id"
        " AND t.duration IS NOT NULL ORDER BY t.id LIMIT 1)"
    )
    op.execute(
        "UPDATE album SET artist_id = coalesce((SELECT a.artist_id FROM album_artist a WHERE a.album_id = album.id"
        " ORDER BY a.number LIMIT 1), (SELECT min(id) FROM artist))"
    )
    with op.batch_alter_table("album") as album:
        album.alter_column("artist_id", existing_type=BIG_ID, nullable=False)
        album.alter_column("title", existing_type=sa.Text(), server_default=None)
        album.create_foreign_key("fk_album_artist_id", "artist", ["artist_id"], ["id"])
        album.create_index("ix_album_artist_id", ["artist_id"], unique=False)
    with op.batch_alter_table("artist") as artist:
        artist.alter_column("name", existing_type=sa.Text(), server_default=None)
    with op.batch_alter_table("track") as track:
        track.alter_column("title", existing_type=sa.Text(), server_default=None)
    first = "(SELECT min(o.id) FROM told o WHERE o.digest = (SELECT t.digest FROM told t WHERE t.id = heard.told_id))"
    op.execute(f"UPDATE heard SET told_id = {first}")
    op.execute("DELETE FROM told WHERE id NOT IN (SELECT min(id) FROM told GROUP BY digest)")
    with op.batch_alter_table("told") as told:
        told.drop_index("ix_told_user_id_album_key")
        told.drop_index("ix_told_user_id_title_key")
        told.drop_constraint("uq_told_user_id_digest_variant", type_="unique")
        told.drop_constraint("fk_told_user_id", type_="foreignkey")
        for name in ("artist_ids", "album_key", "title_key", "duration", "variant", "user_id"):
            told.drop_column(name)
        told.create_unique_constraint("uq_told_digest", ["digest"])
    op.drop_table("album_artist")
    op.drop_table("spelling")
