"""Connections of listeners and what happens on them, failures of plugins, the audit log, running processes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only of type INTEGER


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
    op.create_table(
        "node",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("host", sa.String(length=80), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("plugins", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "paused_host",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_paused_host")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plugin_failure",
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("hook", sa.String(length=60), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("recent", sa.Text(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("tripped_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("plugin", "hook", name=op.f("pk_plugin_failure")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_account",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("voice", sa.String(length=60), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("is_refused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("events", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_heard_at", sa.BigInteger(), nullable=True),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("poll_at", sa.BigInteger(), nullable=True),
        sa.Column("poll_owner", sa.String(length=80), nullable=True),
        sa.Column("poll_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_source_account_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_account")),
        sa.UniqueConstraint("user_id", "plugin", "voice", name=op.f("uq_source_account_user_id_plugin_voice")),
        sa.UniqueConstraint("uuid", name=op.f("uq_source_account_uuid")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_source_account_poll_at", "source_account", ["poll_at"], unique=False)
    op.create_table(
        "source_event",
        sa.Column("source_account_id", BIG_ID, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_account_id"],
            ["source_account.id"],
            name=op.f("fk_source_event_source_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_account_id", "slot", name=op.f("pk_source_event")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_value",
        sa.Column("source_account_id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_account_id"],
            ["source_account.id"],
            name=op.f("fk_source_value_source_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("source_account_id", "key", name=op.f("pk_source_value")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in (
        "source_value",
        "source_event",
        "source_account",
        "plugin_failure",
        "paused_host",
        "node",
        "audit_entry",
    ):
        op.drop_table(table)
