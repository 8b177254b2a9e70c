"""Keep the titles."""

import sqlalchemy as sa
from alembic import op

revision = "good1"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "plugin_good_seen",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("plugin_good_seen")
