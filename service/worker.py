"""The worker: a process that does the training and bulk runs which services queue. `leitmotif worker` starts one.

A worker that is killed leaves its run as it stands; the next worker to look, this one started again or another, goes on
with the stage that was not finished.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Any

from dbos import DBOS

from leitmotif.errors import DatabaseFull, LeitmotifError, StoreUnavailable
from leitmotif.ledger import Ledger, open_ledger
from leitmotif.ledger.runs import RunRecord
from leitmotif.ledger.workers import Worker, this_process
from leitmotif.settings import Settings
from leitmotif.store.opening import open_settled_store
from service.bulk import workflows as bulk
from service.bulk.stages import BulkStages, Scorers
from service.jobs import Do, execute, training_lock
from service.recorder import Recorder
from service.scorers import PinnedScorers
from service.workflows import MOST_RECOVERIES, QUEUE, WORKFLOW, client, dbos_config, enqueue

if TYPE_CHECKING:
    from training.stages import Workshop

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
_POLL_SECONDS = 0.5
_PATIENCE_SECONDS = 600.0
_OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})

Open = Callable[[Settings, Ledger, str], "Workshop"]
Scoring = Callable[[Settings], Scorers]


def open_workshop(settings: Settings, ledger: Ledger, run_id: str) -> Workshop:
    """What a run works with. Imported late: a worker that waits is to cost little memory."""
    from training.stages import Workshop

    return Workshop(settings, open_settled_store(settings), ledger, run_id)


def work(
    settings: Settings, stop: threading.Event, opening: Open = open_workshop, scoring: Scoring = PinnedScorers
) -> None:
    """Do what is queued until told to stop. A run under way is then left to the next worker.

    Raises:
        StoreUnavailable: the database cannot be opened.
    """
    ledger, me = open_ledger(settings.database_url), this_process()
    ledger.workers.seen(me)
    stages = BulkStages(settings, ledger, scoring(settings), me.id)
    DBOS(config=dbos_config(settings.database_url, me))
    _register(settings, ledger, me, opening)
    bulk.register(stages, ledger)
    DBOS.listen_queues([QUEUE, *bulk.QUEUES])
    DBOS.launch()
    bulk.register_queues(settings)
    DBOS.register_queue(QUEUE, global_concurrency=1, polling_interval_sec=_POLL_SECONDS)
    logger.info("worker %s is ready", me.id)
    try:
        while not stop.wait(LOOK_SECONDS):
            _look(settings, ledger, me, stages)
    finally:
        # A run that is taken on now is not lost: it stays on the list of a worker that is gone.
        ledger.workers.remove(me.id)


def _register(settings: Settings, ledger: Ledger, me: Worker, opening: Open) -> None:
    """Tell DBOS what the workflow is; each stage is a step of it."""

    @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_RECOVERIES)
    def train(run_id: str) -> str:
        # Who was taken for dead may live: its run is left to it, and looked at again when it has ended.
        with training_lock(settings, wait=-1):
            run = ledger.runs.get(run_id)
            if run is None or not run.unfinished:
                return "nothing to do"
            return _train(opening(settings, ledger, run_id), run, me)


def _train(shop: Workshop, run: RunRecord, me: Worker) -> str:
    try:
        return execute(shop, run, me.id, durably=_as_steps).version
    except LeitmotifError as error:
        logger.error("training run %s: %s", run.id, error)
        return "stopped"
    finally:
        shop.store.close()


def _as_steps(do: Do) -> Do:
    return lambda stage: DBOS.run_step({"name": stage}, _patiently, do, stage)


def _patiently(do: Do, stage: str) -> Mapping[str, Any]:
    """Do a stage; where the database goes away meanwhile, wait for it and do the stage anew."""
    given_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return do(stage)
        except StoreUnavailable as error:
            if isinstance(error, DatabaseFull) or time.monotonic() > given_up:
                raise
            logger.warning("stage %s waits for the database: %s", stage, error)
            time.sleep(LOOK_SECONDS)


def _look(settings: Settings, ledger: Ledger, me: Worker, stages: BulkStages) -> None:
    """Say that this worker lives, and take care of runs that nobody works on."""
    try:
        ledger.workers.seen(me)
        _take_over(ledger, me)
        run = ledger.runs.unfinished()
        if run is not None and run.durable:
            _put_right(settings, ledger, run)
        bulk.look_after(settings, stages, ledger)
    except Exception:
        logger.exception("looking after the runs failed")


def _take_over(ledger: Ledger, me: Worker) -> None:
    """Queue again what workers that are gone had begun."""
    pending = DBOS.list_workflows(status="PENDING", name=[WORKFLOW, *bulk.WORKFLOWS], load_input=False)
    owners = {workflow.executor_id for workflow in pending if workflow.executor_id} - {me.id}
    gone = [owner for owner in owners if not ledger.workers.lives(owner)]
    if gone:
        logger.warning("taking over from %s", ", ".join(gone))
        DBOS._recover_pending_workflows(gone)


def _put_right(settings: Settings, ledger: Ledger, run: RunRecord) -> None:
    """A run that was recorded and never queued is queued; one whose workflow is over has failed."""
    workflow = DBOS.get_workflow_status(run.workflow_id)
    if workflow is None:
        with client(settings.database_url) as opened:
            enqueue(opened, run)
        return
    latest = ledger.runs.get(run.id)
    if workflow.status in _OVER and latest is not None and latest.unfinished and latest.attempt == run.attempt:
        cause = (
            f"The worker died {MOST_RECOVERIES} times over" if "RECOVERY" in workflow.status else "The run broke off"
        )
        Recorder(ledger, latest).stop(LeitmotifError(f"{cause}; see its log."))


def main(opening: Open = open_workshop) -> int:
    """A worker as a process: settings as JSON on standard input, which the parent holds open while it lives."""
    settings = Settings.model_validate_json(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_stop_at_end_of_input, args=(stop,), daemon=True).start()
    run_until_stopped(settings, stop, opening)
    return 0


def run_until_stopped(
    settings: Settings, stop: threading.Event, opening: Open = open_workshop, scoring: Scoring = PinnedScorers
) -> None:
    """Work until a signal or `stop`; then end this process, whatever a run under way is doing."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    try:
        work(settings, stop, opening, scoring)
    except LeitmotifError as error:
        logger.error("the worker cannot work: %s", error)
        sys.exit(1)
    sys.stdout.flush()
    sys.stderr.flush()
    # The thread of a run does not stop by itself, and is not to hold up the end.
    os._exit(0)


def _stop_at_end_of_input(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
