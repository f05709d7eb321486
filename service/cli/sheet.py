"""Spreadsheets of claims: read a column, write the answers beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from leitmotif.domain import ClaimCheck
from leitmotif.errors import InputError

COLUMNS = ("claim", "verdict", "probability", "case_id", "case_title", "case_url", "case_response", "note")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t")


def read_claims(text: str, column: str) -> list[str]:
    """Claims of a CSV's column, or of a text without such a header, one a line.

    Raises:
        InputError: there is no claim in it, or other columns but not this one.
    """
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if column in names:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))[1:]
        place = names.index(column)
        claims = [row[place] for row in rows if len(row) > place]
    elif column == "claim":
        claims = text.splitlines()
    else:
        raise InputError(f"The file has no column {column!r}; its first line is {header.strip()!r}.")
    claims = [claim.strip() for claim in claims if claim.strip()]
    if not claims:
        raise InputError("The file holds no claims.")
    return claims


def write_answers(claims: Sequence[str], answers: Sequence[ClaimCheck | InputError]) -> str:
    """A CSV with a row for each claim and its best case."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for claim, answer in zip(claims, answers, strict=True):
        writer.writerow([_safe(cell) for cell in _row(claim, answer)])
    return buffer.getvalue()


def _row(claim: str, answer: ClaimCheck | InputError) -> tuple[str, ...]:
    if isinstance(answer, InputError):
        return (claim, "error", "", "", "", "", "", str(answer))
    note = " ".join(answer.warnings)
    if not answer.matches:
        return (claim, answer.verdict, "", "", "", "", "", note)
    best = answer.matches[0]
    case = best.case
    note = "; ".join([*answer.warnings, *best.explanation])
    return (claim, answer.verdict, f"{best.probability:.3f}", case.id, case.title, case.url, case.response, note)


def _safe(cell: str) -> str:
    """A spreadsheet would run a cell that starts like a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
