"""Measures a model: every score was made by parts that had not seen the text or its kin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.fusion import PassageScores
from training import calibrate, curves, measure
from training.corpus import Corpus
from training.holdout import fraction
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
    held_out: HeldOutReading,
    thresholds: Array,
    corpus: Corpus,
    matching: MatchingEvaluation,
) -> Evaluation:
    """All measures of one model on texts that its parts had not seen."""
    truth = calibrate.carried_matrix(documents, labels)
    probability, predicted = held_out.probability, held_out.predicted
    is_article = np.array([document.source == "article" for document in documents])
    is_claim = np.array([document.source == "case" for document in documents])
    metrics = {
        "claims_map": measure.mean_average_precision(truth[is_claim], probability[is_claim]),
        "claims_macro_f1": measure.macro_f1(truth[is_claim], predicted[is_claim]),
        "articles_map": measure.mean_average_precision(truth[is_article], probability[is_article]),
        "articles_macro_f1": measure.macro_f1(truth[is_article], predicted[is_article]),
        "ece": measure.expected_calibration_error(truth, probability),
        "ece_top_label": measure.top_label_calibration_error(truth, probability),
        "brier": measure.brier(truth, probability),
        "evidence_f1": held_out.evidence_f1,
        "stance_accuracy": held_out.stance_accuracy,
        **{f"claim_{name}": value for name, value in asdict(matching).items()},
    }
    details = {
        "narratives": _by_narrative(labels, truth, probability, predicted, thresholds),
        "flagged": _flagged(documents, predicted),
        "registers": _micro_f1([document.register for document in documents], truth, predicted),
        "languages": _micro_f1([document.language for document in documents], truth, predicted),
        "reliability": curves.reliability(truth, probability),
        "risk_coverage": curves.risk_coverage(truth, probability, predicted),
        "precision_recall": curves.precision_recall(labels, truth, probability),
        "confusion": curves.confusion(labels, truth, predicted),
        "hardest": curves.hardest(labels, documents, truth, probability),
        "documents": len(documents),
        "cases": len(corpus.cases),
    }
    return Evaluation({key: round(value, 4) for key, value in metrics.items()}, held_out.evidence_threshold, details)


@dataclass(frozen=True, slots=True)
class HeldOutReading:
    """What the upper layers say of texts when they are fitted on other texts.

    Attributes:
        probability, predicted: shape (documents, L).
        evidence_f1: over all pairs of sentence and narrative of the articles.
        stance_accuracy: over the labelled sentences of the articles.
        evidence_threshold: from all articles; the figures use one from other articles.
    """

    probability: Array
    predicted: NDArray[np.bool_]
    evidence_f1: float
    stance_accuracy: float
    evidence_threshold: float


def read_held_out(
    labels: Sequence[str],
    documents: Sequence[Document],
    index: Sequence[NDArray[np.int64]],
    scores: PassageScores,
    parts: int = 3,
) -> HeldOutReading:
    """Fit pooling, thresholds and reading on some documents and apply them to the others, in turn."""
    features = calibrate.document_features(documents, index, scores)
    carried = calibrate.carried_matrix(documents, labels)
    stances = np.array([document.stance for document in documents])
    part = np.array([int(fraction(document.group) * 1e6) % parts for document in documents])
    probability, pooled = np.zeros_like(carried, np.float32), np.zeros_like(carried, np.float32)
    predicted = np.zeros_like(carried)
    for number in range(parts):
        rest, own = part != number, part == number
        pooling = calibrate.fit_pooling(features[rest], carried[rest])
        thresholds = calibrate.choose_thresholds(pooling.probabilities(features[rest]), carried[rest], stances[rest])
        probability[own], pooled[own] = pooling.probabilities(features[own]), pooling.logits(features[own])
        predicted[own] = probability[own] >= thresholds
    table = calibrate.read_sentences(documents, index, scores, pooled, labels)
    return HeldOutReading(probability, predicted, *_sentences(table, part[table.document], parts))


def _sentences(table: calibrate.SentenceTable, part: NDArray[np.int64], parts: int) -> tuple[float, float, float]:
    """Evidence F1, stance accuracy and the evidence threshold from all sentences."""
    chance, found = np.zeros_like(table.carried, np.float32), np.zeros_like(table.carried)
    stance = np.zeros(len(table.stances), np.int64)
    for number in range(parts):
        rest, own = part != number, part == number
        reading = calibrate.fit_table(table.rows(rest))
        article = rest & table.in_article if (rest & table.in_article).any() else rest
        cut = calibrate.best_evidence_threshold(reading.probabilities(table.features[article]), table.carried[article])
        chance[own] = reading.probabilities(table.features[own])
        found[own] = chance[own] >= cut
        stance[own] = reading.stances(table.context[own]).argmax(axis=1)
    told = table.in_article if table.in_article.any() else np.ones(len(stance), bool)
    right, found = table.carried[told], found[told]
    f1 = 2 * (found & right).sum() / max(found.sum() + right.sum(), 1)
    labelled = told & (table.stances >= 0)
    accuracy = float((stance[labelled] == table.stances[labelled]).mean()) if labelled.any() else 0.0
    return float(f1), accuracy, calibrate.best_evidence_threshold(chance[told], right)


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


def _micro_f1(
    kinds: Sequence[str], truth: NDArray[np.bool_], predicted: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    """By kind of text: how many texts, and F1 over all pairs of text and narrative (micro-F1)."""
    rows = {}
    for kind in sorted(set(kinds)):
        own = np.array(kinds) == kind
        both = int((truth[own] & predicted[own]).sum())
        f1 = 2 * both / max(int(truth[own].sum()) + int(predicted[own].sum()), 1)
        rows[kind] = {"texts": int(own.sum()), "micro_f1": round(f1, 4)}
    return rows
