"""Words to search by, pictures of artists and albums."""

import sqlalchemy as sa
from alembic import op

from goscrobble.domain.words import words_of

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AT_ONCE = 1000  # names whose words are written at once
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
    words = op.create_table(
        "search_word",
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "word",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("entity_id", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("kind", "word", "entity_id", name=op.f("pk_search_word")),
        sqlite_with_rowid=False,
    )
    for kind, (entity, name) in enumerate((("artist", "name"), ("album", "title"), ("track", "title"))):
        _fill(words, kind, sa.table(entity, sa.column("id"), sa.column(name)), name)
    op.create_index("ix_search_word_entity_id", "search_word", ["kind", "entity_id"], unique=False)
    op.create_index(op.f("ix_told_album_id"), "told", ["album_id"], unique=False)


def _fill(words: sa.Table, kind: int, entity: sa.TableClause, name: str) -> None:
    """Write the words of the names that are there already."""
    connection, last = op.get_bind(), 0
    query = sa.select(entity.c.id, entity.c[name]).order_by(entity.c.id).limit(AT_ONCE)
    while rows := connection.execute(query.where(entity.c.id > last)).all():
        last = rows[-1][0]
        connection.execute(
            words.insert(),
            [{"word": word, "kind": kind, "entity_id": id_} for id_, text in rows for word in sorted(words_of(text))],
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_told_album_id"), table_name="told")
    op.drop_table("search_word")
    op.drop_table("cover")
