"""Finds known cases that new ones seem to repeat, before they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leitmotif.domain import Case, CaseFilter, Verdict
from leitmotif.library import Library
from leitmotif.matching.matcher import ClaimMatcher

_LOOKED_AT = 500
_CLOSE = 0.6
_EVERYTHING = CaseFilter()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A new case that looks like a known one, with the probability that both are about one claim."""

    case_id: str
    known: Case
    probability: float


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What was found, and how many new cases were not looked at because there were too many."""

    found: tuple[Duplicate, ...]
    unread: int = 0


def find_duplicates(cases: Sequence[Case], library: Library, matcher: ClaimMatcher, *, limit: int) -> Duplicates:
    """The known case most like each of the new ones, where it is like enough to count as a match.

    Cases whose id is known already are left out. The first 500 new ones are looked at, and `limit` reported.
    """
    known = {case.id for case in library.store.get_cases([case.id for case in cases])}
    new = [case for case in cases if case.id not in known]
    found: list[Duplicate] = []
    for case in _resembling(new[:_LOOKED_AT], library):
        if len(found) == limit:
            break
        best = matcher.rank(case.claim_text, _EVERYTHING, limit=1, without={case.id})
        if best and matcher.tier(best[0].probability) is Verdict.MATCH:
            found.append(Duplicate(case.id, best[0].case, best[0].probability))
    return Duplicates(tuple(found), max(0, len(new) - _LOOKED_AT))


def _resembling(cases: Sequence[Case], library: Library) -> list[Case]:
    """The cases that have a known one near by: a quick look that spares most of them the close one."""
    nearest = library.similarities([case.claim_text for case in cases])
    return [case for case, cosine in zip(cases, nearest, strict=True) if cosine >= _CLOSE]
