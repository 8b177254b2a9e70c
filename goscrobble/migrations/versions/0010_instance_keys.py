"""Ids of plays are spelt with a key of the instance, so that they tell nobody how many plays there are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instance_key",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_instance_key")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("instance_key")
