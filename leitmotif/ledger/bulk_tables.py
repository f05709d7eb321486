"""The tables of bulk runs, as their migration makes them."""

from __future__ import annotations

import sqlalchemy as sa


def make_bulk_tables(connection: sa.Connection) -> None:
    """Runs, and which of their batches are begun and done."""
    metadata = sa.MetaData()
    sa.Table(
        "bulk_runs",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, index=True),
        sa.Column("output", sa.Text, nullable=False),
        sa.Column("cancel", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Index("bulk_runs_by_created", "created", "id"),
    )
    sa.Table(
        "bulk_batches",
        metadata,
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("begun", sa.Float, nullable=False),
        sa.Column("done", sa.Float),
        sa.Column("articles", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
    )
    metadata.create_all(connection)
