"""Copies the ledger's tables from one database to another, of whatever kind."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from leitmotif.ledger.connection import Database
from leitmotif.ledger.migrations import migrate

_NOT_COPIED = {"ledger_schema", "workers"}
"""The target has a schema version of its own, and workers belong to a machine."""


def copy_ledger(source_url: str, target_url: str) -> dict[str, int | None]:
    """Copy each table whole into the target's, which must be empty.

    Returns:
        Rows copied of each table that has any; None where the target has rows already and so was left as it is.

    Raises:
        StoreUnavailable: one of the two cannot be opened.
    """
    source, target = Database(source_url), Database(target_url)
    try:
        with source.read() as reading, target.write() as writing:
            copied = {table: _copy(reading, writing, table) for table in _tables()}
        return {table: count for table, count in copied.items() if count != 0}
    finally:
        source.close()
        target.close()


def _tables() -> Iterator[str]:
    """The tables that the migrations make, whatever they are today."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        migrate(connection)
        names = sorted(sa.inspect(connection).get_table_names())
    engine.dispose()
    return (name for name in names if name not in _NOT_COPIED)


def _copy(reading: sa.Connection, writing: sa.Connection, name: str) -> int | None:
    table = sa.Table(name, sa.MetaData(), autoload_with=writing)
    rows = [dict(row) for row in reading.execute(sa.select(sa.table(name, *map(_bare, table.columns)))).mappings()]
    if not rows:
        return 0
    if writing.execute(sa.select(sa.func.count()).select_from(table)).scalar_one():
        return None
    writing.execute(table.insert(), rows)
    _count_on(writing, table)
    return len(rows)


def _bare(column: sa.Column[object]) -> sa.ColumnClause[object]:
    return sa.column(column.name)


def _count_on(writing: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL's numbering go on behind the rows that brought their numbers along; SQLite's does by itself."""
    if writing.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        numbering = sa.func.pg_get_serial_sequence(table.name, column.name)
        if writing.execute(sa.select(numbering)).scalar() is not None:
            writing.execute(sa.select(sa.func.setval(numbering, sa.select(sa.func.max(column)).scalar_subquery())))
