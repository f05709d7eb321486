"""Bulk runs as services and shells see them: start, follow, cancel, resume; and a run in a shell's own process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from leitmotif.bulk.places import absolute, check_within, place_of
from leitmotif.bulk.reading import input_format
from leitmotif.bulk.results import output_format
from leitmotif.errors import InputError, LeitmotifError, OutputExists, Problem, RunCancelled, StorageError
from leitmotif.ledger import Ledger
from leitmotif.ledger.bulk import RECENT_SECONDS, BulkProgress, BulkRun
from leitmotif.ledger.clock import now
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from service.bulk.stages import BulkStages

_RECENT = 50

Enqueue = Callable[[Settings, BulkRun], None]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Files:
    """What a bulk run reads and writes; an empty `format` is that of the output's name."""

    input: str
    output: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class BulkState:
    """A run with how far it has come, and the workers that score it and live."""

    run: BulkRun
    progress: BulkProgress
    workers: int

    @property
    def articles_a_second(self) -> float | None:
        """Over the last minute while it runs, over all of it at the end; None before anything is done."""
        if self.run.began is None or not self.progress.articles:
            return None
        if self.run.ended is not None:
            return round(self.progress.articles / max(self.run.ended - self.run.began, 1e-3), 2)
        return round(self.progress.recent / min(RECENT_SECONDS, max(time.time() - self.run.began, 1e-3)), 2)

    @property
    def seconds_left(self) -> float | None:
        """At the present pace."""
        if not self.run.unfinished or self.run.articles is None or not self.articles_a_second:
            return None
        return round((self.run.articles - self.progress.articles) / self.articles_a_second, 1)

    @property
    def share(self) -> float:
        """Share of the articles that are done, in [0, 1]."""
        return self.progress.articles / self.run.articles if self.run.articles else 0.0


class BulkRuns:
    """Starts bulk runs and tells how they are doing."""

    def __init__(self, ledger: Ledger, settings: Settings, registry: Registry, enqueue: Enqueue) -> None:
        self._ledger = ledger
        self._settings = settings
        self._registry = registry
        self._enqueue = enqueue

    def start(
        self, files: Files, *, who: str = "local", confined: bool = True, replace_output: bool = False
    ) -> BulkRun:
        """Queue a run for the workers; it scores with the version that is live now.

        Args:
            confined: whether it may only touch what lies below the settings' roots.

        Raises:
            InputError: a file is not where it may be, does not exist or is of no known format.
            OutputExists: there is an output already, or another run is about to write it.
            NoLiveModel: no model is live.
        """
        run = self.record(files, who=who, confined=confined, replace_output=replace_output)
        return self._queue(run)

    def record(
        self,
        files: Files,
        *,
        who: str = "local",
        confined: bool = True,
        replace_output: bool = False,
        durable: bool = True,
        worker: str = "",
    ) -> BulkRun:
        """Record a run without queueing it: for the workers, or with `durable` false for this process alone."""
        form = self._check(files, confined, replace_output)
        moment = now()
        run = BulkRun(
            f"bulk-{secrets.token_hex(8)}", "queued", "queued", absolute(files.input), absolute(files.output),
            format=form, version=self._registry.live(), batch_size=self._settings.bulk_batch, created=moment,
            updated=moment, who=who, worker=worker, confined=confined, durable=durable,
        )  # fmt: skip
        self._ledger.bulk.add(run)
        return run

    def resume(self, run_id: str) -> BulkRun:
        """Queue a failed run again; what is scored stays scored.

        Raises:
            RunNotFound: no run has this id.
            RunInProgress: it has not failed.
        """
        return self._queue(self.reopen(run_id))

    def reopen(self, run_id: str, *, worker: str = "") -> BulkRun:
        """Record a failed run as queued again without queueing it: for the workers, or for the one that is named."""
        self.get(run_id)
        return self._ledger.bulk.reopen(run_id, updated=now(), durable=not worker, worker=worker)

    def cancel(self, run_id: str) -> BulkState:
        """Ask a run to stop. One that no process looks after stops at once; one that has ended stays as it is.

        Raises:
            RunNotFound: no run has this id.
        """
        state = self.get(run_id)
        if not state.run.unfinished:
            return state
        self._ledger.bulk.ask_to_cancel(run_id)
        if not (state.run.worker and self._ledger.workers.lives(state.run.worker)):
            why = "The run was cancelled while no worker was at it."
            self._end(run_id, "cancelled", why)
        return self.get(run_id)

    def get(self, run_id: str) -> BulkState:
        """The run as it stands.

        Raises:
            RunNotFound: no run has this id.
        """
        return self._state(self._settle(self._ledger.bulk.get(run_id)))

    def list(self, *, limit: int = _RECENT) -> list[BulkState]:
        """The latest runs, newest first."""
        return [self._state(self._settle(run)) for run in self._ledger.bulk.list(limit=limit)]

    def _check(self, files: Files, confined: bool, replace_output: bool) -> str:
        """The format of the output, if the files will do."""
        if confined:
            check_within("input", files.input, self._settings.bulk_roots)
            check_within("output", files.output, self._settings.bulk_roots)
        input_format(files.input)
        form = output_format(files.output, files.format)
        try:
            if not place_of(absolute(files.input)).exists():
                raise _refused("input", f"there is no file {files.input!r}")
            if not replace_output and place_of(absolute(files.output)).exists():
                raise OutputExists(f"{files.output} is there already: choose another output.")
        except StorageError as error:
            raise _refused("input, output", str(error)) from error
        return form

    def _queue(self, run: BulkRun) -> BulkRun:
        try:
            self._enqueue(self._settings, run)
        except LeitmotifError as error:
            self._end(run.id, "failed", str(error))
            raise
        return run

    def _settle(self, run: BulkRun) -> BulkRun:
        """The run, marked as failed if it was a shell's and that is gone. A worker's run waits for the next worker."""
        if run.durable or not run.unfinished or not run.worker or self._ledger.workers.lives(run.worker):
            return run
        return self._end(run.id, "failed", "The process that scored is gone; resume the run.")

    def _end(self, run_id: str, status: str, why: str) -> BulkRun:
        def end(run: BulkRun) -> BulkRun:
            return replace(run, status=status, error=why, updated=now(), ended=time.time()) if run.unfinished else run

        return self._ledger.bulk.change(run_id, end)

    def _state(self, run: BulkRun) -> BulkState:
        progress = self._ledger.bulk.progress(run.id)
        lives = self._ledger.workers.lives
        return BulkState(run, progress, sum(map(lives, progress.workers)) if run.unfinished else 0)


def execute(stages: BulkStages, run: BulkRun, on_progress: Progress) -> BulkRun:
    """Do a run here and now, batch after batch.

    Raises:
        LeitmotifError: it failed; the run says why.
    """
    try:
        stages.begin(run.id)
        on_progress("reading", 0.0)
        batches = stages.read(run.id)
        for number in range(batches):
            on_progress("scoring", number / batches)
            if stages.score(run.id, number) == "cancelled":
                raise RunCancelled("The run was cancelled.")
        on_progress("joining", 1.0)
        stages.join(run.id)
        stages.clean(run.id)
        return stages.finish(run.id)
    except BaseException as error:
        stages.stop(run.id, error)
        raise


def _refused(field: str, message: str) -> InputError:
    return InputError(f"{field}: {message}.", [Problem(field, message)])
