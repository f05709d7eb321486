"""Readers and writers of cases. `read_cases` is the one door in, `write_cases` the one door out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from leitmotif.domain import Case, Narrative
from leitmotif.errors import UnsupportedFormat
from leitmotif.formats.euvsdisinfo import looks_like_case_page, read_case_pages
from leitmotif.formats.euvsdisinfo_dump import read_dump
from leitmotif.formats.html import html_lines, looks_like_html
from leitmotif.formats.record import Reading, read_records
from leitmotif.formats.tables import read_csv, read_jsonl, write_csv, write_jsonl

READABLE = ("auto", "jsonl", "csv", "euvsdisinfo", "euvsdisinfo-csv")
WRITABLE = ("jsonl", "csv")


def read_cases(
    data: bytes,
    kind: str,
    narrative_ids: Collection[str],
    mapping: Mapping[str, str] | None = None,
    narratives: Sequence[Narrative] = (),
) -> Reading:
    """Cases of a file, with every row's problems.

    Args:
        data: the file, UTF-8.
        kind: one of `READABLE`; `auto` looks at the content.
        narrative_ids: ids of the codebook, so that unknown narratives are refused.
        mapping: {field: column} for CSV and JSONL.
        narratives: the codebook's, whose keywords give the cases of a database dump weak labels.

    Raises:
        UnsupportedFormat: the kind is unknown, or the bytes are no UTF-8 text.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsupportedFormat(f"The file is not UTF-8 (byte {error.start}): save it as UTF-8.") from error
    kind = detect_format(text) if kind == "auto" else kind
    if kind == "jsonl":
        return read_records(read_jsonl(text, mapping), narrative_ids)
    if kind == "csv":
        return read_records(read_csv(text, mapping), narrative_ids)
    if kind == "euvsdisinfo":
        return read_records(read_case_pages(text), narrative_ids)
    if kind == "euvsdisinfo-csv":
        return read_dump(text, narratives, mapping)
    raise UnsupportedFormat(f"format {kind!r} cannot be read: choose one of {', '.join(READABLE)}.")


def detect_format(text: str) -> str:
    """The format that a text looks like; CSV if it looks like nothing else."""
    start = text.lstrip()[:1]
    if looks_like_case_page(html_lines(text) if looks_like_html(text) else text):
        return "euvsdisinfo"
    return "jsonl" if start in {"{", "["} else "csv"


def write_cases(cases: Iterable[Case], kind: str) -> Iterator[str]:
    """The cases as pieces of a file.

    Raises:
        UnsupportedFormat: the kind is unknown.
    """
    if kind == "jsonl":
        return write_jsonl(cases)
    if kind == "csv":
        return write_csv(cases)
    raise UnsupportedFormat(f"format {kind!r} cannot be written: choose one of {', '.join(WRITABLE)}.")
