"""Decides which known cases answer a claim, and with what probability."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter, Match, Verdict
from leitmotif.encoder import Encoder
from leitmotif.matching.explain import explain
from leitmotif.matching.features import FEATURES
from leitmotif.matching.finder import DEPTH, CandidateFinder
from leitmotif.matching.weights import MatchWeights, probabilities
from leitmotif.matching.wording import clean, read
from leitmotif.store.protocol import Store
from leitmotif.text.normalise import content_hash

_VAGUE_WORDS = 3
_URL = re.compile(r"https?://\S+")
_URL_END = ".,;:!?)]}>\"'»”’"


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What the matcher found, best first."""

    verdict: Verdict
    matches: tuple[Match, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its features, shape (len(FEATURES),), and its probability of answering the claim."""

    case: Case
    features: NDArray[np.float32]
    probability: float
    exact: bool


class ClaimMatcher:
    """Finds the known cases that answer a claim."""

    def __init__(self, store: Store, encoder: Encoder, weights: MatchWeights) -> None:
        self._store = store
        self._finder = CandidateFinder(store, encoder)
        self._weights = weights

    @property
    def match_threshold(self) -> float:
        return self._weights.match_threshold

    @property
    def possible_threshold(self) -> float:
        return self._weights.possible_threshold

    def check(self, claim: str, where: CaseFilter, *, limit: int) -> MatchResult:
        """The most probable cases for a claim and the verdict on the best of them."""
        ranked = self.rank(claim, where, limit=limit)
        vague = _is_vague(claim)
        matches = [self._match(claim, found, vague) for found in ranked[:limit]]
        shown = tuple(match for match in matches if match.tier is not Verdict.NO_MATCH)
        stepped_down = vague and not any(found.exact for found in ranked[:1])
        warnings = ("The claim says little: every answer is one tier lower.",) if stepped_down else ()
        return MatchResult(matches[0].tier if matches else Verdict.NO_MATCH, shown, warnings)

    def similar(self, case: Case, where: CaseFilter, *, limit: int) -> list[Match]:
        """The other cases that are most probably about what this case is about; `limit` of them where so many exist."""
        ranked = self.rank(case.claim_text, where, limit=limit, without={case.id})
        return [self._match(case.claim_text, found, vague=False) for found in ranked]

    def rank(self, claim: str, where: CaseFilter, *, limit: int, without: Collection[str] = ()) -> list[Ranked]:
        """Cases by their probability of answering a claim, exact ones first; `limit` of them where so many exist."""
        exact = self._exact(claim, where).difference(without)
        found = self._finder.find(claim, where, depth=max(DEPTH, limit), also=sorted(exact), without=without)
        chances = probabilities(self._weights, found.features)
        ranked = [
            Ranked(case, features, 1.0 if case.id in exact else float(chance), case.id in exact)
            for case, features, chance in zip(found.cases, found.features, chances, strict=True)
        ]
        ranked.sort(key=lambda entry: (not entry.exact, -entry.probability, entry.case.id))
        return ranked[:limit]

    def tier(self, probability: float, *, vague: bool = False) -> Verdict:
        """What a probability comes to; a vague claim gets one tier less."""
        if probability >= self._weights.match_threshold:
            return Verdict.POSSIBLE if vague else Verdict.MATCH
        possible = probability >= self._weights.possible_threshold and not vague
        return Verdict.POSSIBLE if possible else Verdict.NO_MATCH

    def _exact(self, claim: str, where: CaseFilter) -> set[str]:
        keys = {content_hash(claim)}
        urls = [url.rstrip(_URL_END) for url in _URL.findall(claim)] or [""]
        return {case_id for key in keys for url in urls for case_id in self._store.find_exact(key, url, where)}

    def _match(self, claim: str, found: Ranked, vague: bool) -> Match:
        named = dict(zip(FEATURES, map(float, found.features), strict=True))
        return Match(
            case=found.case,
            probability=found.probability,
            semantic=max(named["title_cosine"], named["claim_cosine"], named["sentence_cosine"]),
            lexical=named["query_coverage"],
            exact=found.exact,
            tier=Verdict.MATCH if found.exact else self.tier(found.probability, vague=vague),
            explanation=explain(read(clean(claim)), found.case, named, exact=found.exact),
        )


def _is_vague(claim: str) -> bool:
    """Whether a claim has too few telling words to be pinned to one case."""
    return sum(read(clean(claim)).stems.values()) < _VAGUE_WORDS
