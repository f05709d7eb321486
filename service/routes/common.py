"""What the routes share: the parts, documentation of problems, and checks against the codebook."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Request

from leitmotif.domain import CaseFilter, Codebook
from leitmotif.errors import InputError, Problem
from service.errors import MEDIA_TYPE
from service.parts import Parts
from service.schemas import Filters
from service.security import ACTOR, ANONYMOUS


def get_parts(request: Request) -> Parts:
    """The parts of the app that answers this request."""
    parts: Parts = request.app.state.parts
    return parts


PartsDep = Annotated[Parts, Depends(get_parts)]


def get_actor(request: Request) -> str:
    """Who calls: the name of the API key, or `anonymous` where none is needed."""
    who: str = request.scope.get("state", {}).get(ACTOR, ANONYMOUS)
    return who


ActorDep = Annotated[str, Depends(get_actor)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documentation of the problems that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def body_schema(*kinds: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Documentation of a body that the route reads by itself: pairs of media type and schema."""
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind, schema in kinds}}}


def case_filter(filters: Filters, codebook: Codebook) -> CaseFilter:
    """The filter, its narratives checked.

    Raises:
        InputError: a narrative is not in the codebook.
    """
    faults = [
        Problem("narratives", f"no narrative of the codebook is called {name!r}; GET /v1/narratives lists them")
        for name in filters.narratives
        if name not in codebook.ids
    ]
    if faults:
        raise InputError("; ".join(map(str, faults)), faults)
    return filters.to_filter()
