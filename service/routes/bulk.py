"""`/v1/bulk-runs`: score a file of articles and follow it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.routes.common import ActorDep, PartsDep, problems
from service.schemas_bulk import BulkRequest, BulkRunBody, BulkRunListBody, bulk_body

router = APIRouter(prefix="/bulk-runs", tags=["bulk scoring"])


@router.post("", status_code=202, responses=problems(409, 415, 503))
def start_bulk_run(response: Response, parts: PartsDep, who: ActorDep, wanted: BulkRequest) -> BulkRunBody:
    """Score every article of a file in the background, over all workers; each comes out once.

    The version that is live now scores the whole run. `Location` says where to follow it.
    """
    run = parts.bulk.start(wanted.to_files(), who=who)
    response.headers["Location"] = f"/v1/bulk-runs/{run.id}"
    return bulk_body(parts.bulk.get(run.id))


@router.get("")
def list_bulk_runs(
    parts: PartsDep, limit: Annotated[int, Query(ge=1, le=500, description="Most runs to list.")] = 50
) -> BulkRunListBody:
    """Bulk runs, newest first."""
    runs = [bulk_body(state) for state in parts.bulk.list(limit=limit)]
    return BulkRunListBody(runs=runs, workers=parts.ledger.workers.count())


@router.get("/{run_id}", responses=problems(404))
def get_bulk_run(run_id: str, parts: PartsDep) -> BulkRunBody:
    """How far a run has come, and at what pace."""
    return bulk_body(parts.bulk.get(run_id))


@router.post("/{run_id}/cancel", responses=problems(404))
def cancel_bulk_run(run_id: str, parts: PartsDep, who: ActorDep) -> BulkRunBody:
    """Ask a run to stop; it ends within seconds, without results. One that is over stays as it is."""
    state = parts.bulk.cancel(run_id)
    parts.ledger.audit.add(who, "bulk.cancel", run_id, {"status": state.run.status})
    return bulk_body(state)


@router.post("/{run_id}/resume", status_code=202, responses=problems(404, 409))
def resume_bulk_run(run_id: str, response: Response, parts: PartsDep, who: ActorDep) -> BulkRunBody:
    """Take up a failed run again; what is scored stays scored."""
    run = parts.bulk.resume(run_id)
    parts.ledger.audit.add(who, "bulk.resume", run_id, {"attempt": run.attempt})
    response.headers["Location"] = f"/v1/bulk-runs/{run.id}"
    return bulk_body(parts.bulk.get(run_id))
