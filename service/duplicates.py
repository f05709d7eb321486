"""Warns of new cases that look like known ones, in the report of an import."""

from __future__ import annotations

from collections.abc import Sequence

from leitmotif.domain import Case
from leitmotif.errors import ModelError, Problem
from leitmotif.matching import find_duplicates
from service.parts import Parts

_MOST_REPORTED = 20


def duplicate_notes(parts: Parts, cases: Sequence[Case]) -> list[Problem]:
    """A line for each new case that looks like a known one, 20 at most; none while no model is live."""
    if not cases or parts.store.count_cases() == 0:
        return []
    try:
        matcher = parts.live.current().matcher
    except ModelError:
        return []
    result = find_duplicates(cases, parts.library, matcher, limit=_MOST_REPORTED)
    notes = [
        Problem(
            f"case {found.case_id}",
            f"this looks like case {found.known.id} ({found.known.title!r}), probability {found.probability:.2f}",
        )
        for found in result.found
    ]
    if result.unread:
        notes.append(Problem("file", f"{result.unread} more new cases were not compared with known ones"))
    return notes
