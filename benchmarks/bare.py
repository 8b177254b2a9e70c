"""The stack with nothing on it: Flask and one SQLAlchemy insert a request, which no code of ours can undercut.

Configured by BARE_DATABASE_URL; made ready once by `prepare`.
"""

from __future__ import annotations

import os

from flask import Flask, request
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    insert,
)

PATH = "/play"

_play = Table(
    "bare_play",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("played_at", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("artist", Text, nullable=False),
    Column("album", Text),
    Column("duration", Integer),
    UniqueConstraint("user_id", "played_at", "title"),
)


def make_app(url: str) -> Flask:
    """Return an application that stores each play it is sent: as durable as ours, and nothing else."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    app = Flask(__name__)

    @app.get("/health/ready")
    def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.post(PATH)
    def store() -> dict[str, str]:
        told = request.get_json()
        values = {
            "user_id": 1,
            "played_at": told["PlayedAt"],
            "title": told["Track"],
            "artist": told["Artist"][0],
            "album": told["Album"],
            "duration": told["Duration"],
        }
        with engine.begin() as connection:
            connection.execute(insert(_play), values)
        return {"message": "success"}

    return app


def prepare(url: str) -> None:
    """Make the table."""
    engine = create_engine(url)
    _play.create(engine, checkfirst=True)
    engine.dispose()


def _make_durable(connection, _record) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 20000"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


if "BARE_DATABASE_URL" in os.environ:
    app = make_app(os.environ["BARE_DATABASE_URL"])
