"""The stages of a training run. Each reads what those before it left in the run folder, and leaves its own there.

What lies between stages is opaque here: `RunFolder` writes and reads whatever it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.branch import Branch, load_branch
from leitmotif.classifier.fusion import Fusion, PassageScores
from leitmotif.classifier.heads import FirstLayer, Heads, Inputs, read_inputs
from leitmotif.classifier.pooling import Pooling
from leitmotif.classifier.reading import Reading
from leitmotif.encoder import SentenceEncoder, Vectors, open_encoder
from leitmotif.errors import NotEnoughData
from leitmotif.ledger import Ledger
from leitmotif.matching import MatchWeights
from leitmotif.registry import Registry, new_name
from leitmotif.settings import Settings
from leitmotif.store.protocol import Store
from training import calibrate
from training.collect import FEWEST_CASES, Collected, collect
from training.corpus import Corpus
from training.dataset import Example, build_examples
from training.evaluate import Evaluation, evaluate, read_held_out
from training.fit import FitSettings, define, fit_fusion, fit_heads, fit_vectorisers, join_layers
from training.folds import fold_numbers, joined_groups
from training.holdout import near, without
from training.matching import fit_matching
from training.passages import Document, build_documents, unit_index
from training.publish import fingerprints, publish
from training.run_folder import Note, RunFolder
from training.tuning import branch_path, unseen
from training.vector_cache import VectorCache

Report = Callable[[float], None]
"""Called with the share of the stage that is done, in [0, 1]; raises to stop the run."""

_CHUNK = 2048
"""Texts encoded between two saves of the vector cache: what a run that is cut short loses at most."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Everything a version is made of."""

    labels: tuple[str, ...]
    heads: Heads
    fusion: Fusion
    pooling: Pooling
    reading: Reading
    branch: Branch | None
    thresholds: NDArray[np.float32]
    unsure_margin: float
    evidence_threshold: float
    match_weights: MatchWeights
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class FittedLayers:
    """Heads on all examples, fusion, and the first layer's scores of units by heads that had not seen them."""

    heads: Heads
    fusion: Fusion
    unit_layer: FirstLayer


@dataclass(frozen=True, slots=True)
class Calibrated:
    """From scores to probabilities and back to sentences. `thresholds` has shape (L,)."""

    scores: PassageScores
    pooling: Pooling
    reading: Reading
    thresholds: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """What evaluation adds to a version."""

    evaluation: Evaluation
    match_weights: MatchWeights


class Workshop:
    """What the stages of one run work with. Expensive parts are opened when a stage first needs them."""

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, run_id: str, fit_settings: FitSettings | None = None
    ) -> None:
        self.settings = settings
        self.store = store
        self.ledger = ledger
        self.run_id = run_id
        self.fit_settings = fit_settings or FitSettings()
        self.folder = RunFolder(settings.models_dir, run_id)
        self.registry = Registry(settings.models_dir)

    @cached_property
    def encoder(self) -> SentenceEncoder:
        return open_encoder(self.settings)

    @cached_property
    def branch(self) -> Branch | None:
        """The tuned branch, if there is one of this encoder."""
        return load_branch(self.branch_file, self.encoder)

    @property
    def branch_file(self) -> Path:
        return branch_path(self.settings.models_dir, self.encoder.name)

    @property
    def tuned_on(self) -> frozenset[str]:
        """Groups that the branch has learned from."""
        return self.branch.info.groups if self.branch else frozenset()

    @cached_property
    def cache(self) -> VectorCache:
        return VectorCache(self.settings.models_dir / "cache", self.encoder.with_branch(self.branch))

    def documents(self, corpus: Corpus, examples: Sequence[Example]) -> list[Document]:
        """The texts on which pooling and thresholds are learned."""
        return build_documents(corpus, examples, self.tuned_on, self.settings.encoder_languages)

    @property
    def collected(self) -> Collected:
        """What the run trains on."""
        found: Collected = self.folder.load("collect")
        return found

    @property
    def corpus(self) -> Corpus:
        """The training part, without near-duplicates of held-out texts."""
        corpus = self.collected.corpus
        return without(corpus, set(self.folder.load("embed")))


def collect_stage(shop: Workshop, report: Report) -> Note:
    """Read files and database, and see whether anything has changed since the live or latest version."""
    found = collect(shop.settings.data_dir, shop.store, shop.ledger)
    note = {
        "cases": len(found.corpus.cases),
        "held_out_cases": len(found.held_out.cases),
        "waiting": list(found.waiting),
        "unchanged": _unchanged(shop, found.corpus),
    }
    shop.folder.save("collect", note, found)
    return note


def embed_stage(shop: Workshop, report: Report) -> Note:
    """Encode every text that is new, and find the training texts that are near-duplicates of held-out ones."""
    found = shop.collected
    examples = build_examples(found.corpus)
    units, _ = unit_index(shop.documents(found.corpus, examples))
    held_out = [example.text for example in build_examples(found.held_out)]
    texts = list(dict.fromkeys([*(example.text for example in examples), *units, *held_out]))
    for start in range(0, len(texts), _CHUNK):
        some = texts[start : start + _CHUNK]
        shop.cache.encode_deep(some, _part(report, start, len(some), len(texts)))
    twins = near(_vectors(shop, [example.text for example in examples]), _vectors(shop, held_out))
    groups = sorted({example.group for example, twin in zip(examples, twins, strict=True) if twin})
    note = {"texts": len(texts), "left_out_as_near_duplicates": len(groups)}
    shop.folder.save("embed", note, groups)
    return note


def fit_stage(shop: Workshop, report: Report) -> Note:
    """Fit heads in cross-validation, fusion on their scores, and heads on everything."""
    corpus = shop.corpus
    examples = build_examples(corpus)
    labels, settings = corpus.codebook.ids, shop.fit_settings
    _check_enough(examples, labels)
    documents = shop.documents(corpus, examples)
    units, index = unit_index(documents)
    texts = [example.text for example in examples]
    encoded = shop.cache.encode_deep(texts)
    vectorisers = fit_vectorisers(texts, settings)
    material = _Material(
        examples=examples,
        labels=labels,
        branch_labels=shop.branch.info.labels if shop.branch else (),
        vectorisers=vectorisers,
        definitions=define(corpus.codebook, shop.encoder),
        inputs=read_inputs(vectorisers, texts, encoded),
        unit_inputs=read_inputs(vectorisers, units, shop.cache.encode_deep(units)),
        settings=settings,
    )
    folds = fold_numbers(examples, joined_groups(examples, encoded.vectors), settings.folds, settings.seed)
    unit_folds = _unit_folds(examples, folds, documents, index, len(units))
    layer, unit_layer = _held_out_layers(material, unit_folds, folds, report)
    heads = material.fit(np.arange(len(examples)))
    not_seen = unseen([example.group for example in examples], shop.tuned_on)
    fusion = fit_fusion(examples, layer, labels, heads.columns >= 0, not_seen)
    note = {"examples": len(examples)}
    shop.folder.save("fit", note, FittedLayers(heads, fusion, unit_layer))
    return note


def calibrate_stage(shop: Workshop, report: Report) -> Note:
    """Learn how sentences pool, what a score is worth as a probability, and where the thresholds lie."""
    corpus, layers = shop.corpus, shop.folder.load("fit")
    labels, documents = corpus.codebook.ids, shop.documents(corpus, build_examples(corpus))
    _, index = unit_index(documents)
    scores = layers.fusion.read(layers.unit_layer)
    features = calibrate.document_features(documents, index, scores)
    carried = calibrate.carried_matrix(documents, labels)
    pooling = calibrate.fit_pooling(features, carried)
    probability = pooling.probabilities(features)
    thresholds = calibrate.choose_thresholds(probability, carried, [document.stance for document in documents])
    reading = calibrate.fit_reading(documents, index, scores, pooling.logits(features), labels)
    note = {"documents": len(documents)}
    shop.folder.save("calibrate", note, Calibrated(scores, pooling, reading, thresholds))
    return note


def evaluate_stage(shop: Workshop, report: Report) -> Note:
    """Measure on texts that the parts had not seen, and learn the claim matcher's weights."""
    corpus, done = shop.corpus, shop.folder.load("calibrate")
    labels, documents = corpus.codebook.ids, shop.documents(corpus, build_examples(corpus))
    _, index = unit_index(documents)
    matching = fit_matching(corpus, shop.cache, shop.fit_settings)
    report(0.7)
    held_out = read_held_out(labels, documents, index, done.scores)
    evaluation = evaluate(labels, documents, held_out, done.thresholds, corpus, matching.evaluation)
    note = {"metrics": evaluation.metrics}
    shop.folder.save("evaluate", note, Measured(evaluation, matching.weights))
    return note


def publish_stage(shop: Workshop, report: Report) -> Note:
    """Publish the version, under a name that is chosen first: a second try finds what the first one did."""
    named = shop.folder.note("name")
    if named is None:
        named = {"version": new_name()}
        shop.folder.save("name", named)
    version = str(named["version"])
    if not shop.registry.exists(version):
        shop.registry.sweep()
        publish(shop.registry, shop.corpus, shop.encoder.name, shop.fit_settings, _fitted(shop), version)
    note = {"version": version, "metrics": shop.registry.manifest(version).metrics}
    shop.folder.save("publish", note)
    return note


def _fitted(shop: Workshop) -> Fitted:
    layers, done, measured = (shop.folder.load(stage) for stage in ("fit", "calibrate", "evaluate"))
    return Fitted(
        labels=shop.corpus.codebook.ids,
        heads=layers.heads,
        fusion=layers.fusion,
        pooling=done.pooling,
        reading=done.reading,
        branch=shop.branch,
        thresholds=done.thresholds,
        unsure_margin=0.6,
        evidence_threshold=measured.evaluation.evidence_threshold,
        match_weights=measured.match_weights,
        evaluation=measured.evaluation,
    )


def _unchanged(shop: Workshop, corpus: Corpus) -> str | None:
    """The live version, or else the latest, if a training would only make it again."""
    wanted = fingerprints(corpus, shop.encoder.name, shop.fit_settings, shop.branch)
    versions = shop.registry.versions()
    live = shop.registry.live_or_none()
    for manifest in [m for m in versions if m.version == live] + versions[:1]:
        if all(getattr(manifest, name) == value for name, value in wanted.items()):
            return manifest.version
    return None


def _part(report: Report, start: int, count: int, total: int) -> Report:
    return lambda share: report((start + share * count) / max(total, 1))


def _vectors(shop: Workshop, texts: Sequence[str]) -> Vectors:
    return shop.cache.encode_passages(texts)


@dataclass(frozen=True, slots=True)
class _Material:
    """What heads are fitted on, and what they score.

    Words are weighted once, on all examples: document frequencies know no labels, so held-out folds stay held out.
    """

    examples: Sequence[Example]
    labels: Sequence[str]
    branch_labels: Sequence[str]
    vectorisers: tuple[Any, ...]
    definitions: Vectors
    inputs: Inputs
    unit_inputs: Inputs
    settings: FitSettings

    def fit(self, rows: NDArray[np.int64]) -> Heads:
        """Heads on some of the examples."""
        some = [self.examples[i] for i in rows]
        return fit_heads(
            some, self.inputs.rows(rows), self.vectorisers, self.definitions, self.labels, self.branch_labels,
            self.settings,
        )  # fmt: skip


def _held_out_layers(
    material: _Material, unit_folds: NDArray[np.int64], folds: NDArray[np.int64], report: Report
) -> tuple[FirstLayer, FirstLayer]:
    """First-layer scores of examples and of units, each by heads that saw nothing of its group."""
    parts, unit_parts = [], []
    for number in range(material.settings.folds):
        heads = material.fit(np.flatnonzero(folds != number))
        rows, unit_rows = np.flatnonzero(folds == number), np.flatnonzero(unit_folds == number)
        parts.append((rows, heads.score(material.inputs.rows(rows))))
        unit_parts.append((unit_rows, heads.score(material.unit_inputs.rows(unit_rows))))
        report((number + 1) / (material.settings.folds + 1))
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
