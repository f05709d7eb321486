"""Results: one row out for each row in, as Parquet or JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from leitmotif.bulk.rows import Row
from leitmotif.domain import Analysis, Evidence, NarrativeScore
from leitmotif.errors import UnsupportedFormat

FORMATS = ("jsonl", "parquet")
_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_GROUP_ROWS = 10_000
"""Rows of one row group: parts of fifty would make a file that is slow to read."""

Result = Mapping[str, Any]

_SCORE = {
    "narrative": pa.string(),
    "probability": pa.float64(),
    "threshold": pa.float64(),
    "assigned": pa.bool_(),
    "stance": pa.string(),
}
_EVIDENCE = {
    "narrative": pa.string(),
    "start": pa.int64(),
    "end": pa.int64(),
    "exact": pa.string(),
    "probability": pa.float64(),
    "stance": pa.string(),
    "speaker": pa.string(),
}
SCHEMA = pa.schema(
    {
        "id": pa.string(),
        "row": pa.int64(),
        "outcome": pa.string(),
        "labels": pa.list_(pa.string()),
        "scores": pa.list_(pa.struct(_SCORE)),
        "evidence": pa.list_(pa.struct(_EVIDENCE)),
        "language": pa.string(),
        "warnings": pa.list_(pa.string()),
        "model": pa.string(),
        "error": pa.string(),
    }
)


def output_format(name: str, wanted: str = "") -> str:
    """The format that is asked for, else that of the file's name.

    Raises:
        UnsupportedFormat: neither says one that can be written.
    """
    found = wanted or _SUFFIXES.get(PurePosixPath(name).suffix.lower(), "")
    if found not in FORMATS:
        raise UnsupportedFormat(f"{name}: results are written as .jsonl or .parquet; name one, or give the format.")
    return found


def result_of(row: Row, analysis: Analysis) -> Result:
    """The result of an article."""
    assigned = [score for score in analysis.scores if score.assigned]
    return {
        "id": row.id or None,
        "row": row.number,
        "outcome": str(analysis.outcome),
        "labels": list(analysis.labels),
        "scores": [_score(score) for score in analysis.scores],
        "evidence": [_evidence(score.narrative, one) for score in assigned for one in score.evidence],
        "language": analysis.language.code,
        "warnings": list(analysis.warnings),
        "model": analysis.model_version,
        "error": None,
    }


def error_of(row: Row, version: str, error: str) -> Result:
    """The result of a row that could not be analysed."""
    lists: dict[str, Any] = {"labels": [], "scores": [], "evidence": [], "warnings": []}
    outcome = {"id": row.id or None, "row": row.number, "outcome": None, "language": None}
    return outcome | lists | {"model": version, "error": error}


def writer(form: str) -> Callable[[Iterable[pa.Table], IO[bytes]], None]:
    """What writes tables of results, one after another, in this format."""
    return {"jsonl": _write_jsonl, "parquet": _write_parquet}[form]


def _write_jsonl(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    for table in tables:
        for result in table.to_pylist():
            file.write(json.dumps(result, ensure_ascii=False).encode() + b"\n")


def _write_parquet(tables: Iterable[pa.Table], file: IO[bytes]) -> None:
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as written:
        for table in tables:
            waiting.append(table)
            if sum(map(len, waiting)) >= _GROUP_ROWS:
                written.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            written.write_table(pa.concat_tables(waiting))


def _score(score: NarrativeScore) -> Result:
    return {
        "narrative": score.narrative,
        "probability": score.probability,
        "threshold": score.threshold,
        "assigned": score.assigned,
        "stance": str(score.stance) if score.stance else None,
    }


def _evidence(narrative: str, evidence: Evidence) -> Result:
    return {
        "narrative": narrative,
        "start": evidence.start,
        "end": evidence.end,
        "exact": evidence.exact,
        "probability": evidence.probability,
        "stance": str(evidence.stance),
        "speaker": evidence.speaker,
    }
