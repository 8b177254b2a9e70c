"""What all tables share. Flask-SQLAlchemy stays in this file: the rest of the house sees tables and connections."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    """Declarative base with stable names for constraints, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

# SQLite numbers rows by itself only when the type is exactly INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")

IntPk = Annotated[int, mapped_column(BigId, primary_key=True)]
Uuid = Annotated[str, mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))]
UnixTime = Annotated[int, mapped_column(BigInteger)]  # whole seconds, UTC
Name = Annotated[str, mapped_column(Text)]


def table(model: type[Any]) -> Table:
    """Return a model's table, for Core statements."""
    result: Table = model.__table__
    return result
