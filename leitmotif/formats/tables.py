"""Reads and writes cases as CSV and JSON Lines, with columns mapped by name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from leitmotif.domain import Case
from leitmotif.errors import InputError, Problem
from leitmotif.store.codec import case_to_json

LISTS = ("narratives", "languages", "countries", "outlets", "keywords")
COLUMNS = (
    "id",
    "title",
    "summary",
    "response",
    "narratives",
    "url",
    "date",
    "languages",
    "countries",
    "outlets",
    "keywords",
)
_LIST_SEPARATOR = ";"


def parse_mapping(pairs: Iterable[str]) -> dict[str, str]:
    """`["title=Claim", "date=Published"]` as {field: column}.

    Raises:
        InputError: a pair has no `=`.
    """
    mapping = {}
    for pair in pairs:
        field, separator, column = pair.partition("=")
        if not separator or not field or not column:
            raise InputError(f"column mapping {pair!r}: write FIELD=COLUMN, e.g. title=Claim")
        mapping[field.strip()] = column.strip()
    return mapping


def read_jsonl(text: str, mapping: Mapping[str, str] | None = None) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """Raw records of a JSON Lines text, or of one JSON array; rows count from 1."""
    stripped = text.lstrip("\ufeff \t\r\n")
    if stripped.startswith("["):
        yield from _read_array(stripped, mapping)
        return
    for row, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line.strip():
            yield row, _object(line, row, mapping)


def read_csv(text: str, mapping: Mapping[str, str] | None = None) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """Raw records of a CSV text with a header; separator found by looking; rows count from 2, the header being 1.

    Lists are split at `;` (or at `,` if there is no `;`), or read as JSON if they start with `[`.
    """
    lines = text.lstrip("\ufeff")
    reader = csv.DictReader(io.StringIO(lines, newline=""), delimiter=_delimiter(lines))
    missing = sorted(set((mapping or {}).values()) - set(reader.fieldnames or ()))
    if missing:
        yield 1, Problem("row 1", f"the file has no column {', '.join(map(repr, missing))}; it has {reader.fieldnames}")
        return
    for row in reader:
        number = reader.line_num
        if None in row:
            yield (
                number,
                Problem(f"row {number}", "more fields than the header has columns; check quotes and separators"),
            )
            continue
        renamed = _renamed({key: value or "" for key, value in row.items()}, mapping)
        yield number, {key: _split(value) if key in LISTS else value for key, value in renamed.items()}


def write_jsonl(cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        yield case_to_json(case) + "\n"


def write_csv(cases: Iterable[Case]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for case in cases:
        values = (getattr(case, name) for name in COLUMNS)
        writer.writerow([_LIST_SEPARATOR.join(value) if isinstance(value, tuple) else value for value in values])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _read_array(text: str, mapping: Mapping[str, str] | None) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    try:
        records = json.loads(text)
    except json.JSONDecodeError as error:
        yield error.lineno, Problem(f"line {error.lineno}", f"no valid JSON: {error.msg}")
        return
    for row, record in enumerate(records, 1):
        yield row, _renamed(record, mapping) if isinstance(record, dict) else Problem(f"row {row}", "not a JSON object")


def _object(line: str, row: int, mapping: Mapping[str, str] | None) -> dict[str, Any] | Problem:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        return Problem(f"row {row}", f"no valid JSON: {error.msg} at column {error.colno}")
    return _renamed(record, mapping) if isinstance(record, dict) else Problem(f"row {row}", "not a JSON object")


def _renamed(record: dict[str, Any], mapping: Mapping[str, str] | None) -> dict[str, Any]:
    """With a mapping, only the mapped columns and those that already have a field's name are taken."""
    if not mapping:
        return record
    taken = {field: record[column] for field, column in mapping.items() if column in record}
    rest = {key: value for key, value in record.items() if key in COLUMNS and key not in taken}
    return rest | taken


def _split(value: str) -> list[str]:
    value = value.strip()
    if value.startswith("["):
        try:
            return [str(entry) for entry in json.loads(value)]
        except json.JSONDecodeError:
            pass
    separator = _LIST_SEPARATOR if _LIST_SEPARATOR in value else ","
    return [part.strip() for part in value.split(separator) if part.strip()]


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)
