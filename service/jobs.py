"""Training runs as services and the command line see them: start, follow, cancel, resume; and the work itself.

The ledger is the truth about runs. A service only queues a run; a worker (`service.worker`) does it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from leitmotif.errors import LeitmotifError, RunInProgress, RunNotFound
from leitmotif.ledger import Ledger
from leitmotif.ledger.clock import now
from leitmotif.ledger.runs import RunRecord
from leitmotif.settings import Settings
from service.recorder import Progress, Recorder
from service.workflows import client, enqueue

if TYPE_CHECKING:
    from training.pipeline import Outcome
    from training.stages import Workshop

Do = Callable[[str], Mapping[str, Any]]

_LOCK_WAIT_SECONDS = 10
_RECENT = 50


class TrainingRuns:
    """Starts training runs and tells how they are doing."""

    def __init__(self, ledger: Ledger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings

    def start(self, *, activate: bool = True, force: bool = False, who: str = "local") -> RunRecord:
        """Queue a run for the workers.

        Raises:
            RunInProgress: another one is under way.
        """
        return self._queue(new_run(self._ledger, activate=activate, force=force, who=who))

    def resume(self, run_id: str) -> RunRecord:
        """Queue a failed or cancelled run again; it goes on with the stage that it had not finished.

        Raises:
            RunNotFound: no run has this id.
            RunInProgress: this or another one is under way, or it ended well.
        """
        return self._queue(reopen(self._ledger, run_id))

    def cancel(self, run_id: str) -> RunRecord:
        """Ask a run to stop. One that no process works on stops at once; one that has ended stays as it is.

        Raises:
            RunNotFound: no run has this id.
        """
        run = self.get(run_id)
        if run.unfinished:
            self._ledger.runs.ask_to_cancel(run_id)
        if run.unfinished and not (run.worker and self._ledger.workers.lives(run.worker)):
            run = replace(
                run, status="cancelled", error="The run was cancelled while no worker was at it.", updated=now()
            )
            self._ledger.runs.save(run)
        return run

    def get(self, run_id: str) -> RunRecord:
        """The run as it stands.

        Raises:
            RunNotFound: no run has this id.
        """
        run = self._ledger.runs.get(run_id)
        if run is None:
            raise RunNotFound(f"There is no training run {run_id!r}.")
        return settle(self._ledger, run)

    def list(self, *, limit: int = _RECENT) -> list[RunRecord]:
        """The latest runs, newest first."""
        return [settle(self._ledger, run) for run in self._ledger.runs.list(limit=limit)]

    def _queue(self, run: RunRecord) -> RunRecord:
        try:
            with client(self._settings.database_url) as opened:
                enqueue(opened, run)
        except LeitmotifError as error:
            Recorder(self._ledger, run).stop(error)
            raise
        return run


def new_run(
    ledger: Ledger,
    *,
    activate: bool = True,
    force: bool = False,
    who: str = "local",
    durable: bool = True,
    worker: str = "",
) -> RunRecord:
    """Record a new run, queued: for the workers, or with `durable` false for this process alone.

    Raises:
        RunInProgress: another one is under way.
    """
    refuse_a_second(ledger)
    moment = now()
    run = RunRecord(
        f"run-{secrets.token_hex(8)}", "queued", "queued", 0.0, moment, moment,
        activate=activate, force=force, who=who, durable=durable, worker=worker,
    )  # fmt: skip
    ledger.runs.add(run)
    return run


def reopen(ledger: Ledger, run_id: str, *, durable: bool = True, worker: str = "") -> RunRecord:
    """Queue a failed or cancelled run again.

    Raises:
        RunNotFound: no run has this id.
        RunInProgress: this or another one is under way, or it ended well.
    """
    refuse_a_second(ledger)
    return ledger.runs.reopen(run_id, updated=now(), durable=durable, worker=worker)


def refuse_a_second(ledger: Ledger) -> None:
    """Look whether a run is under way, one of a process that still lives.

    Raises:
        RunInProgress: one is.
    """
    other = ledger.runs.unfinished()
    if other is not None and settle(ledger, other).unfinished:
        raise RunInProgress(f"Training run {other.id} is under way: wait until it has finished, or cancel it.")


def settle(ledger: Ledger, run: RunRecord) -> RunRecord:
    """The run, marked as failed if it was a shell's and that is gone. A worker's run waits for the next worker."""
    if run.durable or not run.unfinished or not run.worker or ledger.workers.lives(run.worker):
        return run
    recorder = Recorder(ledger, ledger.runs.get(run.id) or run)
    if recorder.run.unfinished:
        recorder.stop(LeitmotifError("The process that trained is gone (killed, or the machine was restarted)."))
    return recorder.run


def execute(
    shop: Workshop,
    run: RunRecord,
    worker: str,
    *,
    on_progress: Progress | None = None,
    durably: Callable[[Do], Do] = lambda do: do,
) -> Outcome:
    """Do a run here and now, recording progress and how it ended. Only under `training_lock`.

    Args:
        durably: wraps what does a stage, so that what is done is remembered.

    Raises:
        LeitmotifError: it failed; the run says why.
    """
    from training.pipeline import run_stage, run_stages

    recorder = Recorder(shop.ledger, run, on_progress)
    try:
        recorder.begin(worker)
        do = durably(lambda stage: run_stage(shop, stage, recorder))
        outcome = run_stages(shop, do, who=run.who, activate=run.activate, force=run.force)
        # First, so that a run which is seen to have ended has left nothing behind.
        shop.folder.remove()
        recorder.finish(outcome.version, outcome.metrics, outcome.gate or None, skipped=outcome.skipped)
    except BaseException as error:
        recorder.try_to_stop(error)
        raise
    return outcome


@contextmanager
def training_lock(settings: Settings, *, wait: float = _LOCK_WAIT_SECONDS) -> Iterator[None]:
    """Held by the one process that trains with these models; `wait` in seconds, negative for as long as it takes.

    Raises:
        RunInProgress: another process holds it.
    """
    folder = Path(settings.models_dir)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".training.lock")
    try:
        lock.acquire(timeout=wait)
    except Timeout as error:
        raise RunInProgress("Another process is training with these models: wait until it has finished.") from error
    try:
        yield
    finally:
        lock.release()
