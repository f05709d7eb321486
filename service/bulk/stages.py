"""What is done in a bulk run: read the input into batches, score each, join the parts, clean up.

Every stage may be done again: one that finds its result leaves it. That, and not who calls it, makes each article come
out exactly once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from leitmotif.bulk.batches import BatchFolder, Split
from leitmotif.bulk.places import Place, check_within, place_of
from leitmotif.bulk.reading import Limits, read_rows
from leitmotif.bulk.results import error_of
from leitmotif.bulk.rows import Row
from leitmotif.bulk.scoring import score_rows
from leitmotif.errors import LeitmotifError, RunCancelled
from leitmotif.ledger import Ledger
from leitmotif.ledger.bulk import BulkRun
from leitmotif.ledger.clock import now
from leitmotif.settings import Settings

if TYPE_CHECKING:
    from leitmotif.analysis import Analyser

_LOOK_SECONDS = 1.0


class Scorers(Protocol):
    """Analysers of model versions."""

    def of(self, version: str) -> Analyser:
        """The analyser that works with this version, whichever is live."""


class BulkStages:
    """The stages of any run, as one process does them."""

    def __init__(self, settings: Settings, ledger: Ledger, scorers: Scorers, worker: str) -> None:
        self._settings = settings
        self._ledger = ledger
        self._scorers = scorers
        self._worker = worker
        # A worker takes one batch more than it scores, so that it never waits for the queue.
        self._turns = threading.Semaphore(settings.bulk_concurrency)

    def begin(self, run_id: str) -> BulkRun:
        """Note that this process looks after the run, unless it is over."""

        def begin(run: BulkRun) -> BulkRun:
            if not run.unfinished:
                return run
            return replace(run, status="running", worker=self._worker, updated=now())

        return self._ledger.bulk.change(run_id, begin)

    def read(self, run_id: str) -> int:
        """Split the input into batches; returns how many there are."""
        run = self._ledger.bulk.get(run_id)
        if run.batches is None:
            run = self._change(run_id, stage="reading")
            limits = Limits(
                self._settings.bulk_max_bytes, self._settings.bulk_max_rows, self._settings.max_text_characters
            )
            rows = self._stoppable(run_id, read_rows(self._place("input", run.input, run), limits))
            split = self._folder(run).split(rows, run.batch_size)
            began = time.time()
            run = self._change(run_id, stage="scoring", articles=split.rows, batches=split.batches, began=began)
        return run.batches or 0

    def score(self, run_id: str, number: int) -> str:
        """Score a batch and leave its part; says what became of it."""
        with self._turns:
            try:
                self.check(run_id)
                self._ledger.bulk.begin_batch(run_id, number, self._worker)
                return self._score(self._ledger.bulk.get(run_id), number)
            except RunCancelled:
                return "cancelled"

    def give_up(self, run_id: str, number: int) -> None:
        """Leave a part that says of every row of a batch that it killed whoever tried to score it."""
        run = self._ledger.bulk.get(run_id)
        why = "Every worker that scored the batch of this row died; score its rows one by one to find the cause."
        results = [error_of(row, run.version, row.error or why) for row in self._folder(run).batch(number)]
        self._folder(run).save_part(number, results)
        self._finish_batch(run_id, number, len(results), len(results))

    def join(self, run_id: str) -> None:
        """Write the output."""
        run = self._change(run_id, stage="joining")
        self._folder(run).join(Split(run.articles or 0, run.batches or 0), run.format)

    def clean(self, run_id: str) -> None:
        """Remove the batches and parts."""
        run = self._change(run_id, stage="cleaning")
        self._folder(run).remove()

    def finish(self, run_id: str) -> BulkRun:
        """Note that the run ended well."""
        return self._change(run_id, status="succeeded", stage="finished", error=None, ended=time.time())

    def stop(self, run_id: str, error: BaseException) -> BulkRun:
        """Note why the run ended early. What is scored is kept, unless somebody cancelled it."""
        if isinstance(error, RunCancelled):
            self._folder(self._ledger.bulk.get(run_id)).remove()
            return self._change(run_id, status="cancelled", error="The run was cancelled.", ended=time.time())
        cause = str(error) if isinstance(error, LeitmotifError) else f"{type(error).__name__}: {error}".rstrip(": ")
        return self._change(run_id, status="failed", error=cause, ended=time.time())

    def check(self, run_id: str) -> None:
        """Refuse to go on with a run that is over or shall be.

        Raises:
            RunCancelled: it is.
        """
        if self._ledger.bulk.stop_asked(run_id):
            raise RunCancelled("The run was cancelled.")

    def _score(self, run: BulkRun, number: int) -> str:
        folder = self._folder(run)
        errors = folder.part_errors(number)
        rows = folder.batch(number)
        if errors is None:
            analyser = self._scorers.of(run.version)
            results = score_rows(rows, analyser, run.version, self._seldom(run.id))
            self.check(run.id)
            folder.save_part(number, results)
            errors = sum(result["error"] is not None for result in results)
        self._finish_batch(run.id, number, len(rows), errors)
        return "scored"

    def _finish_batch(self, run_id: str, number: int, articles: int, errors: int) -> None:
        self._ledger.bulk.finish_batch(run_id, number, self._worker, articles=articles, errors=errors)

    def _seldom(self, run_id: str) -> Callable[[], None]:
        """A check that asks the database once a second at most."""
        looked = time.monotonic()

        def look() -> None:
            nonlocal looked
            if time.monotonic() - looked > _LOOK_SECONDS:
                looked = time.monotonic()
                self.check(run_id)

        return look

    def _stoppable(self, run_id: str, rows: Iterable[Row]) -> Iterator[Row]:
        look = self._seldom(run_id)
        for row in rows:
            look()
            yield row

    def _folder(self, run: BulkRun) -> BatchFolder:
        return BatchFolder(self._place("output", run.output, run), run.id)

    def _place(self, field: str, address: str, run: BulkRun) -> Place:
        """A file of a run, looked at anew: since the run was asked for, a link may have been laid out of the roots."""
        if run.confined:
            check_within(field, address, self._settings.bulk_roots)
        return place_of(address)

    def _change(self, run_id: str, **changes: object) -> BulkRun:
        return self._ledger.bulk.change(run_id, lambda run: replace(run, updated=now(), **changes))  # type: ignore[arg-type]
