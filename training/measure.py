"""Measures of quality, each with its definition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

Array = NDArray[np.floating]
Truth = NDArray[np.bool_]


def mean_average_precision(truth: Truth, scores: Array) -> float:
    """mAP: average precision of each narrative that occurs, averaged."""
    present = np.flatnonzero(truth.any(axis=0))
    return float(np.mean([average_precision_score(truth[:, j], scores[:, j]) for j in present]))


def macro_f1(truth: Truth, predicted: Truth) -> float:
    """F1 of each narrative that occurs, averaged."""
    present = np.flatnonzero(truth.any(axis=0))
    return float(f1_score(truth[:, present], predicted[:, present], average="macro", zero_division=0))


def expected_calibration_error(truth: Truth, probability: Array, bins: int = 15) -> float:
    """ECE over all pairs of text and narrative, in bins of equal width (Guo et al., 2017)."""
    flat, right = probability.reshape(-1), truth.reshape(-1)
    which = np.minimum((flat * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = which == b
        if inside.any():
            error += inside.mean() * abs(float(flat[inside].mean()) - float(right[inside].mean()))
    return float(error)


def top_label_calibration_error(truth: Truth, probability: Array, bins: int = 15) -> float:
    """ECE of each text's most probable narrative alone: stricter, since most pairs are easy zeros."""
    top = probability.argmax(axis=1)
    rows = np.arange(len(top))
    return expected_calibration_error(truth[rows, top][:, None], probability[rows, top][:, None], bins)


def brier(truth: Truth, probability: Array) -> float:
    """Mean squared error of the probabilities."""
    return float(np.mean((probability - truth) ** 2))
