"""Watches a plugin's migration: what is the core's or another plugin's stays as it is, its schema and its rows.

It guards against accidents. A plugin is trusted code, and one that wants to get past this can.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

IsOwn = Callable[[str], bool]  # whether a name is one that the plugin may use

_COPY = "_alembic_tmp_"  # begins the name of the copy by which SQLite's tables are changed
_ENDS = re.compile(
    r"\s*(?:BEGIN|START|COMMIT|END|ABORT|ROLLBACK(?!\s+(?:WORK\s+|TRANSACTION\s+)?TO\b))\b", re.IGNORECASE
)
_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
_SQLITE_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
# Kind, name, the table it belongs to or its own name, and everything about it. What an extension brings is not listed,
# nor are the triggers by which PostgreSQL itself keeps foreign keys.
_POSTGRESQL_SCHEMA = """
WITH mine AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END,
       c.relname, c.relname,
       concat_ws(' ', c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.reloptions,
                 CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
                 CASE WHEN c.relkind = 'r' THEN pg_relation_filenode(c.oid) END,
                 (SELECT string_agg(concat_ws(' ', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                                              a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)),
                                    ', ' ORDER BY a.attnum)
                    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
  FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relnamespace IN (SELECT oid FROM mine)
UNION ALL
SELECT 'index', i.relname, t.relname, pg_get_indexdef(x.indexrelid)
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
 WHERE i.relnamespace IN (SELECT oid FROM mine)
UNION ALL
SELECT 'constraint', k.conname, t.relname, pg_get_constraintdef(k.oid)
  FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid WHERE k.connamespace IN (SELECT oid FROM mine)
UNION ALL
SELECT 'trigger', g.tgname, t.relname, concat_ws(' ', pg_get_triggerdef(g.oid), g.tgenabled)
  FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
 WHERE NOT g.tgisinternal AND t.relnamespace IN (SELECT oid FROM mine)
UNION ALL
SELECT 'rule', r.rulename, r.tablename, r.definition FROM pg_rules r JOIN pg_namespace n ON n.nspname = r.schemaname
 WHERE n.oid IN (SELECT oid FROM mine)
UNION ALL
SELECT 'function', p.proname, p.proname, concat_ws(' ', p.oid, p.prosrc) FROM pg_proc p
 WHERE p.pronamespace IN (SELECT oid FROM mine)
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype = 'e')
UNION ALL
SELECT 'type', y.typname, y.typname,
       concat_ws(' ', y.oid,
                 (SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = y.oid))
  FROM pg_type y WHERE y.typtype IN ('e', 'd', 'r') AND y.typnamespace IN (SELECT oid FROM mine)
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = y.oid AND e.deptype = 'e')
"""
_POSTGRESQL_WRITES = """
SELECT relname, sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables GROUP BY relname
"""


class Untidy(Exception):
    """A plugin's step touched what is not its own. The text is a sentence."""


@contextmanager
def watched(connection: Connection, is_own: IsOwn) -> Iterator[None]:
    """Run a plugin's steps in a transaction that is under way. Raises Untidy, and then it must be taken back.

    Rows are watched by SQLite's authorizer, which refuses a statement before it writes, and by PostgreSQL's count of
    the rows that this transaction wrote.
    """
    watch = _sqlite_rows if connection.dialect.name == "sqlite" else _postgresql_rows
    before = _schema(connection)
    with _one_transaction(connection), watch(connection, is_own):
        yield
    after = _schema(connection)
    for key in sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)):
        kind, name, table = key
        if not is_own(table.removeprefix(_COPY)):
            raise Untidy(_touched(f"the {kind} {name}" + (f" of the table {table}" if table != name else "")))


def _schema(connection: Connection) -> Mapping[tuple[str, str, str], str]:
    """Return everything there is, by its kind, its name and the table it is of (its own name: of none)."""
    query = _SQLITE_SCHEMA if connection.dialect.name == "sqlite" else _POSTGRESQL_SCHEMA
    return {(kind, name, table): text or "" for kind, name, table, text in connection.exec_driver_sql(query)}


@contextmanager
def _one_transaction(connection: Connection) -> Iterator[None]:
    """Refuse what would end the transaction: nothing could be taken back any more."""

    def before(_connection: Connection, _cursor: Any, statement: str, *_others: Any) -> None:
        if _ENDS.match(statement):
            raise Untidy("It begins or ends a transaction of its own; its author must mend its migration.")

    def commit(_connection: Connection) -> None:
        raise Untidy("It commits by itself; its author must mend its migration.")

    for name, listener in (("before_cursor_execute", before), ("commit", commit)):
        event.listen(connection, name, listener)
    try:
        yield
    finally:
        for name, listener in (("before_cursor_execute", before), ("commit", commit)):
            event.remove(connection, name, listener)


@contextmanager
def _sqlite_rows(connection: Connection, is_own: IsOwn) -> Iterator[None]:
    refused: list[str] = []

    def authorize(action: int, table: str | None, *_others: str | None) -> int:
        if action in _WRITES and table and not table.startswith("sqlite_") and not is_own(table.removeprefix(_COPY)):
            refused.append(table)
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    driver: Any = connection.connection.dbapi_connection
    driver.set_authorizer(authorize)
    try:
        yield
    except Exception as error:
        if refused:
            raise Untidy(_touched(f"the table {refused[0]}")) from error
        raise
    finally:
        driver.set_authorizer(None)
    if refused:  # and it made nothing of the refusal
        raise Untidy(_touched(f"the table {refused[0]}"))


@contextmanager
def _postgresql_rows(connection: Connection, is_own: IsOwn) -> Iterator[None]:
    before = _rows_written(connection)
    yield
    for table, count in sorted(_rows_written(connection).items()):
        if count != before.get(table, 0) and not is_own(table):
            raise Untidy(_touched(f"the table {table}"))


def _rows_written(connection: Connection) -> Mapping[str, int]:
    return {table: int(count) for table, count in connection.exec_driver_sql(_POSTGRESQL_WRITES)}


def _touched(what: str) -> str:
    return f"It touches {what}, which is not its own; its author must mend its migration."
