"""From scores of held-out folds to probabilities and thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leitmotif.classifier.pooling import Pooling, pool_features
from training.passages import Document

Array = NDArray[np.float32]

GRID = np.linspace(0.05, 0.95, 91)
PRECISION_FLOOR = 0.6
SHRINKAGE = 40
"""A narrative's own threshold counts as much as the common one when it has this many positive texts."""


@dataclass(frozen=True, slots=True)
class PooledScores:
    """Scores of unit texts that their heads had not seen: carry logits (n, L) and stances (n, 4)."""

    carry: Array
    stances: Array


def document_features(documents: Sequence[Document], index: Sequence[NDArray[np.int64]], scores: PooledScores) -> Array:
    """Shape (documents, L, features)."""
    rows = []
    for document, places in zip(documents, index, strict=True):
        own = places[list(document.units.sentence)]
        around = places[list(document.units.window)]
        rows.append(pool_features(scores.carry[own], scores.carry[around], scores.stances[around]))
    return np.stack(rows)


def carried_matrix(documents: Sequence[Document], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Shape (documents, L)."""
    return np.array([[label in document.carried for label in labels] for document in documents], bool)


def fit_pooling(features: Array, carried: NDArray[np.bool_]) -> Pooling:
    """A shared regression, then Platt scaling for each narrative (Platt, 1999), pulled towards doing nothing."""
    _, labels, width = features.shape
    regression = LogisticRegression(C=1.0, max_iter=1000)
    regression.fit(features.reshape(-1, width), carried.reshape(-1))
    bare = Pooling(regression, np.ones(labels, np.float32), np.zeros(labels, np.float32))
    logits = bare.logits(features)
    scale, offset = zip(*(_platt(logits[:, j], carried[:, j]) for j in range(labels)), strict=True)
    return Pooling(regression, np.array(scale, np.float32), np.array(offset, np.float32))


def probabilities(pooling: Pooling, features: Array) -> Array:
    """Shape (documents, L)."""
    result: Array = 1 / (1 + np.exp(-(pooling.logits(features) * pooling.scale + pooling.offset)))
    return result


def choose_thresholds(probability: Array, carried: NDArray[np.bool_]) -> Array:
    """Shape (L,): best F1 above the precision floor, each narrative's pulled towards the common one.

    A threshold from few positives is mostly noise, and noise does not carry over to other text.
    """
    common = _best_threshold(probability.reshape(-1), carried.reshape(-1))
    chosen = []
    for j in range(probability.shape[1]):
        positives = int(carried[:, j].sum())
        own = _best_threshold(probability[:, j], carried[:, j]) if positives else common
        weight = positives / (positives + SHRINKAGE)
        chosen.append(weight * own + (1 - weight) * common)
    return np.array(chosen, np.float32)


def best_evidence_threshold(probability: NDArray[np.floating], carried: NDArray[np.bool_]) -> float:
    """The probability above which sentences are evidence: best F1 over all pairs of sentence and narrative."""
    return _best_threshold(probability.reshape(-1), carried.reshape(-1), floor=0.0)


def _best_threshold(
    probability: NDArray[np.floating], truth: NDArray[np.bool_], floor: float = PRECISION_FLOOR
) -> float:
    best, best_f1 = 0.5, -1.0
    for threshold in GRID:
        predicted = probability >= threshold
        true = int((predicted & truth).sum())
        precision = true / max(int(predicted.sum()), 1)
        f1 = 2 * true / max(int(predicted.sum()) + int(truth.sum()), 1)
        if f1 > best_f1 and precision >= floor:
            best, best_f1 = float(threshold), f1
    return best


def _platt(logits: Array, truth: NDArray[np.bool_]) -> tuple[float, float]:
    if not truth.any() or truth.all():
        return 1.0, 0.0
    scaling = LogisticRegression(C=1.0, max_iter=1000).fit(logits[:, None], truth)
    return float(max(scaling.coef_[0, 0], 0.1)), float(scaling.intercept_[0])
