"""Reading files of articles: every format, and every way in which a row can be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leitmotif.bulk.places import place_of
from leitmotif.bulk.reading import Limits, read_rows
from leitmotif.bulk.rows import Row
from leitmotif.errors import InputError, StorageError, TooMany, UnsupportedFormat
from tests.bulk.articles import write

_LIMITS = Limits(file_bytes=1_000_000, rows=1_000, text=1_000)
_RECORDS: list[dict[str, Any]] = [
    {
        "id": "one",
        "text": "The sky is, “it says”, green.\nSo it goes.",
        "title": "Sky",
        "url": "a://b",
        "language": "en",
    },
    {"id": "two", "text": "Дождь идёт.", "title": "", "url": "", "language": "Russian"},
]


def rows(path: Path, limits: Limits = _LIMITS) -> list[Row]:
    return list(read_rows(place_of(str(path)), limits))


@pytest.mark.parametrize(("name", "first"), [("a.jsonl", 1), ("a.NDJSON", 1), ("a.csv", 2), ("a.parquet", 1)])
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, first: int) -> None:
    found = rows(write(tmp_path / name, _RECORDS))
    assert [row.number for row in found] == [first, first + 1]
    assert [(row.id, row.text, row.title, row.url, row.error) for row in found] == [
        (record["id"], record["text"], record["title"], record["url"], "") for record in _RECORDS
    ]
    assert [row.language for row in found] == ["en", "ru"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"id": "x"}, "text: it is missing"),
        ({"id": "x", "text": " \n"}, "text: it is missing or empty"),
        ({"id": "x", "text": 7}, "text: not a text"),
        ({"id": "x", "text": ["a"]}, "text: not a text"),
        ({"id": "x", "text": "a" * 1001}, "text: 1001 characters, the limit is 1000"),
        ({"id": "x", "text": "a", "title": "t" * 2001}, "title: 2001 characters"),
        ({"id": "x", "text": "a", "language": "Klingonish"}, "language: 'Klingonish' is not"),
        ({"id": "x", "text": "a \ud800 b"}, "text: character 3 is no valid Unicode"),
    ],
)
def test_a_wrong_record_is_named_and_the_next_one_read(tmp_path: Path, record: dict[str, Any], why: str) -> None:
    wrong, right = rows(write(tmp_path / "a.jsonl", [record, {"text": "fine", "id": 12}]))
    assert why in wrong.error
    assert (wrong.number, wrong.id) == (1, "x")
    assert (right.number, right.id, right.text, right.error) == (2, "12", "fine", "")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "no valid JSON: Expecting property name"),
        (b"[1]", "not a JSON object"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "no JSON that can be read"),
        (b'{"text": 1' + b"0" * 5_000 + b"}", "no JSON that can be read"),
        (b'{"text": "' + b"a" * 300_000 + b'"}', "more than 112000 bytes"),
    ],
)
def test_a_wrong_line_is_named_and_the_next_one_read(tmp_path: Path, line: bytes, why: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line + b'\n\n{"text": "fine"}')
    wrong, right = rows(path)
    assert why in wrong.error
    assert (right.number, right.text) == (3, "fine")


def test_a_wrong_row_of_a_table_is_named_and_the_next_one_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfTEXT;id\r\nfine;1\r\na;b;c\r\n\r\nbad \xff;2\r\n"two\r\nlines; one row";3\r\nonly')
    found = rows(path)
    assert [row.number for row in found] == [2, 3, 5, 6, 7]
    assert [bool(row.error) for row in found] == [False, True, True, False, False]
    assert "more fields" in found[1].error
    assert "is the file in UTF-8?" in found[2].error
    assert [row.text for row in found if not row.error] == ["fine", "two\r\nlines; one row", "only"]


def test_parquet_of_other_types(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "text": pa.array(["x", None]).dictionary_encode(), "more": [0.1, 0.2]})
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = rows(tmp_path / "a.parquet")
    assert (first.id, first.text) == ("1", "x")
    assert "text: it is missing" in second.error


@pytest.mark.parametrize(
    ("name", "content", "limits", "error"),
    [
        ("a.txt", b"text", _LIMITS, UnsupportedFormat),
        ("a.csv", b"title\nx", _LIMITS, InputError),
        ("a.csv", b"", _LIMITS, InputError),
        ("a.parquet", b"PAR1 not really", _LIMITS, InputError),
        ("a.jsonl", b'{"text": "a"}\n' * 9, Limits(1_000, 8, 10), TooMany),
        ("a.jsonl", b'{"text": "a"}\n' * 9, Limits(100, 99, 10), TooMany),
    ],
)
def test_a_file_that_cannot_be_used(
    tmp_path: Path, name: str, content: bytes, limits: Limits, error: type[Exception]
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        rows(tmp_path / name, limits)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        rows(tmp_path / "a.jsonl")


def test_lines_keep_their_numbers_over_a_long_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": f"t{i}"}) + "\n" for i in range(500)))
    assert [(row.number, row.text) for row in rows(path)] == [(i + 1, f"t{i}") for i in range(500)]
