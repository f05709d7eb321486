"""Real worker processes for tests, which can be made to die or wait at any stage."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.runs import RunRecord
from leitmotif.settings import Settings
from leitmotif.store import open_store
from service.worker import run_until_stopped
from training.run_folder import RunFolder
from training.stages import Workshop

# One process imports what is heavy, once; every worker is forked from it.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.service.workers", "sentence_transformers", "sklearn.feature_extraction.text"])
_SECONDS = 240


class HauntedFolder(RunFolder):
    """What a file `die-before-STAGE`, `die-after-STAGE` or `wait-at-STAGE` among the models asks for, happens."""

    def __init__(self, models: Path, run_id: str) -> None:
        super().__init__(models, run_id)
        self._models = models

    def save(self, stage: str, note: Mapping[str, Any], value: object = None) -> None:
        while (self._models / f"wait-at-{stage}").exists():
            time.sleep(0.05)
        self._die(f"die-before-{stage}")
        super().save(stage, note, value)
        self._die(f"die-after-{stage}")

    def _die(self, wish: str) -> None:
        if (self._models / wish).exists():
            (self._models / wish).unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def haunted_workshop(settings: Settings, ledger: Ledger, run_id: str) -> Workshop:
    shop = Workshop(settings, open_store(settings.database_url), ledger, run_id)
    shop.folder = HauntedFolder(settings.models_dir, run_id)
    return shop


def _work(settings: Settings) -> None:
    run_until_stopped(settings, threading.Event(), haunted_workshop)


def start_worker(settings: Settings) -> ForkServerProcess:
    """A worker process; whoever starts it ends it."""
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    process = _CONTEXT.Process(target=_work, args=(settings,), daemon=True)
    process.start()
    return process


def stop_worker(process: ForkServerProcess) -> None:
    process.terminate()
    process.join(30)
    if process.is_alive():
        process.kill()
        process.join()


def until(settings: Settings, run_id: str, wanted: Callable[[RunRecord], bool]) -> RunRecord:
    """The run, once it is as wanted."""
    ledger = open_ledger(settings.database_url)
    try:
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            run = ledger.runs.get(run_id)
            assert run is not None
            if wanted(run):
                return run
            time.sleep(0.05)
    finally:
        ledger.close()
    raise AssertionError(run)


def ended(run: RunRecord) -> bool:
    return not run.unfinished
