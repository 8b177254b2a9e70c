"""Hosts are left alone by the connection that they asked to wait, and by all only where they agree.

What was remembered is forgotten: it lasts for minutes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("paused_host")
    op.create_table(
        "paused_host",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("asker", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", "asker", name=op.f("pk_paused_host")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("paused_host")
    op.create_table(
        "paused_host",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_paused_host")),
        sqlite_with_rowid=False,
    )
