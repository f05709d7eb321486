"""Bulk runs in the ledger, on every kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from leitmotif.errors import OutputExists, RunInProgress, RunNotFound, SchemaTooNew
from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.bulk import BulkRun
from leitmotif.ledger.connection import Database
from leitmotif.ledger.migrations import STEPS, migrate

_FIRST = BulkRun("b1", "queued", "queued", "/in.csv", "/out.csv", "jsonl", "v1", 50, "2024-01-01", "2024-01-01")


def test_runs_are_kept_and_listed_newest_first(ledger: Ledger) -> None:
    ledger.bulk.add(_FIRST)
    second = replace(_FIRST, id="b2", output="/two.csv", created="2024-01-02")
    ledger.bulk.add(second)
    assert ledger.bulk.list(limit=9) == [second, _FIRST]
    assert ledger.bulk.list(limit=1) == [second]
    assert ledger.bulk.unfinished() == [_FIRST, second]
    changed = ledger.bulk.change("b1", lambda run: replace(run, status="succeeded", articles=7))
    assert ledger.bulk.get("b1") == changed
    assert ledger.bulk.unfinished() == [second]
    with pytest.raises(RunNotFound):
        ledger.bulk.get("b3")


def test_of_many_runs_to_one_output_one_is_recorded(ledger: Ledger) -> None:
    def add(number: int) -> bool:
        try:
            ledger.bulk.add(replace(_FIRST, id=f"b{number}"))
        except OutputExists:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(8))) == 1
    run = ledger.bulk.list(limit=9)[0]
    ledger.bulk.change(run.id, lambda r: replace(r, status="failed"))
    ledger.bulk.add(replace(_FIRST, id="later"))


def test_a_failed_run_is_reopened_and_no_other(ledger: Ledger) -> None:
    ledger.bulk.add(_FIRST)
    with pytest.raises(RunInProgress):
        ledger.bulk.reopen("b1", updated="2024-01-03", durable=True)
    ledger.bulk.change("b1", lambda run: replace(run, status="failed", error="why", ended=3.0, articles=7))
    again = ledger.bulk.reopen("b1", updated="2024-01-03", durable=True)
    assert (again.status, again.attempt, again.error, again.ended, again.articles) == ("queued", 2, None, None, 7)
    assert again.workflow_id != _FIRST.workflow_id


def test_batches_are_counted_once(ledger: Ledger) -> None:
    ledger.bulk.add(_FIRST)
    ledger.bulk.begin_batch("b1", 0, "w1")
    ledger.bulk.begin_batch("b1", 1, "w2")
    ledger.bulk.begin_batch("b1", 0, "w3")
    found = ledger.bulk.progress("b1")
    assert (found.batches, found.articles, found.workers) == (0, 0, ("w2", "w3"))
    ledger.bulk.finish_batch("b1", 0, "w3", articles=5, errors=2)
    ledger.bulk.finish_batch("b1", 0, "w1", articles=5, errors=2)
    ledger.bulk.begin_batch("b1", 0, "w1")
    ledger.bulk.finish_batch("b1", 2, "w1", articles=3, errors=0)
    found = ledger.bulk.progress("b1")
    assert (found.batches, found.articles, found.errors, found.recent, found.workers) == (2, 8, 2, 8, ("w2",))
    assert ledger.bulk.progress("b2").articles == 0


def test_a_run_that_is_over_or_cancelled_stops(ledger: Ledger) -> None:
    ledger.bulk.add(_FIRST)
    assert not ledger.bulk.stop_asked("b1")
    ledger.bulk.ask_to_cancel("b1")
    assert ledger.bulk.stop_asked("b1")
    second = replace(_FIRST, id="b2", output="/two.csv", status="failed")
    ledger.bulk.add(second)
    assert ledger.bulk.stop_asked("b2")


def test_a_step_that_is_missing_in_between_is_applied(ledger_url: str) -> None:
    open_ledger(ledger_url).close()
    database = Database(ledger_url)
    with database.write() as connection:
        connection.execute(sa.text("DROP TABLE bulk_runs"))
        connection.execute(sa.text("DROP TABLE bulk_batches"))
        connection.execute(sa.text(f"DELETE FROM ledger_schema WHERE version = {max(STEPS)}"))
    with database.write() as connection:
        migrate(connection)
    with database.write() as connection:
        connection.execute(sa.text(f"INSERT INTO ledger_schema (version) VALUES ({max(STEPS) + 1})"))
    database.close()
    with pytest.raises(SchemaTooNew):
        open_ledger(ledger_url)
