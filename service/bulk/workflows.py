"""Bulk runs as durable workflows: one for the run, which looks after it, and one for each batch.

The run waits in a queue of its own: were it in that of its batches, waiting runs could take every place.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from dbos import DBOS, SetWorkflowID, StepOptions, WorkflowStatus
from dbos import error as dbos_error

from leitmotif.errors import LeitmotifError, RunCancelled
from leitmotif.ledger import Ledger
from leitmotif.ledger.bulk import BulkRun
from leitmotif.settings import Settings
from service.bulk.stages import BulkStages
from service.workflows import MOST_RECOVERIES, client, enqueue_workflow

logger = logging.getLogger(__name__)

RUNS_QUEUE = "bulk"
SCORING_QUEUE = "scoring"
RUN_WORKFLOW = "bulk-run"
BATCH_WORKFLOW = "bulk-batch"
QUEUES = (RUNS_QUEUE, SCORING_QUEUE)
WORKFLOWS = (RUN_WORKFLOW, BATCH_WORKFLOW)

_RUNS_AT_ONCE = 8
_MOST_RUN_RECOVERIES = 10_000
"""Looking after a run kills no worker; a long one sees many of them start again."""
_POLL_SECONDS = 0.25
_LOOK_SECONDS = 2.0
_DROPPED_AT_ONCE = 500
_SCORE: StepOptions = {
    "name": "score",
    "retries_allowed": True,
    "max_attempts": 4,
    "interval_seconds": 1.0,
    "backoff_rate": 4.0,
}
"""A database that is started again is back by the last try."""
_GIVEN_UP = "MAX_RECOVERY_ATTEMPTS_EXCEEDED"
_OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", _GIVEN_UP})


def register(stages: BulkStages, ledger: Ledger) -> None:
    """Tell DBOS what the workflows are; before it is launched."""

    @DBOS.workflow(name=BATCH_WORKFLOW, max_recovery_attempts=MOST_RECOVERIES)
    def score_batch(run_id: str, number: int) -> str:
        try:
            return DBOS.run_step(_SCORE, stages.score, run_id, number)
        except dbos_error.DBOSMaxStepRetriesExceeded as error:
            raise LeitmotifError(str(error.errors[-1])) from error

    @DBOS.workflow(name=RUN_WORKFLOW, max_recovery_attempts=_MOST_RUN_RECOVERIES)
    def bulk_run(run_id: str) -> str:
        run = ledger.bulk.get(run_id)
        if not run.unfinished:
            return "nothing to do"
        try:
            run = stages.begin(run_id)
            for number in range(DBOS.run_step({"name": "read"}, stages.read, run_id)):
                with SetWorkflowID(run.batch_workflow_id(number)):
                    DBOS.enqueue_workflow(SCORING_QUEUE, score_batch, run_id, number)
            DBOS.run_step({"name": "wait"}, _wait, stages, ledger, run_id)
            DBOS.run_step({"name": "join"}, stages.join, run_id)
            DBOS.run_step({"name": "clean"}, stages.clean, run_id)
            return stages.finish(run_id).status
        except Exception as error:
            logger.exception("bulk run %s stops", run_id)
            # What a step raised before this process began comes back as its words alone.
            cause = RunCancelled() if ledger.bulk.stop_asked(run_id) else error
            DBOS.run_step({"name": "stop"}, _drop_batches, run)
            return stages.stop(run_id, cause).status


def register_queues(settings: Settings) -> None:
    """Set up the queues; after DBOS is launched."""
    DBOS.register_queue(RUNS_QUEUE, worker_concurrency=_RUNS_AT_ONCE, polling_interval_sec=_POLL_SECONDS)
    DBOS.register_queue(
        SCORING_QUEUE, worker_concurrency=settings.bulk_concurrency + 1, polling_interval_sec=_POLL_SECONDS
    )


def enqueue_run(settings: Settings, run: BulkRun) -> None:
    """Queue a run for the workers.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    with client(settings.database_url) as opened:
        enqueue_workflow(opened, RUNS_QUEUE, RUN_WORKFLOW, run.workflow_id, run.id)


def look_after(settings: Settings, stages: BulkStages, ledger: Ledger) -> None:
    """Queue runs that were recorded and never queued; note that one has failed whose workflow is over."""
    for run in ledger.bulk.unfinished():
        if not run.durable:
            continue
        workflow = DBOS.get_workflow_status(run.workflow_id)
        if workflow is None:
            enqueue_run(settings, run)
        elif workflow.status in _OVER and ledger.bulk.get(run.id) == run:
            stages.stop(run.id, LeitmotifError("The run broke off; see the log of the workers."))


def _wait(stages: BulkStages, ledger: Ledger, run_id: str) -> None:
    """Wait until every batch is done.

    Raises:
        RunCancelled: somebody asked for that.
        LeitmotifError: a batch cannot be scored.
    """
    run, given_up, looked = ledger.bulk.get(run_id), set[int](), time.monotonic()
    while ledger.bulk.progress(run_id).batches < (run.batches or 0):
        stages.check(run_id)
        time.sleep(_POLL_SECONDS)
        if time.monotonic() - looked > _LOOK_SECONDS:
            for number in set(_dead_batches(run)) - given_up:
                stages.give_up(run_id, number)
                given_up.add(number)
            looked = time.monotonic()


def _dead_batches(run: BulkRun) -> Iterator[int]:
    """Batches that killed every worker that scored them.

    Raises:
        LeitmotifError: one could not be scored for another reason.
    """
    for workflow in _batches(run, "ERROR", "CANCELLED", _GIVEN_UP):
        number = int(workflow.workflow_id.rpartition("-")[2])
        if workflow.status != _GIVEN_UP:
            raise LeitmotifError(f"Batch {number} could not be scored: {workflow.error or 'it was cancelled'}")
        yield number


def _drop_batches(run: BulkRun) -> None:
    """Take batches that wait off the queue; those under way look by themselves whether they are still wanted."""
    waiting = [workflow.workflow_id for workflow in _batches(run, "ENQUEUED")]
    for start in range(0, len(waiting), _DROPPED_AT_ONCE):
        DBOS.cancel_workflows(waiting[start : start + _DROPPED_AT_ONCE])


def _batches(run: BulkRun, *status: str) -> list[WorkflowStatus]:
    prefix = f"{run.workflow_id}-"
    return DBOS.list_workflows(workflow_id_prefix=prefix, status=list(status), load_input=False)
