"""`/v1/training-runs`: start training and follow it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from leitmotif.ledger.runs import UNFINISHED
from service.jobs import TrainingRuns
from service.routes.common import ActorDep, PartsDep, problems
from service.schemas import TrainingRequest
from service.schemas_library import RunBody, RunListBody

router = APIRouter(prefix="/training-runs", tags=["training"])

_LOOK_SECONDS = 0.5
_HEARTBEAT_LOOKS = 30
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.post("", status_code=202, responses=problems(409))
def start_training(
    response: Response, parts: PartsDep, who: ActorDep, wanted: TrainingRequest | None = None
) -> RunBody:
    """Train a new version on the corpus and the labelled cases, in the background; one run at a time.

    It goes live without a pause if the gate finds it no worse than the live one. `Location` says where to follow it.
    """
    wanted = wanted or TrainingRequest()
    run = parts.runs.start(activate=wanted.activate, force=wanted.force, who=who)
    response.headers["Location"] = f"/v1/training-runs/{run.id}"
    return RunBody.model_validate(run)


@router.get("")
def list_training_runs(
    parts: PartsDep, limit: Annotated[int, Query(ge=1, le=500, description="Most runs to list.")] = 50
) -> RunListBody:
    """Training runs, newest first."""
    runs = [RunBody.model_validate(run) for run in parts.runs.list(limit=limit)]
    return RunListBody(runs=runs, workers=parts.ledger.workers.count())


@router.get("/{run_id}", responses=problems(404))
def get_training_run(run_id: str, parts: PartsDep) -> RunBody:
    """How a run is doing, and what came of it."""
    return RunBody.model_validate(parts.runs.get(run_id))


@router.post("/{run_id}/cancel", responses=problems(404))
def cancel_training_run(run_id: str, parts: PartsDep, who: ActorDep) -> RunBody:
    """Ask a run to stop; it ends as `cancelled` within seconds and can be resumed. One that is over stays as it is."""
    run = parts.runs.cancel(run_id)
    parts.ledger.audit.add(who, "run.cancel", run_id, {"status": run.status})
    return RunBody.model_validate(run)


@router.post("/{run_id}/resume", status_code=202, responses=problems(404, 409))
def resume_training_run(run_id: str, response: Response, parts: PartsDep, who: ActorDep) -> RunBody:
    """Take up a failed or cancelled run again, with the stage that it had not finished."""
    run = parts.runs.resume(run_id)
    parts.ledger.audit.add(who, "run.resume", run_id, {"attempt": run.attempt})
    response.headers["Location"] = f"/v1/training-runs/{run.id}"
    return RunBody.model_validate(run)


@router.get("/{run_id}/events", response_class=StreamingResponse, responses=_EVENTS | problems(404))
async def training_run_events(run_id: str, request: Request, parts: PartsDep) -> StreamingResponse:
    """Server-sent events: `progress` with the run whenever it moves on, and `end` with its final state."""
    first = RunBody.model_validate(await run_in_threadpool(parts.runs.get, run_id))
    events = _events(parts.runs, first, request)
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _events(runs: TrainingRuns, run: RunBody, request: Request) -> AsyncIterator[str]:
    looks = 0
    if request.headers.get("last-event-id") != run.updated:
        yield _event("progress", run)
    while run.status in UNFINISHED and not await request.is_disconnected():
        await asyncio.sleep(_LOOK_SECONDS)
        latest = RunBody.model_validate(await run_in_threadpool(runs.get, run.id))
        looks += 1
        if latest != run:
            yield _event("progress", latest)
        elif looks % _HEARTBEAT_LOOKS == 0:
            yield ": still here\n\n"
        run = latest
    yield _event("end", run)


def _event(name: str, run: RunBody) -> str:
    """An event; its id is the time of the state in it, so that a client that comes back is not told it twice."""
    return f"id: {run.updated}\nevent: {name}\ndata: {run.model_dump_json()}\n\n"
