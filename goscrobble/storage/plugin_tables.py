"""What plugins left in the database's schema: their tables, and whatever else begins with their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.exc import DBAPIError

from goscrobble.domain.plugin_names import owner_of_table, table_prefix, version_table
from goscrobble.models import Base

# SQLite lets a table go that a trigger or a view still names, and then fails where those are used.
_SQLITE = """
SELECT type, name, tbl_name, CASE WHEN type = 'index' THEN '' ELSE sql END FROM sqlite_master
 WHERE type IN ('trigger', 'view', 'index') AND instr(name || sql, 'plugin_')
"""
# What goes with a table (its indexes, its constraint's, its sequences) is listed only where another's table has it.
_POSTGRESQL = """
SELECT 'trigger', g.tgname, t.relname, '' FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
 WHERE NOT g.tgisinternal AND starts_with(g.tgname, 'plugin_') AND pg_table_is_visible(t.oid)
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' ELSE 'sequence' END,
       c.relname,
       coalesce((SELECT t.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid WHERE x.indexrelid = c.oid),
                (SELECT t.relname FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
                  WHERE c.relkind = 'S' AND d.objid = c.oid AND d.deptype IN ('a', 'i') LIMIT 1), c.relname), ''
  FROM pg_class c
 WHERE c.relkind IN ('v', 'm', 'S', 'i') AND starts_with(c.relname, 'plugin_') AND pg_table_is_visible(c.oid)
UNION ALL
SELECT 'function', p.proname, p.proname, '' FROM pg_proc p
 WHERE starts_with(p.proname, 'plugin_') AND pg_function_is_visible(p.oid)
UNION ALL
SELECT 'type', y.typname, y.typname, '' FROM pg_type y
 WHERE y.typtype IN ('e', 'd', 'r') AND starts_with(y.typname, 'plugin_') AND pg_type_is_visible(y.oid)
"""
_FIRST = ("trigger", "view", "materialized view", "index")  # these before the tables, all others after them


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """Something beside tables: its kind as SQL has it, its name, and the table it is of (its own name: of none)."""

    kind: str
    name: str
    table: str

    def __str__(self) -> str:
        """Return it as it is listed."""
        return f"{self.kind} {self.name}"


def of_plugin(connection: Connection, plugin: str, known: Iterable[str]) -> list[str]:
    """Return the names of a plugin's tables, sorted; `known` are the names of the plugins that are installed.

    A plugin that has left its own table of versions is known too, so that foo does not own the tables of foo_bar.
    """
    names = _tables(connection)
    owners = [*known, *_versioned(names), plugin]
    return sorted(name for name in names if owner_of_table(name, owners) == plugin)


def things_of_plugin(connection: Connection, plugin: str, known: Iterable[str]) -> list[Thing]:
    """Return what else is called like a plugin's own and does not go with one of its tables, sorted."""
    query = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    names = _tables(connection)
    owners = [*known, *_versioned(names), plugin]
    found = set()
    for kind, name, of_table, text in connection.exec_driver_sql(query):
        owner = owner_of_table(name, owners)
        is_own = owner == plugin or (owner is None and table_prefix(plugin) in text)
        if is_own and (of_table not in names or owner_of_table(of_table, owners) != plugin):
            found.add(Thing(kind, name, of_table))
    return sorted(found)


def left(connection: Connection) -> set[str]:
    """Return the plugins that left tables; of one without a table of versions the first word of its tables' names."""
    names = _tables(connection)
    versioned = _versioned(names)
    prefix = table_prefix("")[:-1]
    others = [name for name in names if name.startswith(prefix) and owner_of_table(name, versioned) is None]
    return versioned | {name.removeprefix(prefix).partition("_")[0] for name in others}


def drop(connection: Connection, tables: Iterable[str], things: Iterable[Thing] = ()) -> None:
    """Drop these tables, whatever order their foreign keys ask for, and these other things.

    What something else of the database still needs stays: the caller looks what is left.
    """
    tables, things = list(tables), sorted(things)
    for one in [one for one in things if one.kind in _FIRST]:
        _try(connection, one)
    metadata = MetaData()
    metadata.reflect(connection, only=tables)
    found = [metadata.tables[name] for name in tables]
    try:
        with connection.begin_nested():
            metadata.drop_all(connection, tables=found, checkfirst=False)
    except DBAPIError:  # one of them is needed: then each that is not
        for name in tables:
            _try(connection, Thing("table", name, name))
    for one in [one for one in things if one.kind not in _FIRST]:
        _try(connection, one)


def _try(connection: Connection, one: Thing) -> None:
    quote = connection.dialect.identifier_preparer.quote
    of_table = f" ON {quote(one.table)}" if one.kind == "trigger" and connection.dialect.name == "postgresql" else ""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"DROP {one.kind.upper()} IF EXISTS {quote(one.name)}{of_table}")
    except DBAPIError:
        return


def _tables(connection: Connection) -> set[str]:
    return {name for name in inspect(connection).get_table_names() if name not in Base.metadata.tables}


def _versioned(names: Iterable[str]) -> set[str]:
    prefix, suffix = version_table("\0").split("\0")
    return {name.removeprefix(prefix).removesuffix(suffix) for name in names if name.endswith(suffix)}
