"""`/v1/cases`: list, read, write and remove known cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Query, Response
from pydantic import SkipValidation

from leitmotif.domain import Case, CaseFilter, CasePage
from leitmotif.errors import InvalidRecord, Problem, TooMany
from leitmotif.formats.record import CaseRecord, read_record
from service.parts import Parts
from service.routes.common import PartsDep, case_filter, problems
from service.schemas import CaseBody, MatchBody
from service.schemas_library import CaseListQuery, CasePageBody, CasesWritten, SimilarBody, SimilarQuery

router = APIRouter(prefix="/cases", tags=["cases"])

OneOrMany = Annotated[SkipValidation[CaseRecord | list[CaseRecord]], Body()]
One = Annotated[SkipValidation[CaseRecord], Body()]
_CREATED: dict[int | str, dict[str, Any]] = {201: {"model": CaseBody, "description": "It is new."}}


@router.get("", responses=problems(422))
def list_cases(query: Annotated[CaseListQuery, Query()], parts: PartsDep) -> CasePageBody:
    """Cases, newest first; with `q`, the best finds by words and meaning first. Both come in pages."""
    where = case_filter(query, parts.codebook)
    page = _search(parts, query, where) if query.q.strip() else _page(parts, query, where)
    facets = parts.store.facets(where) if query.facets else {}
    return CasePageBody(
        cases=[CaseBody.model_validate(case) for case in page.cases],
        total=page.total,
        cursor=page.cursor,
        facets=facets,
    )


@router.post("", status_code=201, responses=problems(409, 413, 422))
def create_cases(records: OneOrMany, response: Response, parts: PartsDep) -> CasesWritten:
    """Add one case, or a list of them, all or none.

    Sending the same record again changes nothing and gives 200; another record under a known id gives 409.
    """
    raw: Any = records
    cases = _read_many(raw, parts) if isinstance(raw, list) else [_read_one(raw, parts)]
    counts = parts.library.put(cases, replacing=False)
    response.status_code = 201 if counts.added else 200
    if not isinstance(raw, list):
        response.headers["Location"] = f"/v1/cases/{quote(cases[0].id)}"
    return CasesWritten(
        added=counts.added, changed=counts.changed, unchanged=counts.unchanged, ids=[case.id for case in cases]
    )


@router.get("/{case_id}", responses=problems(404))
def get_case(case_id: str, parts: PartsDep) -> CaseBody:
    """One case."""
    return CaseBody.model_validate(parts.library.get(case_id))


@router.get("/{case_id}/similar", responses=problems(404, 503))
def similar_cases(case_id: str, query: Annotated[SimilarQuery, Query()], parts: PartsDep) -> SimilarBody:
    """The other cases most like this one, with the probability that both are about one claim."""
    case = parts.library.get(case_id)
    where = case_filter(query, parts.codebook)
    matches = parts.live.current().matcher.similar(case, where, limit=query.limit)
    return SimilarBody(matches=[MatchBody.model_validate(match) for match in matches])


@router.put("/{case_id}", responses=problems(422) | _CREATED)
def put_case(case_id: str, record: One, response: Response, parts: PartsDep) -> CaseBody:
    """Add a case under this id, or replace the one that is there."""
    raw: Any = record
    if isinstance(raw, dict) and raw.get("id", case_id) not in {"", case_id}:
        fault = Problem("id", f"{raw['id']!r} is not the id of the address, {case_id!r}; leave it out")
        raise InvalidRecord(str(fault), [fault])
    case = _read_one(raw | {"id": case_id} if isinstance(raw, dict) else raw, parts)
    counts = parts.library.put([case])
    response.status_code = 201 if counts.added else 200
    return CaseBody.model_validate(parts.library.get(case.id))


@router.delete("/{case_id}", status_code=204, responses=problems(404))
def delete_case(case_id: str, parts: PartsDep) -> None:
    """Remove a case."""
    parts.library.delete(case_id)


def _page(parts: Parts, query: CaseListQuery, where: CaseFilter) -> CasePage:
    return parts.store.list_cases(where, limit=query.limit, cursor=query.cursor or None)


def _search(parts: Parts, query: CaseListQuery, where: CaseFilter) -> CasePage:
    return parts.library.search(query.q, where, limit=query.limit, cursor=query.cursor or None)


def _read_one(raw: Any, parts: Parts) -> Case:
    case, faults = read_record(raw, parts.codebook.ids)
    if case is None or faults:
        raise InvalidRecord("; ".join(map(str, faults)), faults)
    return case


def _read_many(raws: Sequence[Any], parts: Parts) -> list[Case]:
    """Every record, or every fault of every record."""
    if len(raws) > parts.settings.max_import_rows:
        raise TooMany(f"{len(raws)} records are too many, the limit is {parts.settings.max_import_rows}.")
    narratives = parts.codebook.ids
    cases: dict[str, Case] = {}
    faults: list[Problem] = []
    for number, raw in enumerate(raws, 1):
        case, wrong = read_record(raw, narratives, where=f"record {number}")
        faults += wrong
        if case and case.id in cases:
            faults.append(Problem(f"record {number}, id", f"{case.id!r} stands in an earlier record already"))
        elif case:
            cases[case.id] = case
    if faults:
        raise InvalidRecord(f"{len(faults)} faults in the records, so none was added.", faults)
    return list(cases.values())
