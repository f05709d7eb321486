"""SQL for filters, and words as the full-text index keeps them."""

from __future__ import annotations

import unicodedata

from leitmotif.domain import CaseFilter
from leitmotif.store.codec import FILTERS, date_range, fold


def condition(where: CaseFilter, *, probe: bool = False) -> tuple[str, list[str]]:
    """A SQL condition on table `cases` and its parameters; with `probe` one that is quick to ask of a few rows."""
    parts, parameters = ["1"], []
    for kind, field in FILTERS:
        values = getattr(where, field)
        if values:
            marks = ", ".join("?" * len(values))
            if probe:
                parts.append(
                    f"EXISTS (SELECT 1 FROM case_values v WHERE v.kind = '{kind}' AND v.value IN ({marks}) "
                    "AND v.row = cases.row)"
                )
            else:
                parts.append(f"cases.row IN (SELECT row FROM case_values WHERE kind = '{kind}' AND value IN ({marks}))")
            parameters += [fold(kind, value) for value in values]
    date_from, date_to = date_range(where)
    if date_from or date_to:
        parts.append("cases.date != ''")
    if date_from:
        parts.append("cases.date >= ?")
        parameters.append(date_from)
    if date_to:
        parts.append("cases.date <= ?")
        parameters.append(date_to)
    return " AND ".join(parts), parameters


def as_term(word: str) -> str:
    """A word as the full-text index keeps it: in small letters, and Latin ones without diacritics."""
    if word.isascii():
        return word.lower()
    parts = (unicodedata.normalize("NFD", character) for character in unicodedata.normalize("NFC", word.lower()))
    return "".join(part[0] if part[0].isascii() else unicodedata.normalize("NFC", part) for part in parts)
