"""Real worker processes for tests, which can be made to wait while they score, and to die of a text."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess

from leitmotif.analysis import Analyser
from leitmotif.domain import Analysis, Article
from leitmotif.settings import Settings
from service.bulk.runs import BulkRuns, BulkState
from service.scorers import PinnedScorers
from service.worker import run_until_stopped

DEADLY = "deadly"
"""A text with this word kills whoever scores it."""

# One process imports what is heavy, once; every worker is forked from it.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.bulk.workers", "sentence_transformers", "sklearn.feature_extraction.text"])
_SECONDS = 240


class HauntedAnalyser(Analyser):
    """Waits while there is a file `wait-scoring` among the models."""

    settings: Settings

    def classify(self, article: Article, *, neighbours: int = 5, evidence: bool = True) -> Analysis:
        while (self.settings.models_dir / "wait-scoring").exists():
            time.sleep(0.02)
        if DEADLY in article.text:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().classify(article, neighbours=neighbours, evidence=evidence)


class HauntedScorers(PinnedScorers):
    """Makes analysers haunted."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._haunted = settings

    def of(self, version: str) -> Analyser:
        analyser = super().of(version)
        analyser.__class__ = HauntedAnalyser
        analyser.settings = self._haunted  # type: ignore[attr-defined]
        return analyser


def _work(settings: Settings) -> None:
    run_until_stopped(settings, threading.Event(), scoring=HauntedScorers)


def start_worker(settings: Settings) -> ForkServerProcess:
    """A worker process; whoever starts it ends it."""
    process = _CONTEXT.Process(target=_work, args=(settings,), daemon=True)
    process.start()
    return process


def stop_worker(process: ForkServerProcess) -> None:
    process.terminate()
    process.join(30)
    if process.is_alive():
        process.kill()
        process.join()


def until(runs: BulkRuns, run_id: str, wanted: Callable[[BulkState], bool]) -> BulkState:
    """The run, once it is as wanted."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        state = runs.get(run_id)
        if wanted(state):
            return state
        time.sleep(0.02)
    raise AssertionError(state)


def ended(state: BulkState) -> bool:
    return not state.run.unfinished
