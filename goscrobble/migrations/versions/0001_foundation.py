"""Every table of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows only of type INTEGER
TABLES = (
    "artist",
    "identifier",
    "job",
    "setting",
    "track",
    "user_account",
    "album",
    "api_token",
    "deleted_play",
    "play_session",
    "refresh_token",
    "reset_token",
    "track_artist",
    "user_artist",
    "user_clock",
    "user_day",
    "user_track",
    "user_year_artist",
    "user_year_track",
    "web_session",
    "scrobble",
    "told",
    "user_album",
    "user_year_album",
    "heard",
)


def upgrade() -> None:
    op.create_table(
        "artist",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("canonical_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["canonical_id"], ["artist.id"], name=op.f("fk_artist_canonical_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_artist")),
        sa.UniqueConstraint("key", name=op.f("uq_artist_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_artist_uuid")),
    )
    op.create_index(op.f("ix_artist_canonical_id"), "artist", ["canonical_id"], unique=False)
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
    op.create_table(
        "job",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.String(length=80), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    op.create_index("ix_job_state_run_at", "job", ["state", "run_at"], unique=False)
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "track",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("canonical_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["canonical_id"], ["track.id"], name=op.f("fk_track_canonical_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track")),
        sa.UniqueConstraint("key", name=op.f("uq_track_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_track_uuid")),
    )
    op.create_index(op.f("ix_track_canonical_id"), "track", ["canonical_id"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_key", sa.String(length=64), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_mod", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("privacy", sa.String(length=10), server_default="public", nullable=False),
        sa.Column("token_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_account_email_key")),
        sa.UniqueConstraint("username_key", name=op.f("uq_user_account_username_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_user_account_uuid")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "album",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("artist_id", BIG_ID, nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("canonical_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artist.id"], name=op.f("fk_album_artist_id")),
        sa.ForeignKeyConstraint(["canonical_id"], ["album.id"], name=op.f("fk_album_canonical_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_album")),
        sa.UniqueConstraint("key", name=op.f("uq_album_key")),
        sa.UniqueConstraint("uuid", name=op.f("uq_album_uuid")),
    )
    op.create_index(op.f("ix_album_artist_id"), "album", ["artist_id"], unique=False)
    op.create_index(op.f("ix_album_canonical_id"), "album", ["canonical_id"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_api_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
        sa.UniqueConstraint("uuid", name=op.f("uq_api_token_uuid")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "deleted_play",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("play_id", BIG_ID, nullable=False),
        sa.Column("played_at", sa.BigInteger(), nullable=False),
        sa.Column("track_id", BIG_ID, nullable=False),
        sa.Column("album_id", BIG_ID, nullable=True),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("listened", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("also_heard_by", sa.Text(), nullable=True),
        sa.Column("first_told_at", sa.BigInteger(), nullable=False),
        sa.Column("last_told_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_deleted_play_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "play_id", name=op.f("pk_deleted_play")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deleted_play_deleted_at", "deleted_play", ["deleted_at"], unique=False)
    op.create_table(
        "play_session",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("voice", sa.String(length=120), nullable=False),
        sa.Column("player", sa.String(length=200), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.Column("heard", sa.Double(), nullable=False),
        sa.Column("position", sa.Double(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("judged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("shown_until", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_play_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "voice", "player", "item", name=op.f("pk_play_session")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_play_session_due_at", "play_session", ["due_at"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("family", sa.String(length=36), nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_refresh_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_expires_at"), "refresh_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_refresh_token_family"), "refresh_token", ["family"], unique=False)
    op.create_index(op.f("ix_refresh_token_user_id"), "refresh_token", ["user_id"], unique=False)
    op.create_table(
        "reset_token",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_reset_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_reset_token")),
    )
    op.create_index(op.f("ix_reset_token_user_id"), "reset_token", ["user_id"], unique=False)
    op.create_table(
        "track_artist",
        sa.Column("track_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("artist_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artist.id"], name=op.f("fk_track_artist_artist_id")),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_track_artist_track_id")),
        sa.PrimaryKeyConstraint("track_id", "position", name=op.f("pk_track_artist")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_track_artist_artist_id", "track_artist", ["artist_id"], unique=False)
    op.create_table(
        "user_artist",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("artist_id", BIG_ID, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artist.id"], name=op.f("fk_user_artist_artist_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_artist_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "artist_id", name=op.f("pk_user_artist")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_user_artist_artist_id"), "user_artist", ["artist_id"], unique=False)
    op.create_table(
        "user_clock",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_clock_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "hour", name=op.f("pk_user_clock")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "user_day",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_user_day_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "day", name=op.f("pk_user_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "user_track",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("track_id", BIG_ID, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_user_track_track_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_track_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "track_id", name=op.f("pk_user_track")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_user_track_track_id"), "user_track", ["track_id"], unique=False)
    op.create_table(
        "user_year_artist",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("artist_id", BIG_ID, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["artist_id"], ["artist.id"], name=op.f("fk_user_year_artist_artist_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_year_artist_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "year", "artist_id", name=op.f("pk_user_year_artist")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "user_year_track",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("track_id", BIG_ID, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_user_year_track_track_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_year_track_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "year", "track_id", name=op.f("pk_user_year_track")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "web_session",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("token_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_web_session_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_session")),
    )
    op.create_index("ix_web_session_expires_at", "web_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "scrobble",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("played_at", sa.BigInteger(), nullable=False),
        sa.Column("track_id", BIG_ID, nullable=False),
        sa.Column("album_id", BIG_ID, nullable=True),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("listened", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("also_heard_by", sa.Text(), nullable=True),
        sa.Column("first_told_at", sa.BigInteger(), nullable=False),
        sa.Column("last_told_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], name=op.f("fk_scrobble_album_id")),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_scrobble_track_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_scrobble_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scrobble")),
        sa.UniqueConstraint("user_id", "played_at", "track_id", name=op.f("uq_scrobble_user_id_played_at_track_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "told",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("artists", sa.Text(), nullable=False),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("album_artists", sa.Text(), nullable=False),
        sa.Column("ids", sa.Text(), nullable=False),
        sa.Column("track_id", BIG_ID, nullable=False),
        sa.Column("album_id", BIG_ID, nullable=True),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], name=op.f("fk_told_album_id")),
        sa.ForeignKeyConstraint(["track_id"], ["track.id"], name=op.f("fk_told_track_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told")),
        sa.UniqueConstraint("digest", name=op.f("uq_told_digest")),
    )
    op.create_index(op.f("ix_told_track_id"), "told", ["track_id"], unique=False)
    op.create_table(
        "user_album",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("album_id", BIG_ID, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], name=op.f("fk_user_album_album_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_album_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "album_id", name=op.f("pk_user_album")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_user_album_album_id"), "user_album", ["album_id"], unique=False)
    op.create_table(
        "user_year_album",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("album_id", BIG_ID, nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["album.id"], name=op.f("fk_user_year_album_album_id")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_year_album_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "year", "album_id", name=op.f("pk_user_year_album")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "heard",
        sa.Column("user_id", BIG_ID, nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("told_id", BIG_ID, nullable=False),
        sa.Column("voice", sa.String(length=120), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=12), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("listened", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=40), nullable=True),
        sa.Column("play_id", BIG_ID, nullable=False),
        sa.Column("fixed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["told_id"], ["told.id"], name=op.f("fk_heard_told_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_heard_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "told_at", "told_id", "voice", "nth", name=op.f("pk_heard")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
