"""Numbered changes of the ledger's tables, the same on every kind of database. New ones go to the end of `STEPS`.

A step writes its tables out as they were when it was made: the tables of today may have moved on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from leitmotif.errors import SchemaTooNew
from leitmotif.ledger.bulk_tables import make_bulk_tables

_SCHEMA = sa.Table("ledger_schema", sa.MetaData(), sa.Column("version", sa.Integer, primary_key=True))


def migrate(connection: sa.Connection) -> None:
    """Apply the steps that the database lacks, in the caller's transaction.

    Raises:
        SchemaTooNew: the database was written by a newer Leitmotif.
    """
    _SCHEMA.create(connection, checkfirst=True)
    applied = set(connection.execute(sa.select(_SCHEMA.c.version)).scalars())
    version, newest = max(applied, default=0), max(STEPS)
    if version > newest:
        raise SchemaTooNew(f"The ledger has schema {version}, this Leitmotif knows {newest}: upgrade Leitmotif.")
    for number in sorted(STEPS.keys() - applied):
        STEPS[number](connection)
        connection.execute(_SCHEMA.insert().values(version=number))


def _first_tables(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    runs = sa.Table(
        "training_runs",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("cancel", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index("training_runs_by_created", "created", "id"),
    )
    sa.Table(
        "audit",
        metadata,
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False, index=True),
        sa.Column("key", sa.Text, unique=True),
        sa.Column("details", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    sa.Table(
        "workers",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("seen", sa.Float, nullable=False),
    )
    sa.Table(
        "narratives",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    metadata.create_all(connection)
    _carry_over_runs(connection, runs)


def _carry_over_runs(connection: sa.Connection, runs: sa.Table) -> None:
    """Databases of version 0.1 keep training runs in a table of the store, `runs`."""
    if "runs" not in sa.inspect(connection).get_table_names():
        return
    for run_id, created, body in connection.execute(sa.text("SELECT id, created, body FROM runs")).all():
        run = json.loads(body)
        if run["status"] not in {"succeeded", "failed"}:
            run |= {"status": "failed", "error": "It was under way when Leitmotif was upgraded: start a new run."}
        values = {"id": run_id, "created": created, "status": run["status"], "cancel": 0, "body": json.dumps(run)}
        connection.execute(runs.insert().values(**values))
    connection.execute(sa.text("DROP TABLE runs"))


def _feedback_tables(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    sa.Table(
        "feedback",
        metadata,
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("text_hash", sa.Text, nullable=False, index=True),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("narratives", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    sa.Table(
        "decisions",
        metadata,
        sa.Column("feedback_id", sa.Text, primary_key=True),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    sa.Table(
        "review_items",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("text_hash", sa.Text, nullable=False, unique=True),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("decided", sa.Integer, nullable=False),
        sa.Column("leased_until", sa.Float, nullable=False),
        sa.Column("encoder", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Index("review_items_by_state", "decided", "leased_until"),
    )
    metadata.create_all(connection)


STEPS: Mapping[int, Callable[[sa.Connection], None]] = {1: _first_tables, 2: _feedback_tables, 3: make_bulk_tables}
"""Numbers may have gaps: each step is applied where it is missing, whichever came first."""
