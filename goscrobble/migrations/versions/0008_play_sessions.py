"""Play sessions remember what was told of them, and how often their players tell how they go on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("play_session", sa.Column("told", sa.Integer(), nullable=True))
    op.add_column("play_session", sa.Column("gap", sa.Double(), nullable=True))
    op.add_column("play_session", sa.Column("is_lone", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE play_session SET told = CAST(heard AS INTEGER) WHERE judged")


def downgrade() -> None:
    for column in ("is_lone", "gap", "told"):
        op.drop_column("play_session", column)
