"""Words to search by, pictures of artists and albums."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only of type INTEGER


def upgrade() -> None:
    op.create_table(
        "cover",
        sa.Column("entity", sa.String(length=6), nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("large", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=16), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=True),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_cover_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("entity", "entity_id", name=op.f("pk_cover")),
    )
    op.create_index(op.f("ix_cover_user_id"), "cover", ["user_id"], unique=False)
    op.create_table(
        "search_word",
        sa.Column(
            "word",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("word", "kind", "entity_id", name=op.f("pk_search_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_word_entity_id", "search_word", ["kind", "entity_id"], unique=False)
    op.create_index(op.f("ix_told_album_id"), "told", ["album_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_told_album_id"), table_name="told")
    op.drop_table("search_word")
    op.drop_table("cover")
