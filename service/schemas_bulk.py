"""What requests and responses on bulk runs hold."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.bulk.runs import BulkState, Files
from service.schemas import Request, Response


class BulkRequest(Request):
    """A file of articles to score."""

    input: str = Field(
        min_length=1,
        max_length=2_000,
        description="Path or URL of a .jsonl, .csv or .parquet file below one of LEITMOTIF_BULK_ROOTS, with a column "
        "`text` (and `id title url language`).",
        examples=["/data/bulk/articles.jsonl"],
    )
    output: str = Field(
        min_length=1,
        max_length=2_000,
        description="Path or URL of the results, below one of LEITMOTIF_BULK_ROOTS. It must not exist yet.",
        examples=["/data/bulk/scores.parquet"],
    )
    format: Literal["jsonl", "parquet"] | None = Field(None, description="Of the results; else by the output's name.")

    def to_files(self) -> Files:
        return Files(self.input, self.output, self.format or "")


class BulkRunBody(Response):
    """A bulk run and how far it has come."""

    id: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    stage: Literal["queued", "reading", "scoring", "joining", "cleaning", "finished"]
    input: str
    output: str
    format: Literal["jsonl", "parquet"]
    model: str = Field(description="The version that scores every article of the run, whatever goes live meanwhile.")
    articles: int | None = Field(None, description="Rows of the input, once they are counted.")
    done: int = Field(description="Articles scored, errors among them.")
    errors: int = Field(description="Rows that could not be analysed; the results say why.")
    articles_a_second: float | None = Field(None, description="Over the last minute; of a run that is over, overall.")
    seconds_left: float | None = Field(None, description="At the present pace.")
    workers: int = Field(description="Workers that score batches of it now.")
    error: str | None = Field(None, description="Why it failed or was cancelled.")
    attempt: int
    who: str
    created: str
    updated: str


class BulkRunListBody(Response):
    """Bulk runs, newest first."""

    runs: list[BulkRunBody]
    workers: int = Field(description="Workers that live; with none, runs wait.")


def bulk_body(state: BulkState) -> BulkRunBody:
    """A run as it is answered."""
    run, progress = state.run, state.progress
    return BulkRunBody.model_validate(
        {name: getattr(run, name) for name in BulkRunBody.model_fields if hasattr(run, name)}
        | {"model": run.version, "done": progress.articles, "errors": progress.errors, "workers": state.workers}
        | {"articles_a_second": state.articles_a_second, "seconds_left": state.seconds_left}
    )
