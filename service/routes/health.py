"""`/livez`, `/readyz` and `/metrics`, for whoever runs the service."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from leitmotif.errors import LeitmotifError, Problem
from service.errors import problem, problem_response
from service.metrics import Metrics
from service.parts import Parts
from service.routes.common import PartsDep, problems

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    """A check that passed."""

    status: str = Field(examples=["ok"])
    model: str | None = Field(None, description="The live model version.")


@router.get("/livez", response_model_exclude_none=True)
async def livez() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz", response_model=Health, responses=problems(503))
def readyz(request: Request, parts: PartsDep) -> Health | JSONResponse:
    """The database answers and a model is live, so analyses can be served."""
    faults = _faults(parts)
    if faults:
        detail = "; ".join(map(str, faults))
        return problem_response(problem(503, "not-ready", detail, instance=request.url.path, faults=faults))
    return Health(status="ok", model=parts.live.current().version)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, parts: PartsDep) -> Response:
    """Numbers in Prometheus text format."""
    collected: Metrics = request.app.state.metrics
    text, kind = collected.render(parts)
    return Response(text, media_type=kind)


def _faults(parts: Parts) -> list[Problem]:
    faults = []
    for name, check in (("database", parts.store.check), ("model", parts.live.current)):
        try:
            check()
        except LeitmotifError as error:
            faults.append(Problem(name, str(error)))
    return faults
