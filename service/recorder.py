"""Keeps the record of a training run: progress, the time left, requests to cancel, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from leitmotif.errors import LeitmotifError, RunCancelled, StoreUnavailable
from leitmotif.ledger import Ledger
from leitmotif.ledger.clock import now
from leitmotif.ledger.runs import RunRecord

logger = logging.getLogger(__name__)

Progress = Callable[[str, float], None]

_SAVE_SECONDS = 0.5
_FEWEST_SECONDS = 3.0
"""An estimate of the time left needs to have seen some of it."""


class Recorder:
    """Saves the progress of one run, at most twice a second within a stage."""

    def __init__(self, ledger: Ledger, run: RunRecord, on_progress: Progress | None = None) -> None:
        self.run = run
        self._ledger = ledger
        self._on_progress = on_progress
        self._saved = 0.0
        self._began: tuple[float, float] | None = None

    def begin(self, worker: str) -> None:
        """Note that a process has taken the run on."""
        self.run = replace(self.run, worker=worker)
        self("starting", self.run.progress)

    def __call__(self, stage: str, progress: float) -> None:
        """Note how far it has come.

        Raises:
            RunCancelled: somebody has asked for that.
        """
        share = round(min(1.0, max(0.0, progress)), 4)
        moved_on = stage != self.run.stage
        self.run = replace(
            self.run, status="running", stage=stage, progress=share, updated=now(), seconds_left=self._left(share)
        )
        if self._on_progress:
            self._on_progress(stage, progress)
        if moved_on or time.monotonic() - self._saved >= _SAVE_SECONDS:
            self._saved = time.monotonic()
            if self._ledger.runs.save(self.run):
                raise RunCancelled("The run was cancelled; it can be resumed where it stopped.")

    def finish(
        self, version: str, metrics: Mapping[str, float], gate: Mapping[str, Any] | None, *, skipped: bool
    ) -> None:
        """Note that it ended well."""
        self._end(
            status="skipped" if skipped else "succeeded",
            stage="finished",
            progress=1.0,
            version=version,
            metrics=dict(metrics),
            gate=gate,
            error=None,
        )

    def stop(self, error: BaseException) -> None:
        """Note why it ended early."""
        if isinstance(error, RunCancelled | KeyboardInterrupt):
            self._end(status="cancelled", error=str(error) or "It was interrupted.")
        else:
            cause = str(error) if isinstance(error, LeitmotifError) else f"{type(error).__name__}: {error}"
            self._end(status="failed", error=cause)

    def try_to_stop(self, error: BaseException) -> None:
        """Note why it ended early, or say in the log that the database takes no note: the reason is not to be lost."""
        try:
            self.stop(error)
        except StoreUnavailable as fault:
            logger.error("run %s stops (%s), which cannot be noted: %s", self.run.id, error, fault)

    def _end(self, **changes: object) -> None:
        self.run = replace(self.run, updated=now(), seconds_left=None, **changes)  # type: ignore[arg-type]
        self._ledger.runs.save(self.run)

    def _left(self, share: float) -> float | None:
        """Seconds left, from the time that this process took for what it has done."""
        if self._began is None or share <= self._began[1]:
            self._began = self._began or (time.monotonic(), share)
            return None
        spent = time.monotonic() - self._began[0]
        if spent < _FEWEST_SECONDS:
            return None
        return round(spent / (share - self._began[1]) * (1.0 - share), 1)
