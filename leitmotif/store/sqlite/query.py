"""SQL for filters and for full-text queries."""

from __future__ import annotations

import re
import unicodedata

from leitmotif.domain import CaseFilter
from leitmotif.store.codec import FILTERS, date_range, fold

_WORD = re.compile(r"\w+")
_MOST_WORDS = 64


def condition(where: CaseFilter) -> tuple[str, list[str]]:
    """A SQL condition on table `cases` and its parameters."""
    parts, parameters = ["1"], []
    for kind, field in FILTERS:
        values = getattr(where, field)
        if values:
            marks = ", ".join("?" * len(values))
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


def match_expression(query: str) -> str:
    """An FTS5 expression that finds any of the query's words; empty when it has none. Syntax in it is inert."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(query))
    return " OR ".join(f'"{word}"' for word in list(words)[:_MOST_WORDS])


def as_term(word: str) -> str:
    """A word as the full-text index keeps it: in small letters, and Latin ones without diacritics."""
    parts = (unicodedata.normalize("NFD", character) for character in unicodedata.normalize("NFC", word.lower()))
    return "".join(part[0] if part[0].isascii() else unicodedata.normalize("NFC", part) for part in parts)
