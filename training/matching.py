"""Learns the claim matcher's weights from claims as found in the wild and the cases that answer them, or do not."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from leitmotif.domain import CaseFilter
from leitmotif.encoder import Encoder
from leitmotif.errors import NotEnoughData
from leitmotif.library import Library
from leitmotif.matching import FEATURES, CandidateFinder, Candidates, MatchWeights
from leitmotif.store.sqlite.store import SqliteStore
from training.corpus import ClaimPair, Corpus
from training.fit import FitSettings

MATCH_PRECISION = 0.95
OTHER_TOPICS_FLAGGED = 0.05
_SAME_CLAIM = 0.75
_REGULARISATION = 0.1
_CONSTANT = 1e-6
_FEWEST_PAIRS = 20
_FOLDS = 10


@dataclass(frozen=True, slots=True)
class MatchingEvaluation:
    """Figures by cross-validation over claims; all in [0, 1]."""

    found_first: float
    found_in_five: float
    matched: float
    match_precision: float
    others_flagged: float


@dataclass(frozen=True, slots=True)
class Matching:
    """The weights, and how good they are on claims that they were not learned from."""

    weights: MatchWeights
    evaluation: MatchingEvaluation


@dataclass(frozen=True, slots=True)
class Ranking:
    """One claim's candidates: their features (n, F), and which of them answer it."""

    features: NDArray[np.float32]
    right: NDArray[np.bool_]
    relation: str
    group: str


def fit_matching(corpus: Corpus, encoder: Encoder, settings: FitSettings) -> Matching:
    """Learn weights and thresholds from the corpus's pairs.

    Raises:
        NotEnoughData: there are too few pairs.
    """
    if sum(pair.relation == "match" for pair in corpus.claim_pairs) < _FEWEST_PAIRS:
        raise NotEnoughData(f"data/claims holds fewer than {_FEWEST_PAIRS} claims with their case; add some.")
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "cases.db")
        Library(store, encoder).put(corpus.cases)
        finder = CandidateFinder(store, encoder)
        rankings = [_ranking(finder, pair) for pair in corpus.claim_pairs]
        store.close()
    return fit_rankings(rankings, settings)


def fit_rankings(rankings: Sequence[Ranking], settings: FitSettings) -> Matching:
    """Weights from rankings; thresholds from rankings of held-out claims."""
    # Thresholds are for weights learned from all claims; many folds come nearest to that, and a fold is quick.
    held_out = _held_out(rankings, max(settings.folds, _FOLDS))
    coefficients, intercept = fit_weights(rankings)
    match, possible = _thresholds(rankings, held_out)
    weights = MatchWeights(
        coefficients=coefficients, intercept=intercept, match_threshold=match, possible_threshold=possible
    )
    return Matching(weights, _evaluate(rankings, held_out, match, possible))


def _ranking(finder: CandidateFinder, pair: ClaimPair) -> Ranking:
    found = finder.find(pair.text, CaseFilter())
    right = np.array([case.id in pair.answers for case in found.cases], bool)
    kept = _without_twins(found, right)
    return Ranking(found.features[kept], right[kept], pair.relation, pair.case or pair.id)


def _without_twins(found: Candidates, right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out cases that resemble the claim almost as the right one does: they may well answer it too."""
    if not right.any():
        return np.ones(len(right), bool)
    cosines = found.features[:, [FEATURES.index("title_cosine"), FEATURES.index("claim_cosine")]].max(axis=1)
    twin = (cosines >= _SAME_CLAIM) & (cosines >= cosines[right].max())
    kept: NDArray[np.bool_] = right | ~twin
    return kept


def fit_weights(rankings: Sequence[Ranking]) -> tuple[tuple[float, ...], float]:
    """Coefficients, one for each of `FEATURES`, and the intercept of a logistic regression over all candidates."""
    features = np.concatenate([ranking.features for ranking in rankings])
    right = np.concatenate([ranking.right for ranking in rankings])
    # Brought to one scale for the regularisation, and back, so that the weights go with the features as they are.
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < _CONSTANT] = 1.0
    regression = LogisticRegression(C=_REGULARISATION, max_iter=2000).fit((features - mean) / scale, right)
    coefficients = regression.coef_[0] / scale
    return tuple(map(float, coefficients)), float(regression.intercept_[0] - coefficients @ mean)


def _held_out(rankings: Sequence[Ranking], folds: int) -> list[NDArray[np.float64]]:
    """For each ranking, its candidates' probabilities by weights that saw nothing of its case."""
    groups = [ranking.group for ranking in rankings]
    result: list[NDArray[np.float64]] = [np.zeros(0)] * len(rankings)
    for train, test in GroupKFold(n_splits=min(folds, len(set(groups)))).split(groups, groups=groups):
        coefficients, intercept = fit_weights([rankings[i] for i in train])
        for i in test:
            result[i] = 1 / (1 + np.exp(-(rankings[i].features @ np.array(coefficients) + intercept)))
    return result


def _thresholds(rankings: Sequence[Ranking], held_out: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """`match`: the least at which best candidates are right as often as stated. `possible`: the stated share of
    claims on other topics reaches it, and never more than `match`."""
    best = np.array([p.max(initial=0.0) for p in held_out])
    right = np.array([bool(r.right[p.argmax()]) if len(p) else False for r, p in zip(rankings, held_out, strict=True)])
    order = np.argsort(-best)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(precision >= MATCH_PRECISION)
    match = float(best[order[reached[-1]]]) if len(reached) else 0.95
    others = [b for b, r in zip(best, rankings, strict=True) if r.relation == "other"]
    possible = _flagging(others, OTHER_TOPICS_FLAGGED) if others else match / 2
    return match, min(max(possible, 0.05), match)


def _flagging(scores: Sequence[float], share: float) -> float:
    """The least threshold that at most this share of the scores reaches: half way to the first that must not."""
    highest = np.sort(scores)[::-1]
    allowed = int(share * len(highest))
    return float(highest[max(allowed - 1, 0) : allowed + 1].mean()) if allowed else float(np.nextafter(highest[0], 2))


def _evaluate(
    rankings: Sequence[Ranking], held_out: Sequence[NDArray[np.float64]], match: float, possible: float
) -> MatchingEvaluation:
    first, five, matched, tops, others = [], [], [], [], []
    for ranking, p in zip(rankings, held_out, strict=True):
        order = np.argsort(-p)
        top = float(p.max(initial=0.0))
        top_right = bool(len(order)) and bool(ranking.right[order[0]])
        if top >= match:
            tops.append(top_right)
        if ranking.relation == "match":
            first.append(top_right)
            five.append(bool(ranking.right[order[:5]].any()))
            matched.append(top_right and top >= match)
        elif ranking.relation == "other":
            others.append(top >= possible)
    return MatchingEvaluation(*(float(np.mean(x)) if x else 0.0 for x in (first, five, matched, tops, others)))
