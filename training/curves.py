"""What the report draws: reliability, precision and recall, risk and coverage, confusion, and the hardest errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve

from training.passages import Document

Array = NDArray[np.floating]
Truth = NDArray[np.bool_]

_BINS = 10
_POINTS = 40
_ERRORS = 12
_SHOWN_CHARACTERS = 400


def reliability(truth: Truth, probability: Array) -> list[dict[str, float]]:
    """Of each text's most probable narrative: stated probability against how often it is right, by tenths."""
    top = probability.argmax(axis=1)
    rows = np.arange(len(top))
    stated, right = probability[rows, top], truth[rows, top]
    which = np.minimum((stated * _BINS).astype(int), _BINS - 1)
    return [
        {
            "stated": round(float(stated[which == b].mean()), 4),
            "right": round(float(right[which == b].mean()), 4),
            "texts": int((which == b).sum()),
        }
        for b in range(_BINS)
        if (which == b).any()
    ]


def precision_recall(labels: Sequence[str], truth: Truth, probability: Array) -> dict[str, list[list[float]]]:
    """For each narrative that occurs: points [recall, precision], thinned out."""
    curves = {}
    for j, label in enumerate(labels):
        if truth[:, j].any():
            precision, recall, _ = precision_recall_curve(truth[:, j], probability[:, j])
            some = np.unique(np.linspace(0, len(recall) - 1, _POINTS).astype(int))
            curves[label] = [[round(float(recall[i]), 4), round(float(precision[i]), 4)] for i in some]
    return curves


def risk_coverage(truth: Truth, probability: Array, predicted: Truth) -> list[list[float]]:
    """Points [coverage, risk] (El-Yaniv and Wiener, 2010): answering only on the surest texts, how many are wrong?

    A text is right when its set of labels is; it is the surer, the farther all its probabilities lie from a half.
    """
    wrong = (truth != predicted).any(axis=1)
    sureness = np.abs(probability - 0.5).min(axis=1)
    order = np.argsort(-sureness, kind="stable")
    risk = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    some = np.unique(np.linspace(len(order) // 20, len(order) - 1, _POINTS).astype(int))
    return [[round((i + 1) / len(order), 4), round(float(risk[i]), 4)] for i in some]


def confusion(labels: Sequence[str], truth: Truth, predicted: Truth) -> dict[str, dict[str, int]]:
    """Of texts that carry a narrative: which others they were labelled with wrongly; `none` where with nothing."""
    rows: dict[str, dict[str, int]] = {}
    for j, label in enumerate(labels):
        own = truth[:, j]
        row = {other: int((own & predicted[:, k] & ~truth[:, k]).sum()) for k, other in enumerate(labels)}
        row["none"] = int((own & ~predicted.any(axis=1)).sum())
        rows[label] = {other: count for other, count in row.items() if count}
    return rows


def hardest(
    labels: Sequence[str], documents: Sequence[Document], truth: Truth, probability: Array
) -> dict[str, list[dict[str, Any]]]:
    """The surest wrong labels and the most thoroughly missed ones, with their texts."""
    wrong, missed = np.where(truth, -1.0, probability), np.where(truth, 1 - probability, -1.0)
    return {
        "wrong": [_error(labels, documents, truth, wrong, probability, i) for i in _highest(wrong)],
        "missed": [_error(labels, documents, truth, missed, probability, i) for i in _highest(missed)],
    }


def _highest(scores: Array) -> list[int]:
    return [int(i) for i in np.argsort(-scores.max(axis=1), kind="stable")[:_ERRORS]]


def _error(
    labels: Sequence[str], documents: Sequence[Document], truth: Truth, scores: Array, probability: Array, row: int
) -> dict[str, Any]:
    column = int(scores[row].argmax())
    document = documents[row]
    return {
        "narrative": labels[column],
        "probability": round(float(probability[row, column]), 4),
        "carries": [label for label, given in zip(labels, truth[row], strict=True) if given],
        "kind": f"{document.source}, {document.register}, {document.stance}",
        "text": document.text[:_SHOWN_CHARACTERS],
    }
