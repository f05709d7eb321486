"""Claim matching: which known case answers this claim, and with what probability.

Candidates come from words (BM25) and meaning (vectors) together; each is then looked at closely, and a logistic
regression on a handful of features that a reader can name says how probable it is that the case answers the claim.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from leitmotif.domain import Case, CaseFilter, Match, Verdict
from leitmotif.encoder import Encoder
from leitmotif.library import FIELDS
from leitmotif.store.protocol import Store
from leitmotif.text.normalise import content_hash, match_key

FEATURES = ("semantic", "lexical", "name_overlap", "number_conflict", "negation_conflict")
_DEPTH = 50
_VAGUE_WORDS = 4
_URL = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<!^)(?<![.!?…]\s)\b[A-ZÀ-ÞА-ЯЁІЇЄҐ][\w’'-]+|\b[A-Z]{2,}\b")
_NEGATION = re.compile(r"\b(?:not|no|never|nobody|none|without|cannot|refused?|denie[sd]|n't|isn't|didn't|won't)\b", re.I)
_STOP_WORDS = frozenset(
    "a an and are as at be been by for from had has have he her his in is it its of on or she that the their them they "
    "this to was were will with which who would into about than then there these those".split()
)


class MatchWeights(BaseModel):
    """The matcher's learned numbers: a logistic regression over `FEATURES` and two thresholds on its probability."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    coefficients: tuple[float, ...]
    intercept: float
    match_threshold: float
    possible_threshold: float


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What the matcher found, best first."""

    verdict: Verdict
    matches: tuple[Match, ...]
    warnings: tuple[str, ...] = ()


class ClaimMatcher:
    """Finds the known cases that answer a claim."""

    def __init__(self, store: Store, encoder: Encoder, weights: MatchWeights) -> None:
        self._store = store
        self._encoder = encoder
        self._weights = weights

    @property
    def match_threshold(self) -> float:
        return self._weights.match_threshold

    @property
    def possible_threshold(self) -> float:
        return self._weights.possible_threshold

    def check(self, claim: str, where: CaseFilter, *, limit: int) -> MatchResult:
        """The most probable cases for a claim and the verdict on the best of them."""
        vague = len(match_key(claim).split()) < _VAGUE_WORDS
        exact = self._exact(claim, where)
        matches = [self._match(claim, case, cosine, case.id in exact, vague) for case, cosine in self._candidates(claim, where, exact, limit)]
        matches.sort(key=lambda match: (not match.exact, -match.probability, match.case.id))
        warnings = ("The claim has few words: a match is at most possible.",) if vague and not exact else ()
        best = matches[0].tier if matches else Verdict.NO_MATCH
        shown = tuple(match for match in matches[:limit] if match.tier is not Verdict.NO_MATCH)
        return MatchResult(best, shown, warnings)

    def _exact(self, claim: str, where: CaseFilter) -> set[str]:
        url = _URL.search(claim)
        ids = self._store.find_exact(content_hash(claim), url.group() if url else "")
        if where.is_empty or not ids:
            return set(ids)
        return {case.id for case in self._store.iter_cases(where)} & set(ids)

    def _candidates(
        self, claim: str, where: CaseFilter, exact: set[str], limit: int
    ) -> list[tuple[Case, float]]:
        """Cases from both searches with their best cosine to the claim."""
        vector = self._encoder.encode_queries([claim])[0]
        depth = max(_DEPTH, 2 * limit)
        cosines: dict[str, float] = dict.fromkeys(sorted(exact), 1.0)
        for field in FIELDS:
            for hit in self._store.search_vectors(vector, self._encoder.name, field, where, limit=depth):
                cosines[hit.case_id] = max(hit.score, cosines.get(hit.case_id, -1.0))
        by_words = [hit.case_id for hit in self._store.search_words(claim, where, limit=depth)]
        unseen = self._store.get_cases([case_id for case_id in by_words if case_id not in cosines])
        if unseen:
            texts = [case.title for case in unseen] + [case.claim_text for case in unseen]
            near = self._encoder.encode_passages(texts) @ vector
            for case, title, whole in zip(unseen, near[: len(unseen)], near[len(unseen) :], strict=True):
                cosines[case.id] = float(max(title, whole))
        return [(case, cosines[case.id]) for case in self._store.get_cases(list(cosines))]

    def _match(self, claim: str, case: Case, cosine: float, exact: bool, vague: bool) -> Match:
        features = match_features(claim, case, cosine)
        probability = 1.0 if exact else float(probabilities(self._weights, features[None, :])[0])
        return Match(
            case=case,
            probability=probability,
            semantic=cosine,
            lexical=float(features[1]),
            exact=exact,
            tier=self._tier(probability, exact, vague),
            explanation=_explanation(features),
        )

    def _tier(self, probability: float, exact: bool, vague: bool) -> Verdict:
        if exact or (probability >= self._weights.match_threshold and not vague):
            return Verdict.MATCH
        return Verdict.POSSIBLE if probability >= self._weights.possible_threshold else Verdict.NO_MATCH


def match_features(claim: str, case: Case, cosine: float) -> NDArray[np.float32]:
    """Shape (len(FEATURES),): the cosine, shared words, shared names, and conflicts of numbers and negation."""
    text = case.claim_text
    ours, theirs = _words(claim), _words(text)
    names, known = _names(claim), _names(text)
    numbers, figures = set(_NUMBER.findall(claim)), set(_NUMBER.findall(text))
    return np.array(
        [
            cosine,
            len(ours & theirs) / max(min(len(ours), len(theirs)), 1),
            len(names & known) / max(min(len(names), len(known)), 1),
            float(bool(numbers and figures and not numbers & figures)),
            float(bool(_NEGATION.search(claim)) != bool(_NEGATION.search(case.title) or _NEGATION.search(text))),
        ],
        np.float32,
    )


def probabilities(weights: MatchWeights, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape (n,): probability of each row of features that the case answers the claim."""
    logits = features @ np.array(weights.coefficients, np.float32) + weights.intercept
    result: NDArray[np.float32] = 1.0 / (1.0 + np.exp(-logits))
    return result


def _words(text: str) -> set[str]:
    return {word for word in match_key(text).split() if word not in _STOP_WORDS}


def _names(text: str) -> set[str]:
    return {name.casefold() for name in _NAME.findall(text)}


def _explanation(features: NDArray[np.float32]) -> tuple[str, ...]:
    notes: Sequence[tuple[bool, str]] = (
        (bool(features[2] >= 0.5), "same names"),
        (bool(features[3]), "the numbers differ"),
        (bool(features[4]), "one of the two is negated"),
    )
    return tuple(note for holds, note in notes if holds)
