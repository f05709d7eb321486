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
    "label_source",
)
_LIST_SEPARATOR = ";"
_LONGEST_FIELD = 10_000_000


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
    # Only line feeds part rows: JSON strings may hold other line separators as they are.
    for row, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        if line.strip():
            yield row, _object(line, row, mapping)


def read_csv(text: str, mapping: Mapping[str, str] | None = None) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """Raw records of a CSV text with a header; separator found by looking; rows count from 1, the header included.

    A row is a row of the table, as a spreadsheet counts, whatever lines it takes. Lists are split at `;` (or at `,` if
    there is no `;`), or read as JSON if they start with `[`.
    """
    lines = text.lstrip("\ufeff")
    rows = _rows(lines)
    header: list[str] = next(rows, [])
    if isinstance(header, Problem):
        yield 1, Problem("row 1", header.message)
        return
    missing = sorted(set((mapping or {}).values()) - set(header))
    if missing:
        yield 1, Problem("row 1", f"the file has no column {', '.join(map(repr, missing))}; it has {header}")
        return
    for number, row in enumerate(rows, 2):
        if isinstance(row, Problem):
            yield number, Problem(f"row {number}", row.message)
        elif len(row) > len(header):
            message = "more fields than the header has columns; check quotes and separators"
            yield number, Problem(f"row {number}", message)
        elif any(row):
            renamed = _renamed(dict(zip(header, row + [""] * (len(header) - len(row)), strict=True)), mapping)
            yield number, {key: _split(value) if key in LISTS else value for key, value in renamed.items() if key}


def write_jsonl(cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        yield case_to_json(case) + "\n"


def write_csv(cases: Iterable[Case]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for case in cases:
        values = (getattr(case, name) for name in COLUMNS)
        writer.writerow([_joined(value) if isinstance(value, tuple) else value for value in values])
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
    except (ValueError, RecursionError) as error:
        yield 1, Problem("line 1", f"no JSON that can be read: {error}")
        return
    for row, record in enumerate(records, 1):
        yield row, _renamed(record, mapping) if isinstance(record, dict) else Problem(f"row {row}", "not a JSON object")


def _object(line: str, row: int, mapping: Mapping[str, str] | None) -> dict[str, Any] | Problem:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        return Problem(f"row {row}", f"no valid JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        return Problem(f"row {row}", f"no JSON that can be read: {error}")
    return _renamed(record, mapping) if isinstance(record, dict) else Problem(f"row {row}", "not a JSON object")


def _renamed(record: dict[str, Any], mapping: Mapping[str, str] | None) -> dict[str, Any]:
    """With a mapping, only the mapped columns and those that already have a field's name are taken."""
    if not mapping:
        return record
    taken = {field: record[column] for field, column in mapping.items() if column in record}
    rest = {key: value for key, value in record.items() if key in COLUMNS and key not in taken}
    return rest | taken


def _rows(text: str) -> Iterator[Any]:
    """Rows of a table as lists of strings; a fault of the text comes as a `Problem` and ends them."""
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    except csv.Error as error:
        yield Problem("", f"no valid CSV: {error}")
    finally:
        csv.field_size_limit(limit)


def _joined(values: tuple[str, ...]) -> str:
    """A list in one field, so that `_split` gives it back."""
    joined = _LIST_SEPARATOR.join(values)
    return joined if tuple(_split(joined)) == values else json.dumps(values, ensure_ascii=False)


def _split(value: str) -> list[str]:
    value = value.strip()
    if value.startswith("["):
        try:
            return [str(entry) for entry in json.loads(value)]
        except (ValueError, RecursionError):
            pass
    separator = _LIST_SEPARATOR if _LIST_SEPARATOR in value else ","
    return [part.strip() for part in value.split(separator) if part.strip()]


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)
