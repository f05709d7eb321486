"""A training run from the corpus to a published version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.fusion import Fusion
from leitmotif.classifier.heads import FirstLayer, Heads, Inputs, read_inputs
from leitmotif.classifier.pooling import Pooling
from leitmotif.encoder import Encoder, Vectors, open_encoder
from leitmotif.errors import NotEnoughData
from leitmotif.matching import MatchWeights
from leitmotif.registry import Registry
from leitmotif.settings import Settings
from training import calibrate
from training.corpus import Corpus, load_corpus
from training.dataset import Example, build_examples
from training.evaluate import Evaluation, evaluate
from training.fit import FitSettings, define, fit_fusion, fit_heads, fit_vectorisers, join_layers
from training.folds import fold_numbers, joined_groups
from training.matching import fit_matching
from training.passages import Document, build_documents, unit_index
from training.publish import publish
from training.vector_cache import VectorCache

Progress = Callable[[str, float], None]
FEWEST_CASES = 5


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A version that a run published, with the metrics of its report."""

    version: str
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything a version is made of."""

    labels: tuple[str, ...]
    heads: Heads
    fusion: Fusion
    pooling: Pooling
    thresholds: NDArray[np.float32]
    unsure_margin: float
    evidence_threshold: float
    match_weights: MatchWeights
    evaluation: Evaluation


def run_training(
    settings: Settings, *, progress: Progress, activate: bool = True, fit_settings: FitSettings | None = None
) -> PublishedModel:
    """Train on the corpus in `data_dir`, publish a version and make it live.

    Args:
        progress: called with (stage, fraction done in [0, 1]).
        activate: whether the version goes live at once.

    Raises:
        CodebookInvalid, InvalidRecord: the corpus is wrong.
        NotEnoughData: a narrative has fewer than `FEWEST_CASES` texts, or there is none without a narrative.
    """
    fit_settings = fit_settings or FitSettings()
    progress("collect", 0.0)
    corpus = load_corpus(settings.data_dir)
    encoder = open_encoder(settings)
    cache = VectorCache(settings.models_dir / "cache", encoder)
    fitted = fit_model(corpus, encoder, cache, fit_settings, progress)
    progress("publish", 0.95)
    registry = Registry(settings.models_dir)
    version = publish(registry, corpus, encoder.name, fit_settings, fitted)
    if activate:
        registry.activate(version)
    progress("publish", 1.0)
    return PublishedModel(version, fitted.evaluation.metrics)


def fit_model(
    corpus: Corpus, encoder: Encoder, cache: VectorCache, settings: FitSettings, progress: Progress
) -> Fitted:
    """All layers of the model, with its evaluation by cross-validation."""
    examples = build_examples(corpus)
    labels = corpus.codebook.ids
    _check_enough(examples, labels)
    documents = build_documents(corpus, examples)
    units, index = unit_index(documents)
    texts = [example.text for example in examples]
    cache.encode_deep(list(dict.fromkeys([*texts, *units])), lambda done: progress("embed", 0.5 * done))
    encoded = cache.encode_deep(texts)

    progress("fit", 0.5)
    vectorisers = fit_vectorisers(texts, settings)
    material = _Material(
        examples=examples,
        labels=labels,
        vectorisers=vectorisers,
        definitions=define(corpus.codebook, encoder),
        inputs=read_inputs(vectorisers, texts, encoded),
        unit_inputs=read_inputs(vectorisers, units, cache.encode_deep(units)),
        settings=settings,
    )
    folds = fold_numbers(examples, joined_groups(examples, encoded.vectors), settings.folds, settings.seed)
    unit_folds = _unit_folds(examples, folds, documents, index, len(units))
    layer, unit_layer = _held_out_layers(material, unit_folds, folds, progress)
    fusion = fit_fusion(examples, layer, labels)
    heads = material.fit(np.arange(len(examples)))

    progress("calibrate", 0.85)
    stances = fusion.stances(unit_layer)
    scores = calibrate.PooledScores(fusion.carry_logits(unit_layer, stances), stances)
    features = calibrate.document_features(documents, index, scores)
    carried = calibrate.carried_matrix(documents, labels)
    pooling = calibrate.fit_pooling(features, carried)
    probability = calibrate.probabilities(pooling, features)
    thresholds = calibrate.choose_thresholds(probability, carried)

    progress("evaluate", 0.9)
    matching = fit_matching(corpus, cache, settings)
    evaluation = evaluate(labels, documents, index, scores, probability, thresholds, corpus, matching.evaluation)
    return Fitted(
        labels=labels,
        heads=heads,
        fusion=fusion,
        pooling=pooling,
        thresholds=thresholds,
        unsure_margin=0.6,
        evidence_threshold=evaluation.evidence_threshold,
        match_weights=matching.weights,
        evaluation=evaluation,
    )


@dataclass(frozen=True, slots=True)
class _Material:
    """What heads are fitted on, and what they score.

    Words are weighted once, on all examples: document frequencies know no labels, so held-out folds stay held out.
    """

    examples: Sequence[Example]
    labels: Sequence[str]
    vectorisers: tuple[Any, ...]
    definitions: Vectors
    inputs: Inputs
    unit_inputs: Inputs
    settings: FitSettings

    def fit(self, rows: NDArray[np.int64]) -> Heads:
        """Heads on some of the examples."""
        some = [self.examples[i] for i in rows]
        return fit_heads(some, self.inputs.rows(rows), self.vectorisers, self.definitions, self.labels, self.settings)


def _held_out_layers(
    material: _Material, unit_folds: NDArray[np.int64], folds: NDArray[np.int64], progress: Progress
) -> tuple[FirstLayer, FirstLayer]:
    """First-layer scores of examples and of units, each by heads that saw nothing of its group."""
    parts, unit_parts = [], []
    for number in range(material.settings.folds):
        heads = material.fit(np.flatnonzero(folds != number))
        rows, unit_rows = np.flatnonzero(folds == number), np.flatnonzero(unit_folds == number)
        parts.append((rows, heads.score(material.inputs.rows(rows))))
        unit_parts.append((unit_rows, heads.score(material.unit_inputs.rows(unit_rows))))
        progress("fit", 0.5 + 0.3 * (number + 1) / material.settings.folds)
    return join_layers(parts, len(folds)), join_layers(unit_parts, len(unit_folds))


def _unit_folds(
    examples: Sequence[Example],
    folds: NDArray[np.int64],
    documents: Sequence[Document],
    index: Sequence[NDArray[np.int64]],
    count: int,
) -> NDArray[np.int64]:
    """The fold in which each unit's document is held out."""
    of_group = {example.group: int(fold) for example, fold in zip(examples, folds, strict=True)}
    unit_folds = np.zeros(count, np.int64)
    for document, places in zip(documents, index, strict=True):
        unit_folds[places] = of_group[document.group]
    return unit_folds


def _check_enough(examples: Sequence[Example], labels: Sequence[str]) -> None:
    for label in labels:
        groups = {example.group for example in examples if label in example.carried}
        if len(groups) < FEWEST_CASES:
            raise NotEnoughData(
                f"Narrative {label!r} has {len(groups)} labelled texts; add cases until there are {FEWEST_CASES}."
            )
    if not any(not example.narratives for example in examples):
        raise NotEnoughData("There is no text without a narrative to learn from; add some to data/none.")
