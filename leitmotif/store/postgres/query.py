"""SQL for filters, and texts as PostgreSQL can keep and index them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from leitmotif.domain import CaseFilter
from leitmotif.store.codec import FILTERS, date_range, fold

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Part:
    """One of the conditions that make up a filter: on table `case_values`, or on `cases` itself."""

    table: str
    sql: str
    parameters: list[Any]

    @property
    def on_cases(self) -> str:
        return self.sql if self.table == "cases" else f"cases.row IN (SELECT row FROM {self.table} WHERE {self.sql})"


def condition(where: CaseFilter) -> tuple[str, list[Any]]:
    """A SQL condition on table `cases` and its parameters."""
    parts = filter_parts(where)
    sql = " AND ".join(part.on_cases for part in parts) or "true"
    return sql, [parameter for part in parts for parameter in part.parameters]


def filter_parts(where: CaseFilter) -> list[Part]:
    """The conditions of a filter; all must hold."""
    parts = []
    for kind, field in FILTERS:
        values = [indexable(fold(kind, value)) for value in getattr(where, field)]
        if values:
            parts.append(Part("case_values", f"kind = '{kind}' AND value = ANY(%s)", [values]))
    date_from, date_to = date_range(where)
    if date_from or date_to:
        # An empty date sorts before all others.
        parts.append(Part("cases", "cases.date >= %s", [date_from or "0"]))
    if date_to:
        parts.append(Part("cases", "cases.date <= %s", [date_to]))
    return parts


def indexable(text: str) -> str:
    """The text as it stands in an index: PostgreSQL keeps no NUL, and no index entry above 2.7 kB.

    Texts of up to 400 characters without NUL stay as they are. Longer ones end in a digest of the whole.
    """
    plain = text.replace("\x00", "\ufffd")
    if len(plain) <= _LONGEST:
        return plain
    return plain[: _LONGEST - 64] + hashlib.sha256(plain.encode()).hexdigest()


def key_digest(key: str) -> bytes:
    """A key of `codec.case_keys` in 32 bytes, however long the URL in it is."""
    return hashlib.sha256(key.encode()).digest()
