"""Claim matching: which known case answers this claim, and with what probability.

Candidates come from words (BM25) and meaning (vectors) together. Each is then looked at closely, and a logistic
regression on a dozen features that a reader can name says how probable it is that the case answers the claim.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from leitmotif.domain import Case, CaseFilter, Match, Verdict
from leitmotif.encoder import Encoder
from leitmotif.library import FIELDS
from leitmotif.store.protocol import Store
from leitmotif.text.normalise import content_hash, match_key, normalise

FEATURES = (
    "title_cosine",
    "claim_cosine",
    "best_cosine",
    "cosine_lead",
    "bm25",
    "bm25_share",
    "query_coverage",
    "case_coverage",
    "rare_word",
    "name_overlap",
    "number_match",
    "number_conflict",
    "negation_conflict",
)
_DEPTH = 50
_VAGUE_WORDS = 4
_URL = re.compile(r"https?://\S+")
_HANDLE = re.compile(r"[@#](?=\w)|\bpic\.twitter\.com/\w+|https?://\S+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<!^)(?<![.!?…]\s)\b[A-ZÀ-ÞА-ЯЁІЇЄҐ][\w'-]+|\b[A-Z]{2,}\b")
_NEGATION = re.compile(r"\b(?:not|no|never|nobody|none|without|cannot|refused?|denie[sd])\b|n't\b", re.IGNORECASE)
_STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "by",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "she",
        "that",
        "the",
        "their",
        "them",
        "they",
        "this",
        "to",
        "was",
        "were",
        "will",
        "with",
        "which",
        "who",
        "would",
        "into",
        "about",
        "than",
        "then",
        "there",
        "these",
        "those",
    ]
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


@dataclass(frozen=True, slots=True)
class Candidates:
    """Cases that might answer a claim, with their features, shape (len(cases), len(FEATURES))."""

    cases: tuple[Case, ...]
    features: NDArray[np.float32]


class CandidateFinder:
    """Gathers candidates for a claim and looks at each closely."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder

    def find(self, claim: str, where: CaseFilter, *, depth: int = _DEPTH, also: Sequence[str] = ()) -> Candidates:
        """The nearest cases by words and by meaning, and those named in `also`; none if the store is empty."""
        query = _HANDLE.sub(" ", normalise(claim)).strip() or claim
        vector = self._encoder.encode_queries([query])[0]
        words = {hit.case_id: hit.score for hit in self._store.search_words(query, where, limit=depth)}
        ids = dict.fromkeys([*also, *words])
        for field in FIELDS:
            hits = self._store.search_vectors(vector, self._encoder.name, field, where, limit=depth)
            ids.update(dict.fromkeys(hit.case_id for hit in hits))
        cases = self._store.get_cases(list(ids))
        if not cases:
            return Candidates((), np.zeros((0, len(FEATURES)), np.float32))
        cosines = self._cosines(vector, [case.id for case in cases])
        rarity = self._rarity(_words(query))
        return Candidates(tuple(cases), _features(query, cases, cosines, words, rarity))

    def _cosines(self, vector: NDArray[np.float32], ids: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(ids), len(FIELDS)); a field without a vector has cosine 0."""
        known = self._store.get_vectors(ids, self._encoder.name)
        empty = np.zeros_like(vector)
        stacked = np.stack([[known.get(i, {}).get(field, empty) for field in FIELDS] for i in ids])
        return np.asarray(stacked @ vector, np.float32)

    def _rarity(self, words: set[str]) -> dict[str, float]:
        """Inverse document frequency of each word, in [0, 1]."""
        total = self._store.count_cases() + 1
        counts = self._store.document_counts(words)
        return {word: math.log(total / (counts.get(word, 0) + 1)) / math.log(total + 1) for word in words}


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
        vague = len(match_key(claim).split()) < _VAGUE_WORDS
        exact = self._exact(claim, where)
        found = self._finder.find(claim, where, depth=max(_DEPTH, 2 * limit), also=sorted(exact))
        chances = probabilities(self._weights, found.features)
        matches = [
            self._match(case, features, float(chance), case.id in exact, vague)
            for case, features, chance in zip(found.cases, found.features, chances, strict=True)
        ]
        matches.sort(key=lambda match: (not match.exact, -match.probability, match.case.id))
        warnings = ("The claim has few words: a match is at most possible.",) if vague and not exact else ()
        best = matches[0].tier if matches else Verdict.NO_MATCH
        shown = tuple(match for match in matches[:limit] if match.tier is not Verdict.NO_MATCH)
        return MatchResult(best, shown, warnings)

    def _exact(self, claim: str, where: CaseFilter) -> set[str]:
        url = _URL.search(claim)
        return set(self._store.find_exact(content_hash(claim), url.group() if url else "", where))

    def _match(self, case: Case, features: NDArray[np.float32], chance: float, exact: bool, vague: bool) -> Match:
        named = dict(zip(FEATURES, map(float, features), strict=True))
        return Match(
            case=case,
            probability=1.0 if exact else chance,
            semantic=named["best_cosine"],
            lexical=named["query_coverage"],
            exact=exact,
            tier=self._tier(chance, exact, vague),
            explanation=_explanation(named, exact),
        )

    def _tier(self, probability: float, exact: bool, vague: bool) -> Verdict:
        if exact or (probability >= self._weights.match_threshold and not vague):
            return Verdict.MATCH
        return Verdict.POSSIBLE if probability >= self._weights.possible_threshold else Verdict.NO_MATCH


def probabilities(weights: MatchWeights, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape (n,): probability of each row of features that the case answers the claim."""
    logits = features @ np.array(weights.coefficients, np.float32) + weights.intercept
    result: NDArray[np.float32] = 1.0 / (1.0 + np.exp(-logits))
    return result


def _features(
    query: str,
    cases: Sequence[Case],
    cosines: NDArray[np.float32],
    bm25: Mapping[str, float],
    rarity: Mapping[str, float],
) -> NDArray[np.float32]:
    best = cosines.max(axis=1)
    lead = best - _best_other(best)
    highest = max(bm25.values(), default=1.0)
    rows = []
    for i, case in enumerate(cases):
        score = bm25.get(case.id, 0.0)
        search = [cosines[i, 0], cosines[i, 1], best[i], lead[i], math.log1p(max(score, 0.0)) / 4, score / highest]
        rows.append([*search, *_overlap(query, case.claim_text, rarity)])
    return np.array(rows, np.float32)


def _overlap(query: str, text: str, rarity: Mapping[str, float]) -> list[float]:
    """Shared words by rarity, shared names, and agreement or conflict of numbers and negation."""
    ours, theirs = _words(query), _words(text)
    shared = ours & theirs
    names, known = _names(query), _names(text)
    numbers, figures = set(_NUMBER.findall(query)), set(_NUMBER.findall(text))
    return [
        sum(rarity[word] for word in shared) / max(sum(rarity.values()), 1e-6),
        len(shared) / max(len(theirs), 1),
        max((rarity[word] for word in shared), default=0.0),
        len(names & known) / max(min(len(names), len(known)), 1),
        float(bool(numbers & figures)),
        float(bool(numbers and figures and not numbers & figures)),
        float(bool(_NEGATION.search(query)) != bool(_NEGATION.search(text))),
    ]


def _best_other(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(scores) < 2:
        return np.zeros_like(scores)
    second, first = np.sort(scores)[-2:]
    others: NDArray[np.float32] = np.where(scores == first, second, first)
    return others


def _words(text: str) -> set[str]:
    return {word for word in match_key(text).split() if word not in _STOP_WORDS}


def _names(text: str) -> set[str]:
    return {name.casefold() for name in _NAME.findall(text)}


def _explanation(features: Mapping[str, float], exact: bool) -> tuple[str, ...]:
    notes = (
        (exact, "the same text or URL"),
        (features["name_overlap"] >= 0.5, "the same names"),
        (bool(features["number_match"]), "the same numbers"),
        (bool(features["number_conflict"]), "the numbers differ"),
        (bool(features["negation_conflict"]), "one of the two is negated"),
    )
    return tuple(note for holds, note in notes if holds)
