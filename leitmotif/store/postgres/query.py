"""SQL for filters, and texts as PostgreSQL can keep and index them."""

from __future__ import annotations

import hashlib
from typing import Any

from leitmotif.domain import CaseFilter
from leitmotif.store.codec import FILTERS, date_range, fold

_LONGEST = 400


def condition(where: CaseFilter) -> tuple[str, list[Any]]:
    """A SQL condition on table `cases` and its parameters."""
    parts, parameters = ["true"], list[Any]()
    for kind, field in FILTERS:
        values = getattr(where, field)
        if values:
            parts.append(f"cases.row IN (SELECT row FROM case_values WHERE kind = '{kind}' AND value = ANY(%s))")
            parameters.append([indexable(fold(kind, value)) for value in values])
    date_from, date_to = date_range(where)
    if date_from or date_to:
        parts.append("cases.date != ''")
    if date_from:
        parts.append("cases.date >= %s")
        parameters.append(date_from)
    if date_to:
        parts.append("cases.date <= %s")
        parameters.append(date_to)
    return " AND ".join(parts), parameters


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
