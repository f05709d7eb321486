"""`/v1/narratives`: the codebook, and how often and where each narrative appears."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from leitmotif.domain import CaseFilter, Narrative
from leitmotif.errors import NarrativeNotFound
from service.parts import Parts
from service.routes.common import PartsDep, case_filter, problems
from service.schemas_library import CodebookBody, CountBody, NarrativeBody, ThemeBody, TimelineBody, TimelineQuery

router = APIRouter(prefix="/narratives", tags=["narratives"])


@router.get("")
def list_narratives(parts: PartsDep) -> CodebookBody:
    """The codebook, with the number of known cases of each narrative."""
    counts = parts.store.facets(CaseFilter())["narrative"]
    return CodebookBody(
        version=parts.codebook.version,
        themes=[ThemeBody.model_validate(theme) for theme in parts.codebook.themes],
        narratives=[_body(narrative, counts.get(narrative.id, 0)) for narrative in parts.codebook.narratives],
    )


@router.get("/{narrative_id}", responses=problems(404))
def get_narrative(narrative_id: str, parts: PartsDep) -> NarrativeBody:
    """One narrative."""
    narrative = _find(parts, narrative_id)
    return _body(narrative, parts.store.count_cases(CaseFilter(narratives=(narrative_id,))))


@router.get("/{narrative_id}/timeline", responses=problems(404, 422))
def narrative_timeline(narrative_id: str, query: Annotated[TimelineQuery, Query()], parts: PartsDep) -> TimelineBody:
    """Counts of a narrative's cases by month, year, country, language or outlet; by time, undated ones are left out."""
    _find(parts, narrative_id)
    counts = parts.store.timeline(narrative_id, query.by, case_filter(query, parts.codebook))
    listed = [CountBody(value=value, count=count) for value, count in counts.items()]
    return TimelineBody(narrative=narrative_id, by=query.by, counts=listed)


def _find(parts: Parts, narrative_id: str) -> Narrative:
    narrative = parts.codebook.find(narrative_id)
    if narrative is None:
        raise NarrativeNotFound(f"The codebook has no narrative {narrative_id!r}; GET /v1/narratives lists them.")
    return narrative


def _body(narrative: Narrative, cases: int) -> NarrativeBody:
    return NarrativeBody.model_validate(narrative).model_copy(update={"cases": cases})
