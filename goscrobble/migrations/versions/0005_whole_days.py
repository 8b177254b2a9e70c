"""PostgreSQL keeps the packed plays of a day in its row: fetching each column from elsewhere took half of a reading."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAMES = ("tracks", "artists", "albums", "seconds", "starts")


def upgrade() -> None:
    _keep("SET (toast_tuple_target = 8160)")  # the most that there may be: a page


def downgrade() -> None:
    _keep("RESET (toast_tuple_target)")


def _keep(option: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text(f"ALTER TABLE user_day_plays {option}"))
        anew = ", ".join(f"{name} = {name} || ''::bytea" for name in NAMES)
        connection.execute(sa.text(f"UPDATE user_day_plays SET {anew}"))
