"""From scores of held-out folds to probabilities and thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from leitmotif.classifier.fusion import PassageScores
from leitmotif.classifier.pooling import Pooling, pool_features
from leitmotif.classifier.reading import Reading, evidence_features, stance_context
from leitmotif.domain import Stance
from training.dataset import NEUTRAL
from training.passages import Document

Array = NDArray[np.float32]

GRID = np.linspace(0.03, 0.97, 95)
PRECISION_FLOOR = 0.6
SHRINKAGE = 40
"""A narrative's own threshold counts as much as the common one when it has this many positive texts."""

NEUTRAL_BOUND = 0.02
REFUTED_BOUND = 0.03
"""Shares of texts without a narrative, and of texts that refute one, that may get a label at all."""

_STEP = 0.1
_MOST_STEPS = 60


def document_features(
    documents: Sequence[Document], index: Sequence[NDArray[np.int64]], scores: PassageScores
) -> Array:
    """Shape (documents, L, features)."""
    rows = []
    for document, places in zip(documents, index, strict=True):
        own, blocks = (
            scores.rows(places[list(document.units.sentence)]),
            scores.rows(places[list(document.units.blocks)]),
        )
        rows.append(pool_features(own, blocks, document.units.block))
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


def choose_thresholds(probability: Array, carried: NDArray[np.bool_], stances: Sequence[str]) -> Array:
    """Shape (L,): best F1 above the precision floor, each narrative's pulled towards the common one, then all raised
    together until no more than the bounds of texts that carry nothing are labelled.

    A threshold from few positives is mostly noise, and noise does not carry over to other text.

    Args:
        probability, carried: shape (n, L).
        stances: of each text, as in `Document`.
    """
    common = _best_threshold(probability.reshape(-1), carried.reshape(-1))
    chosen = []
    for j in range(probability.shape[1]):
        positives = int(carried[:, j].sum())
        own = _best_threshold(probability[:, j], carried[:, j]) if positives else common
        weight = positives / (positives + SHRINKAGE)
        chosen.append(weight * own + (1 - weight) * common)
    return _raised(np.array(chosen, np.float32), probability, np.array(stances))


def _raised(thresholds: Array, probability: Array, stances: NDArray[np.str_]) -> Array:
    """The thresholds, moved up together in log-odds as far as the bounds ask."""
    logits = np.log(thresholds / (1 - thresholds))
    bounds = ((stances == NEUTRAL, NEUTRAL_BOUND), (stances == Stance.REFUTED.value, REFUTED_BOUND))
    for step in range(_MOST_STEPS):
        raised = 1 / (1 + np.exp(-(logits + step * _STEP)))
        labelled = (probability >= raised).any(axis=1)
        if all(not kind.any() or labelled[kind].mean() <= bound for kind, bound in bounds):
            break
    return np.asarray(raised, np.float32)


def fit_reading(
    documents: Sequence[Document],
    index: Sequence[NDArray[np.int64]],
    scores: PassageScores,
    pooled: Array,
    labels: Sequence[str],
) -> Reading:
    """How a sentence's own score, its block and its text together tell evidence and stance, from labelled articles.

    Args:
        pooled: shape (documents, L): logits of the texts.
    """
    return fit_table(read_sentences(documents, index, scores, pooled, labels))


def fit_table(table: SentenceTable) -> Reading:
    """The reading of some sentences: evidence from articles where there are any, stance from all."""
    told = table.in_article if (table.carried & table.in_article[:, None]).any() else np.ones(len(table.stances), bool)
    evidence = LogisticRegression(C=1.0, max_iter=1000)
    evidence.fit(table.features[told].reshape(-1, table.features.shape[2]), table.carried[told].reshape(-1))
    labelled = table.stances >= 0
    if len(set(table.stances[labelled].tolist())) < 2:
        return Reading(evidence, None)
    stance = LogisticRegression(C=1.0, max_iter=1000)
    stance.fit(table.context[labelled], table.stances[labelled])
    return Reading(evidence, stance)


@dataclass(frozen=True, slots=True)
class SentenceTable:
    """Every sentence of the labelled articles, and every other text that is a single sentence.

    Attributes:
        features: shape (S, L, features). context: shape (S, features).
        carried: shape (S, L). stances: shape (S,): 0 asserted, 1 attributed, 2 refuted, -1 without a label.
        document: shape (S,): place of its text among the documents. in_article: shape (S,), bool.
    """

    features: Array
    context: Array
    carried: NDArray[np.bool_]
    stances: NDArray[np.int64]
    document: NDArray[np.int64]
    in_article: NDArray[np.bool_]

    def rows(self, some: NDArray[np.bool_]) -> SentenceTable:
        return SentenceTable(*(getattr(self, field.name)[some] for field in fields(self)))


def read_sentences(
    documents: Sequence[Document],
    index: Sequence[NDArray[np.int64]],
    scores: PassageScores,
    pooled: Array,
    labels: Sequence[str],
) -> SentenceTable:
    """The sentences with what is known of them; stance only where all labels agree on it."""
    features, context, carried, stances, place = [], [], [], [], []
    for number, (document, places) in enumerate(zip(documents, index, strict=True)):
        if not document.labels and len(document.units.sentence) > 1:
            continue
        own, blocks = (
            scores.rows(places[list(document.units.sentence)]),
            scores.rows(places[list(document.units.blocks)]),
        )
        block = document.units.block
        features.append(evidence_features(own, blocks, block, pooled[number]))
        context.append(stance_context(own, blocks, block))
        for narratives, stance in _known(document):
            carried.append([label in narratives for label in labels])
            stances.append(list(Stance).index(stance) if stance else -1)
            place.append(number)
    places_ = np.array(place, np.int64)
    in_article = np.array([bool(document.labels) for document in documents])[places_]
    return SentenceTable(
        np.concatenate(features),
        np.concatenate(context),
        np.array(carried, bool),
        np.array(stances, np.int64),
        places_,
        in_article,
    )


def _known(document: Document) -> Iterator[tuple[set[str], Stance | None]]:
    """Of each sentence: the narratives that it carries, and its stance where there is one and only one."""
    if not document.labels:
        yield set(document.carried), None if document.stance == NEUTRAL else Stance(document.stance)
    for given in document.labels:
        found = {label.stance for label in given}
        carried = {label.narrative for label in given if label.stance.carries}
        yield carried, found.pop() if len(found) == 1 else None


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
