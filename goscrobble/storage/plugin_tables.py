"""The tables that plugins left in the database."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, MetaData, inspect

from goscrobble.domain.plugin_names import owner_of_table, table_prefix, version_table
from goscrobble.models import Base


def of_plugin(connection: Connection, plugin: str, known: Iterable[str]) -> list[str]:
    """Return the names of a plugin's tables, sorted; `known` are the names of the plugins that are installed.

    A plugin that has left its own table of versions is known too, so that foo does not own the tables of foo_bar.
    """
    names = [name for name in inspect(connection).get_table_names() if name not in Base.metadata.tables]
    suffix = version_table("").removeprefix(table_prefix("")[:-1])
    left = [name.removeprefix("plugin_").removesuffix(suffix) for name in names if name.endswith(suffix)]
    return sorted(name for name in names if owner_of_table(name, [*known, *left, plugin]) == plugin)


def drop(connection: Connection, names: Iterable[str]) -> None:
    """Drop these tables, whatever order their foreign keys ask for."""
    metadata = MetaData()
    metadata.reflect(connection, only=list(names))
    metadata.drop_all(connection, tables=[metadata.tables[name] for name in names], checkfirst=False)
