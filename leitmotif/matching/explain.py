"""Says in words what speaks for a match and what against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leitmotif.domain import Case
from leitmotif.matching.wording import Wording, read

_CLOSE = 0.7
_MOST_NAMED = 4


def explain(claim: Wording, case: Case, features: Mapping[str, float], *, exact: bool) -> tuple[str, ...]:
    """Short notes, those in favour first; conflicts name what stands where."""
    known = read(case.claim_text)
    if exact:
        return ("the same text or URL",)
    return (*_for(claim, known, features), *_against(claim, known))


def _for(claim: Wording, known: Wording, features: Mapping[str, float]) -> Iterator[str]:
    if max(features["claim_cosine"], features["title_cosine"], features["sentence_cosine"]) >= _CLOSE:
        yield "close in meaning"
    if names := claim.names & known.stems.keys():
        yield f"the same names: {_listed(names, claim)}"
    if numbers := claim.numbers & known.numbers:
        yield f"the same numbers: {', '.join(sorted(numbers)[:_MOST_NAMED])}"
    if features["date_near"] >= 0.5:
        yield "dates close together"


def _against(claim: Wording, known: Wording) -> Iterator[str]:
    if claim.numbers and known.numbers and not claim.numbers & known.numbers:
        ours, theirs = (", ".join(sorted(numbers)[:_MOST_NAMED]) for numbers in (claim.numbers, known.numbers))
        yield f"the numbers differ: {ours} in the claim, {theirs} in the case"
    if claim.names and known.names and not (claim.names & known.stems.keys() or known.names & claim.stems.keys()):
        yield f"the names differ: {_listed(claim.names, claim)} in the claim, {_listed(known.names, known)} in the case"
    if claim.negated != known.negated:
        yield f"only the {'claim' if claim.negated else 'case'} is negated"


def _listed(stems: frozenset[str] | set[str], wording: Wording) -> str:
    return ", ".join(sorted(wording.forms[stem].capitalize() for stem in stems)[:_MOST_NAMED])
