"""`/v1/narratives`: the codebook, and how often and where each narrative appears."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from leitmotif.codebook import entry_of
from leitmotif.domain import CaseFilter, Narrative
from leitmotif.errors import NarrativeInUse, NarrativeNotFound
from service.parts import Parts
from service.routes.common import ActorDep, PartsDep, case_filter, problems
from service.schemas_audit import NarrativeRequest
from service.schemas_library import CodebookBody, CountBody, NarrativeBody, ThemeBody, TimelineBody, TimelineQuery

router = APIRouter(prefix="/narratives", tags=["narratives"])

_CREATED: dict[int | str, dict[str, Any]] = {201: {"model": NarrativeBody, "description": "It is new."}}


@router.get("")
def list_narratives(parts: PartsDep) -> CodebookBody:
    """The codebook, with the number of known cases of each narrative."""
    counts, codebook = parts.store.facets(CaseFilter())["narrative"], parts.codebook
    return CodebookBody(
        version=codebook.version,
        themes=[ThemeBody.model_validate(theme) for theme in codebook.themes],
        narratives=[_body(narrative, counts.get(narrative.id, 0)) for narrative in codebook.narratives],
    )


@router.get("/{narrative_id}", responses=problems(404))
def get_narrative(narrative_id: str, parts: PartsDep) -> NarrativeBody:
    """One narrative."""
    narrative = _find(parts, narrative_id)
    return _body(narrative, parts.store.count_cases(CaseFilter(narratives=(narrative_id,))))


@router.put("/{narrative_id}", responses=problems(422) | _CREATED)
def put_narrative(
    narrative_id: str, wanted: NarrativeRequest, response: Response, parts: PartsDep, who: ActorDep
) -> NarrativeBody:
    """Add a narrative, or change one. Cases can have it at once; the model knows it from the next training on."""
    codebook = parts.codebook
    narrative = entry_of(narrative_id, wanted.model_dump(), codebook)
    before = codebook.find(narrative_id)
    response.status_code = 200 if before else 201
    if narrative != before:
        parts.ledger.narratives.put(narrative)
        details = {"from": asdict(before) if before else None, "to": asdict(narrative)}
        parts.ledger.audit.add(who, "narrative.put", narrative_id, details)
    return _body(narrative, parts.store.count_cases(CaseFilter(narratives=(narrative_id,))))


@router.delete("/{narrative_id}", status_code=204, responses=problems(404, 409))
def delete_narrative(narrative_id: str, parts: PartsDep, who: ActorDep) -> None:
    """Remove a narrative that was added over HTTP and that no case has."""
    narrative = _find(parts, narrative_id)
    if parts.codebooks.file.find(narrative_id):
        raise NarrativeInUse(f"{narrative_id} stands in {parts.settings.codebook_path}: remove it there, and restart.")
    cases = parts.store.count_cases(CaseFilter(narratives=(narrative_id,)))
    if cases:
        raise NarrativeInUse(f"{cases} cases have {narrative_id}: give them other narratives first.")
    parts.ledger.narratives.delete(narrative_id)
    parts.ledger.audit.add(who, "narrative.delete", narrative_id, {"from": asdict(narrative)})


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
