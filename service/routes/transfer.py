"""`/v1/cases/import` and `/v1/cases/export`: whole files of cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from leitmotif.errors import ImportRefused, Problem, TooMany
from leitmotif.formats import read_cases, write_cases
from leitmotif.formats.record import Reading
from leitmotif.formats.tables import parse_mapping
from service.duplicates import duplicate_notes
from service.parts import Parts
from service.routes.common import PartsDep, body_schema, case_filter, problems
from service.schemas import Fault
from service.schemas_library import ExportQuery, ImportReport

router = APIRouter(prefix="/cases", tags=["cases"])

ImportFormat = Literal["auto", "jsonl", "csv", "euvsdisinfo", "euvsdisinfo-csv"]
_FILE = {"type": "string", "format": "binary"}
_BODY = body_schema(("application/octet-stream", _FILE), ("text/csv", _FILE), ("application/x-ndjson", _FILE))
_MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


@router.post("/import", responses=problems(413, 415, 422), openapi_extra=_BODY)
async def import_cases(
    request: Request,
    parts: PartsDep,
    format_: Annotated[ImportFormat, Query(alias="format", description="`auto` looks at the content.")] = "auto",
    dry_run: Annotated[bool, Query(description="Check everything and write nothing.")] = False,
    columns: Annotated[
        list[str] | None, Query(alias="map", description="FIELD=COLUMN, once a column, e.g. `title=Claim`.")
    ] = None,
) -> ImportReport:
    """Add and change the cases of a file (the body), all or none.

    A row that is wrong refuses the whole file with 422 and every fault; a dry run reports the same faults with 200.
    Importing the same file twice changes nothing.
    """
    data = await request.body()
    return await run_in_threadpool(_import, parts, data, format_, dry_run, columns or [])


@router.get("/export", response_class=StreamingResponse, responses=problems(422))
def export_cases(query: Annotated[ExportQuery, Query()], parts: PartsDep) -> StreamingResponse:
    """The cases that pass the filters as a file."""
    cases = parts.store.iter_cases(case_filter(query, parts.codebook))
    name = f'attachment; filename="cases.{query.format}"'
    return StreamingResponse(
        write_cases(cases, query.format),
        media_type=_MEDIA_TYPES[query.format],
        headers={"Content-Disposition": name},
    )


def _import(parts: Parts, data: bytes, kind: str, dry_run: bool, columns: Sequence[str]) -> ImportReport:
    reading = read_cases(data, kind, parts.codebook.ids, parse_mapping(columns), parts.codebook.narratives)
    limit = parts.settings.max_import_rows
    if len(reading.cases) + len(reading.problems) > limit:
        raise TooMany(f"The file has more than {limit} rows (LEITMOTIF_MAX_IMPORT_ROWS): send it in parts.")
    if reading.problems and not dry_run:
        raise ImportRefused(f"{refused_rows(reading)} rows are wrong, so nothing was imported.", reading.problems)
    alike = duplicate_notes(parts, reading.cases)
    counts = parts.library.put(reading.cases, dry_run=dry_run)
    return ImportReport(
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        refused=refused_rows(reading),
        dry_run=dry_run,
        errors=_faults(reading.problems),
        warnings=_faults([*reading.warnings, *alike]),
    )


def refused_rows(reading: Reading) -> int:
    """How many rows are wrong; a row may have several problems."""
    return len({problem.where.split(",")[0] for problem in reading.problems})


def _faults(problems_: Sequence[Problem]) -> list[Fault]:
    return [Fault.model_validate(problem) for problem in problems_]
