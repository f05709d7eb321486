"""The tables of the ledger, opened together."""

from __future__ import annotations

from typing import Self

from leitmotif.ledger.audit import AuditLog
from leitmotif.ledger.bulk import BulkTable
from leitmotif.ledger.connection import Database
from leitmotif.ledger.feedback_table import FeedbackTable
from leitmotif.ledger.narratives import NarrativeTable
from leitmotif.ledger.review_items import ReviewTable
from leitmotif.ledger.runs import RunTable
from leitmotif.ledger.workers import WorkerTable


class Ledger:
    """Training and bulk runs, workers, narratives added over HTTP, the audit log, feedback and the texts to label."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.runs = RunTable(database)
        self.bulk = BulkTable(database)
        self.audit = AuditLog(database)
        self.workers = WorkerTable(database)
        self.narratives = NarrativeTable(database)
        self.feedback = FeedbackTable(database)
        self.review = ReviewTable(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._database.close()


def open_ledger(url: str) -> Ledger:
    """The ledger behind a database URL, its schema brought up to date.

    Raises:
        ConfigurationError: the URL names no known kind of database.
        StoreUnavailable: the database cannot be opened.
        SchemaTooNew: it was written by a newer Leitmotif.
    """
    return Ledger(Database(url))
