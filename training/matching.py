"""Learns the claim matcher's weights from pairs of a claim and a case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leitmotif.domain import Case
from leitmotif.encoder import Vectors
from leitmotif.matching import MatchWeights, match_features, probabilities

_HARD_NEGATIVES = 4
_MATCH_PRECISION = 0.95
_POSSIBLE_PRECISION = 0.6
_FALLBACK = (0.9, 0.6)


def fit_match_weights(cases: Sequence[Case], titles: Vectors, summaries: Vectors) -> MatchWeights:
    """A case's title is a claim that its summary tells in other words, and the nearest other cases do not answer.

    Args:
        cases: cases with title and summary.
        titles: shape (len(cases), d): unit vectors of the titles.
        summaries: shape (len(cases), d): unit vectors of the summaries.
    """
    cosines = titles @ summaries.T
    features, truth = [], []
    for i, case in enumerate(cases):
        for j in _candidates(cosines[i], i):
            features.append(match_features(case.title, _summary_only(cases[j]), float(cosines[i, j])))
            truth.append(i == j)
    rows, right = np.stack(features), np.array(truth)
    regression = LogisticRegression(C=10.0, max_iter=1000).fit(rows, right)
    weights = MatchWeights(
        coefficients=tuple(map(float, regression.coef_[0])),
        intercept=float(regression.intercept_[0]),
        match_threshold=_FALLBACK[0],
        possible_threshold=_FALLBACK[1],
    )
    probability = probabilities(weights, rows)
    return weights.model_copy(
        update={
            "match_threshold": _threshold_for(probability, right, _MATCH_PRECISION, _FALLBACK[0]),
            "possible_threshold": _threshold_for(probability, right, _POSSIBLE_PRECISION, _FALLBACK[1]),
        }
    )


def _candidates(cosines: NDArray[np.float32], own: int) -> list[int]:
    nearest = [int(j) for j in np.argsort(-cosines)[: _HARD_NEGATIVES + 1] if j != own]
    return [own, *nearest[:_HARD_NEGATIVES]]


def _summary_only(case: Case) -> Case:
    return Case(id=case.id, title=case.summary)


def _threshold_for(probability: NDArray[np.float32], right: NDArray[np.bool_], precision: float, fallback: float) -> float:
    """The least threshold at which the stated precision is reached."""
    order = np.argsort(-probability)
    running = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(running >= precision)
    return float(probability[order[reached[-1]]]) if len(reached) else fallback
