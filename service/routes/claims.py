"""`POST /v1/claims/check` and `/v1/claims/check/batch`: is this a claim that somebody has already debunked?"""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request

from leitmotif.domain import CaseFilter
from leitmotif.errors import LeitmotifError, TooMany
from service.errors import problem_of
from service.parts import Parts
from service.routes.common import PartsDep, case_filter, problems
from service.schemas import (
    CheckBatchItem,
    CheckBatchRequest,
    CheckBatchResponse,
    CheckRequest,
    CheckResponse,
    ProblemBody,
)
from service.views import check_body

router = APIRouter(prefix="/claims", tags=["analysis"])


@router.post("/check", responses=problems(413, 422, 503))
async def check_claim(wanted: CheckRequest, parts: PartsDep) -> CheckResponse:
    """Look for known cases that answer a claim. `no_match` says "not in this database", never "true"."""
    where = case_filter(wanted.filters, parts.codebook)
    return await parts.pool.run(partial(_check, parts, wanted.claim, where, wanted.limit))


@router.post("/check/batch", responses=problems(413, 422, 503))
async def check_claims(batch: CheckBatchRequest, request: Request, parts: PartsDep) -> CheckBatchResponse:
    """Check several claims. Each gets its own status; a bad one does not sink the others."""
    if len(batch.claims) > parts.settings.max_batch:
        raise TooMany(f"claims: {len(batch.claims)} are too many, the limit is {parts.settings.max_batch}.")
    where = case_filter(batch.filters, parts.codebook)
    results = []
    for position, claim in enumerate(batch.claims):
        work = partial(_batch_item, parts, claim, where, batch.limit, f"{request.url.path}#claims/{position}")
        results.append(await parts.pool.run(work, patient=position > 0))
    return CheckBatchResponse(results=results)


def _check(parts: Parts, claim: str, where: CaseFilter, limit: int) -> CheckResponse:
    return check_body(parts.analyser.check(claim, where, limit=limit))


def _batch_item(parts: Parts, claim: str, where: CaseFilter, limit: int, instance: str) -> CheckBatchItem:
    try:
        return CheckBatchItem(status=200, result=_check(parts, claim, where, limit))
    except LeitmotifError as error:
        body = ProblemBody.model_validate(problem_of(error, instance))
        return CheckBatchItem(status=body.status, problem=body)
