"""Measures a model by cross-validation: every score was made by heads that had not seen the text or its kin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.scorer import carrying_stances, sentence_probabilities
from leitmotif.domain import Stance
from training import calibrate, measure
from training.corpus import Corpus
from training.matching import MatchingEvaluation
from training.passages import Document

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Headline `metrics`, and `details` by narrative, register and threshold for the report."""

    metrics: dict[str, float]
    evidence_threshold: float
    details: dict[str, Any] = field(default_factory=dict)


def evaluate(
    labels: Sequence[str],
    documents: Sequence[Document],
    index: Sequence[NDArray[np.int64]],
    scores: calibrate.PooledScores,
    probability: Array,
    thresholds: Array,
    corpus: Corpus,
    matching: MatchingEvaluation,
) -> Evaluation:
    """All measures of one model on the corpus.

    Args:
        probability: shape (documents, L), from held-out folds.
        thresholds: shape (L,).
    """
    truth = calibrate.carried_matrix(documents, labels)
    predicted = probability >= thresholds
    is_article = np.array([document.source == "article" for document in documents])
    is_claim = np.array([document.source == "case" for document in documents])
    evidence, threshold = _evidence(labels, documents, index, scores)
    metrics = {
        "claims_map": measure.mean_average_precision(truth[is_claim], probability[is_claim]),
        "claims_macro_f1": measure.macro_f1(truth[is_claim], predicted[is_claim]),
        "articles_map": measure.mean_average_precision(truth[is_article], probability[is_article]),
        "articles_macro_f1": measure.macro_f1(truth[is_article], predicted[is_article]),
        "ece": measure.expected_calibration_error(truth, probability),
        "ece_top_label": measure.top_label_calibration_error(truth, probability),
        "brier": measure.brier(truth, probability),
        **evidence,
        **{f"claim_{name}": value for name, value in asdict(matching).items()},
    }
    details = {
        "narratives": _by_narrative(labels, truth, probability, predicted, thresholds),
        "flagged": _flagged(documents, predicted),
        "documents": len(documents),
        "cases": len(corpus.cases),
    }
    return Evaluation({key: round(value, 4) for key, value in metrics.items()}, threshold, details)


def _evidence(
    labels: Sequence[str],
    documents: Sequence[Document],
    index: Sequence[NDArray[np.int64]],
    scores: calibrate.PooledScores,
) -> tuple[dict[str, float], float]:
    """Sentence evidence and stance on articles: F1 over (sentence, narrative), accuracy over labelled sentences."""
    found, truth, stance_right = [], [], []
    for document, places in zip(documents, index, strict=True):
        if not document.labels:
            continue
        carry, stances = scores.carry[places], scores.stances[places]
        found.append(sentence_probabilities(carry, document.units))
        carried = [[_carries(labels_, label) for label in labels] for labels_ in document.labels]
        truth.append(np.array(carried, bool))
        decided = carrying_stances(stances, document.units).argmax(axis=1)
        stance_right += [
            list(Stance)[decided[i]] in {label.stance for label in labels_}
            for i, labels_ in enumerate(document.labels)
            if labels_
        ]
    probability, right = np.concatenate(found), np.concatenate(truth)
    threshold = calibrate.best_evidence_threshold(probability, right)
    predicted = probability >= threshold
    f1 = 2 * (predicted & right).sum() / max(predicted.sum() + right.sum(), 1)
    return {"evidence_f1": float(f1), "stance_accuracy": float(np.mean(stance_right))}, threshold


def _carries(sentence_labels: Sequence[Any], narrative: str) -> bool:
    return any(label.narrative == narrative and label.stance.carries for label in sentence_labels)


def _by_narrative(
    labels: Sequence[str], truth: NDArray[np.bool_], probability: Array, predicted: NDArray[np.bool_], thresholds: Array
) -> dict[str, dict[str, float]]:
    rows = {}
    for j, label in enumerate(labels):
        true = int((truth[:, j] & predicted[:, j]).sum())
        rows[label] = {
            "positives": int(truth[:, j].sum()),
            "average_precision": round(measure.mean_average_precision(truth[:, [j]], probability[:, [j]]), 4),
            "precision": round(true / max(int(predicted[:, j].sum()), 1), 4),
            "recall": round(true / max(int(truth[:, j].sum()), 1), 4),
            "threshold": round(float(thresholds[j]), 4),
        }
    return rows


def _flagged(documents: Sequence[Document], predicted: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    """By source and stance: how many texts there are, and the share of them that got any label."""
    rows: dict[str, list[bool]] = {}
    for document, row in zip(documents, predicted, strict=True):
        rows.setdefault(f"{document.source}/{document.stance}", []).append(bool(row.any()))
    return {
        kind: {"texts": len(flags), "flagged": round(float(np.mean(flags)), 4)} for kind, flags in sorted(rows.items())
    }
