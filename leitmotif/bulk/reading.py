"""Reads files of articles row by row: JSON Lines, CSV and Parquet.

Rows are numbered so that people find them: the line in JSON Lines, the row of the table in CSV (the header is row 1),
and counting from 1 in Parquet. A row that cannot be used says so and is followed by the next one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import PurePosixPath
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from leitmotif.bulk.places import Place
from leitmotif.bulk.rows import FIELDS, Row, row_of
from leitmotif.errors import InputError, TooMany, UnsupportedFormat

INPUTS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_SEPARATORS = ",;\t"
_LONGEST_FIELD = 10_000_000
_ROWS_AT_ONCE = 64
_ESCAPED = 12
"""Bytes that one character takes at most, as two `\\uXXXX`."""
_REST_OF_LINE = 100_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes and rows of a file, and most characters of an article's text."""

    file_bytes: int
    rows: int
    text: int


def input_format(name: str) -> str:
    """The format of a file by its name.

    Raises:
        UnsupportedFormat: it is none of those that are read.
    """
    found = INPUTS.get(PurePosixPath(name).suffix.lower())
    if found is None:
        raise UnsupportedFormat(f"{name}: a file of articles ends in {', '.join(INPUTS)}.")
    return found


def read_rows(place: Place, limits: Limits) -> Iterator[Row]:
    """The rows of a file.

    Raises:
        UnsupportedFormat: its name tells no format that is read.
        InputError: it is not what its name says, or has no column `text`.
        TooMany: it has more bytes or rows than the limits allow.
        StorageError: it cannot be read.
    """
    read = {"jsonl": _jsonl, "csv": _csv, "parquet": _parquet}[input_format(place.path)]
    size = place.size()
    if size > limits.file_bytes:
        raise TooMany(f"{place.path} has {size} bytes, the limit is {limits.file_bytes}: send it in parts.")
    with place.reading() as file:
        for rows, row in enumerate(read(file, limits.text), 1):
            if rows > limits.rows:
                raise TooMany(f"{place.path} has more than {limits.rows} rows: send it in parts.")
            yield row


def _jsonl(file: IO[bytes], longest_text: int) -> Iterator[Row]:
    longest, number = _ESCAPED * longest_text + _REST_OF_LINE, 0
    while line := file.readline(longest):
        number += 1
        if len(line) == longest and not line.endswith(b"\n"):
            while (rest := file.readline(longest)) and not rest.endswith(b"\n"):
                pass
            yield Row(number, error=f"the line has more than {longest} bytes")
        elif line := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip():
            yield _json_row(number, line, longest_text)


def _json_row(number: int, line: bytes, longest_text: int) -> Row:
    try:
        record = json.loads(line)
    except UnicodeDecodeError:
        return Row(number, error="the line is not UTF-8")
    except json.JSONDecodeError as error:
        return Row(number, error=f"no valid JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError):
        return Row(number, error="no JSON that can be read")
    if not isinstance(record, dict):
        return Row(number, error="not a JSON object")
    return row_of(number, record, longest_text)


def _csv(file: IO[bytes], longest_text: int) -> Iterator[Row]:
    # An odd byte is carried to the row that holds it, and refused there.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _table_rows(text, longest_text)
    finally:
        # Whoever opened the file closes it.
        text.detach()


def _table_rows(text: IO[str], longest_text: int) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    first = text.readline(_REST_OF_LINE)
    separator = max(_SEPARATORS, key=first.count)
    header = [name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])]
    _check_columns(header)
    table = csv.reader(text, delimiter=separator)
    for number in count(2):
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(number, error=f"no valid CSV: {error}")
            continue
        if len(cells) > len(header):
            yield Row(number, error="more fields than the header has columns; check quotes and separators")
        elif any(cells):
            yield row_of(number, dict(zip(header, cells, strict=False)), longest_text)


def _parquet(file: IO[bytes], longest_text: int) -> Iterator[Row]:
    try:
        table = pq.ParquetFile(file)
        _check_columns(table.schema_arrow.names)
        columns = [name for name in FIELDS if name in table.schema_arrow.names]
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, columns=columns):
            for record in batch.to_pylist():
                number += 1
                yield row_of(number, record, longest_text)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"The file is no Parquet that can be read: {error}.") from error


def _check_columns(names: list[str]) -> None:
    if "text" not in names:
        raise InputError(f"The file has no column `text`; its columns are {', '.join(map(ascii, names)) or 'none'}.")
