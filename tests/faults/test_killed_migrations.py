"""A start that is killed while it brings the schema up to date leaves the old schema or the new, and the next finishes.

The database is one of the past: without the ledger's tables and with runs where version 0.1 kept them. The store gets
a migration of the future, which changes rows as well as tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

import leitmotif.store.postgres.schema as postgres_schema
import leitmotif.store.sqlite.connection as sqlite_connection
from leitmotif.errors import SchemaTooNew
from leitmotif.ledger import open_ledger
from leitmotif.store import open_store
from tests.faults.installation import Databases
from tests.faults.kill import Steps, count_steps, kill_at, spread
from tests.store.support import case, put

_POINTS = 10
_STEPS = Steps(("leitmotif/ledger/", "leitmotif/store/", "sqlalchemy/engine/default.py"))
_CASES = 5
_FUTURE = """
CREATE TABLE notes (row INTEGER NOT NULL, note TEXT NOT NULL);
INSERT INTO notes SELECT row, 'of ' || id FROM cases;
CREATE TABLE moved AS SELECT row, key FROM case_keys;
DELETE FROM case_keys;
INSERT INTO case_keys (row, key) SELECT row, key || '!' FROM moved;
DROP TABLE moved;
"""


@dataclass(frozen=True)
class Schema:
    """The names of the tables, and the rows of those that a migration writes; None where there is no such table."""

    tables: frozenset[str]
    rows: Mapping[str, tuple[tuple[object, ...], ...] | None]

    @property
    def store(self) -> object:
        return "notes" in self.tables, "moved" in self.tables, self.rows["notes"], self.rows["case_keys"]

    @property
    def ledger(self) -> object:
        written = ("runs", "training_runs", "ledger_schema")
        return "review_items" in self.tables, "bulk_runs" in self.tables, [self.rows[name] for name in written]


def bring_up_to_date(url: str) -> None:
    """What every start does first, after an upgrade to a version of the future."""
    today = sqlite_connection._migrations(), postgres_schema._migrations()
    sqlite_connection._migrations = lambda: [*today[0], _FUTURE]
    postgres_schema._migrations = lambda: [*today[1], _FUTURE.encode()]
    try:
        open_store(url).close()
        open_ledger(url).close()
    finally:
        sqlite_connection._migrations, postgres_schema._migrations = (lambda: today[0]), (lambda: today[1])


def look(url: str) -> Schema:
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        tables = frozenset(sa.inspect(connection).get_table_names())
        rows = {}
        for name in ("notes", "case_keys", "runs", "training_runs", "ledger_schema"):
            found = connection.execute(sa.text(f"SELECT * FROM {name}")).all() if name in tables else None
            rows[name] = None if found is None else tuple(sorted(map(tuple, found), key=repr))
    engine.dispose()
    return Schema(tables, rows)


def make_old(url: str) -> None:
    store = open_store(url)
    put(store, *(case(f"c{number}") for number in range(_CASES)))
    store.close()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE runs (id TEXT PRIMARY KEY, created TEXT, body TEXT)"))
        for number, status in enumerate(("succeeded", "running")):
            body = {"id": f"r{number}", "status": status, "stage": "fit", "progress": 0.5}
            body |= {"created": "2024-01-01", "updated": "2024-01-01"}
            values = {"id": f"r{number}", "created": "2024-01-01", "body": json.dumps(body)}
            connection.execute(sa.text("INSERT INTO runs VALUES (:id, :created, :body)"), values)
    engine.dispose()


def test_killed_at_any_point_it_left_the_old_schema_or_the_new(databases: Databases) -> None:
    make_old(databases.url)
    old, upgraded = look(databases.url), databases.copy()
    total = count_steps(bring_up_to_date, upgraded, steps=_STEPS)
    new = look(upgraded)
    assert (len(new.rows["notes"] or ()), len(new.rows["training_runs"] or ()), new.rows["runs"]) == (_CASES, 2, None)
    copies = [databases.copy() for _ in range(_POINTS)]
    for number, copy in zip(spread(total, _POINTS), copies, strict=True):
        kill_at(number, bring_up_to_date, copy, steps=_STEPS)
    left = [look(copy) for copy in copies]
    assert all(found.store in (old.store, new.store) for found in left)
    assert all(found.ledger in (old.ledger, new.ledger) for found in left)
    assert (left[0], left[-1]) == (old, new)
    for copy in copies:
        bring_up_to_date(copy)
        assert look(copy) == new
    with pytest.raises(SchemaTooNew):
        open_store(copies[0])
