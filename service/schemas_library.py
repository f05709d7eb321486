"""What requests and responses on cases, narratives, models and training runs hold."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from service.schemas import CaseBody, Fault, Filters, MatchBody, Response, TimelineUnit


class CaseListQuery(Filters):
    """Which cases to list."""

    q: str = Field("", max_length=10_000, description="Search by words and meaning together; best first.")
    cursor: str = Field("", description="`cursor` of the page before.")
    limit: int = Field(50, ge=1, le=500, description="Most cases on a page.")
    facets: bool = Field(False, description="Whether to count the cases by narrative, language, country, outlet …")


class SimilarQuery(Filters):
    """Which cases to compare with."""

    limit: int = Field(5, ge=1, le=50, description="Most cases to show.")


class SimilarBody(Response):
    """Cases like the one asked about, most probable first, whatever their tier."""

    matches: list[MatchBody]


class ExportQuery(Filters):
    """Which cases to export, and how."""

    format: Literal["jsonl", "csv"] = Field("jsonl", description="JSON Lines keep everything; CSV is for spreadsheets.")


class TimelineQuery(Filters):
    """How to count a narrative's cases."""

    by: TimelineUnit = Field("month", description="What to count by.")


class CasePageBody(Response):
    """A page of cases, newest first, or best first with `q`."""

    cases: list[CaseBody]
    total: int = Field(description="Cases that pass the filters, on all pages.")
    cursor: str | None = Field(None, description="Opens the next page; null on the last.")
    facets: dict[str, dict[str, int]] = Field({}, description="Counts by kind of value, if asked for.")


class CasesWritten(Response):
    """What became of cases that were sent."""

    added: int
    changed: int
    unchanged: int
    ids: list[str] = Field(description="Ids in the order of the records.")


class ImportReport(Response):
    """What an import did, or with `dry_run` would do."""

    added: int
    changed: int
    unchanged: int
    refused: int = Field(description="Rows that are wrong; above 0 only in a dry run, since nothing is half-imported.")
    dry_run: bool
    errors: list[Fault] = Field([], description="Each wrong row, with its number and field.")
    warnings: list[Fault] = Field(
        [], description="What was read, but not as it stands, and new cases that look like known ones."
    )


class NarrativeBody(Response):
    """A narrative of the codebook."""

    id: str
    theme: str
    name: str
    definition: str
    include: str
    exclude: str
    keywords: list[str]
    cases: int = Field(0, description="Known cases with this narrative.")


class ThemeBody(Response):
    """A group of narratives."""

    id: str
    name: str


class CodebookBody(Response):
    """The whole codebook."""

    version: int
    themes: list[ThemeBody]
    narratives: list[NarrativeBody]


class CountBody(Response):
    """How many cases have a value."""

    value: str
    count: int


class TimelineBody(Response):
    """Counts of a narrative's cases."""

    narrative: str
    by: TimelineUnit
    counts: list[CountBody]


class ModelBody(Response):
    """A model version."""

    version: str
    live: bool
    created: str
    encoder: str
    labels: list[str]
    metrics: dict[str, float]
    data_sha256: str


class ModelListBody(Response):
    """All versions, newest first."""

    live: str | None = Field(description="Name of the live version; null before the first one.")
    models: list[ModelBody]


class ModelDetail(ModelBody):
    """A version with its card."""

    card: str = Field("", description="The model card, Markdown.")
    libraries: dict[str, str] = Field(description="Versions of the libraries it was made with.")
    gate: dict[str, Any] | None = Field(None, description="What the gate said of it when it was trained.")


class RunBody(Response):
    """A training run."""

    id: str
    status: Literal["queued", "running", "succeeded", "skipped", "failed", "cancelled"]
    stage: str = Field(description="What it is doing, or did last.")
    progress: float = Field(description="Share done, in [0, 1].")
    seconds_left: float | None = Field(None, description="An estimate, while it runs.")
    created: str
    updated: str
    attempt: int = Field(1, description="1, and one more each time it was resumed.")
    who: str = Field("local", description="The API key by name, or `local` for the command line.")
    version: str | None = Field(None, description="The version it published; if skipped, the one that is up to date.")
    metrics: dict[str, float] | None = None
    gate: dict[str, Any] | None = Field(
        None, description="`promoted`, `reasons`, and the scores of the `candidate` and the `live` version."
    )
    error: str | None = None


class RunListBody(Response):
    """Training runs, newest first."""

    runs: list[RunBody]
    workers: int = Field(description="Workers that live. With none, a queued run waits.")
