"""Training runs: started in a process of their own, recorded in the store, one at a time.

A training process holds a lock file for as long as it lives. So whether a run is still under way is a fact that
any process on this machine can look up, and a run whose process is gone can be told from one that is slow.
"""

from __future__ import annotations

import logging
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from leitmotif.errors import LeitmotifError, RunInProgress, RunNotFound
from leitmotif.registry import now
from leitmotif.settings import Settings
from leitmotif.store.protocol import RunRecord, Store

if TYPE_CHECKING:
    from training.pipeline import PublishedModel

logger = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
Train = Callable[[Settings, Progress, bool], "PublishedModel"]

WORKER = (sys.executable, "-m", "service.worker")
UNFINISHED = frozenset({"queued", "running"})
_SAVE_SECONDS = 0.5
_START_SECONDS = 60
_LOCK_WAIT_SECONDS = 5
_RECENT = 50


class TrainingRuns:
    """Starts training runs and tells how they are doing."""

    def __init__(self, store: Store, settings: Settings, worker: Sequence[str] = WORKER) -> None:
        self._store = store
        self._settings = settings
        self._worker = tuple(worker)
        self._lock = threading.Lock()

    def start(self, *, activate: bool = True) -> RunRecord:
        """Start a run in the background.

        Raises:
            RunInProgress: another one is under way.
        """
        with self._lock:
            run = new_run(self._store, self._settings)
            arguments = [*self._worker, run.id, "--activate" if activate else "--no-activate"]
            process = subprocess.Popen(arguments, stdin=subprocess.PIPE, start_new_session=True)
        threading.Thread(target=self._attend, args=(process, run.id), daemon=True).start()
        return run

    def get(self, run_id: str) -> RunRecord:
        """The run as it stands.

        Raises:
            RunNotFound: no run has this id.
        """
        run = self._store.get_run(run_id)
        if run is None:
            raise RunNotFound(f"There is no training run {run_id!r}.")
        return settle(self._store, self._settings, run)

    def list(self, *, limit: int = _RECENT) -> list[RunRecord]:
        """The latest runs, newest first."""
        return [settle(self._store, self._settings, run) for run in self._store.list_runs(limit=limit)]

    def _attend(self, process: subprocess.Popen[bytes], run_id: str) -> None:
        """Hand the settings over (by a pipe, for they hold keys), wait, and record an end that the run could not."""
        process.communicate(self._settings.model_dump_json().encode())
        try:
            run = self._store.get_run(run_id)
            if run is not None and run.status in UNFINISHED:
                fail(self._store, run, f"The training process ended with code {process.returncode}; see the log.")
        except LeitmotifError:
            logger.exception("the end of training run %s could not be recorded", run_id)


def new_run(store: Store, settings: Settings) -> RunRecord:
    """Record a new run, queued.

    Raises:
        RunInProgress: another one is under way.
    """
    for run in store.list_runs(limit=_RECENT):
        if settle(store, settings, run).status in UNFINISHED:
            raise RunInProgress(f"Training run {run.id} is under way: wait until it has finished.")
    started = now()
    run = RunRecord(f"run-{secrets.token_hex(8)}", "queued", "queued", 0.0, started, started)
    store.save_run(run)
    return run


def settle(store: Store, settings: Settings, run: RunRecord) -> RunRecord:
    """The run, marked as failed if it is unfinished and its process is gone."""
    if run.status not in UNFINISHED or _process_lives(settings):
        return run
    if run.status == "queued" and _age(run) < timedelta(seconds=_START_SECONDS):
        return run
    latest = store.get_run(run.id) or run
    if latest.status not in UNFINISHED:
        return latest
    return fail(store, latest, "The training process is gone (killed, or the machine was restarted): start a new run.")


def execute(
    store: Store,
    settings: Settings,
    run: RunRecord,
    *,
    activate: bool = True,
    on_progress: Progress | None = None,
    train: Train | None = None,
) -> PublishedModel:
    """Train here and now, recording progress and the outcome.

    Raises:
        RunInProgress: another process is training.
        LeitmotifError: training failed; the run says why.
    """
    recorder = _Recorder(store, run, on_progress)
    try:
        with _lock(settings).acquire(timeout=_LOCK_WAIT_SECONDS):
            recorder("starting", 0.0)
            published = (train or _train)(settings, recorder, activate)
    except Timeout as error:
        refused = RunInProgress("Another process is training with these models: wait until it has finished.")
        fail(store, recorder.run, str(refused))
        raise refused from error
    except BaseException as error:
        cause = str(error) if isinstance(error, LeitmotifError) else f"{type(error).__name__}: {error}"
        fail(store, recorder.run, cause)
        raise
    recorder.finish(published)
    return published


def fail(store: Store, run: RunRecord, error: str) -> RunRecord:
    """Record that a run failed."""
    failed = replace(run, status="failed", error=error, updated=now())
    store.save_run(failed)
    return failed


class _Recorder:
    """Saves progress to the store, at most twice a second within a stage."""

    def __init__(self, store: Store, run: RunRecord, on_progress: Progress | None) -> None:
        self.run = run
        self._store = store
        self._on_progress = on_progress
        self._saved = 0.0

    def __call__(self, stage: str, progress: float) -> None:
        moved_on = stage != self.run.stage
        self.run = replace(self.run, status="running", stage=stage, progress=_share(progress), updated=now())
        if moved_on or time.monotonic() - self._saved >= _SAVE_SECONDS:
            self._store.save_run(self.run)
            self._saved = time.monotonic()
        if self._on_progress:
            self._on_progress(stage, progress)

    def finish(self, published: PublishedModel) -> None:
        self.run = replace(
            self.run,
            status="succeeded",
            stage="finished",
            progress=1.0,
            updated=now(),
            version=published.version,
            metrics=dict(published.metrics),
        )
        self._store.save_run(self.run)


def _train(settings: Settings, progress: Progress, activate: bool) -> PublishedModel:
    from training.pipeline import run_training

    return run_training(settings, progress=progress, activate=activate)


def _lock(settings: Settings) -> FileLock:
    folder = Path(settings.models_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / ".training.lock")


def _process_lives(settings: Settings) -> bool:
    """Whether some process holds the training lock."""
    lock = _lock(settings)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _age(run: RunRecord) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(run.updated)


def _share(progress: float) -> float:
    return round(min(1.0, max(0.0, progress)), 4)
