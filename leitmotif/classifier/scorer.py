"""The trained model at work: passages -> heads -> fusion -> pooling -> reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leitmotif.classifier.fusion import Fusion, PassageScores
from leitmotif.classifier.heads import Heads, part_scores, read_inputs
from leitmotif.classifier.model import Scores, TextScores
from leitmotif.classifier.pooling import Pooling, pool_features
from leitmotif.classifier.reading import Reading, evidence_features, stance_context
from leitmotif.classifier.units import make_units
from leitmotif.domain import Sentence
from leitmotif.encoder import Encoder


@dataclass(frozen=True, slots=True)
class UnitScores:
    """Of n passages: what they carry, unit vectors (n, d), and what parts say (n, L)."""

    passages: PassageScores
    vectors: Scores
    parts: Mapping[str, Scores]


@dataclass(frozen=True, slots=True)
class Parameters:
    """A trained model's numbers beside its heads. `thresholds` has shape (L,)."""

    version: str
    labels: tuple[str, ...]
    thresholds: Scores
    unsure_margin: float
    evidence_threshold: float


class TrainedModel:
    """Scores texts. Immutable after it is built, so threads share it."""

    def __init__(
        self,
        parameters: Parameters,
        heads: Heads,
        fusion: Fusion,
        pooling: Pooling,
        reading: Reading,
        encoder: Encoder,
    ) -> None:
        self._parameters = parameters
        self._heads = heads
        self._fusion = fusion
        self._pooling = pooling
        self._reading = reading
        self._encoder = encoder

    @property
    def version(self) -> str:
        return self._parameters.version

    @property
    def labels(self) -> tuple[str, ...]:
        return self._parameters.labels

    @property
    def thresholds(self) -> Scores:
        return self._parameters.thresholds

    @property
    def unsure_margin(self) -> float:
        return self._parameters.unsure_margin

    @property
    def evidence_threshold(self) -> float:
        return self._parameters.evidence_threshold

    def score(self, text: str, sentences: Sequence[Sentence]) -> TextScores:
        """Score a text that was split into `sentences`; at least one."""
        units = make_units(sentences)
        scored = self.score_units(units.texts)
        own, blocks = scored.passages.rows(units.sentence), scored.passages.rows(units.blocks)
        pooled = pool_features(own, blocks, units.block)
        evidence = evidence_features(own, blocks, units.block, self._pooling.logits(pooled))
        context = stance_context(own, blocks, units.block)
        rows = list(units.sentence)
        return TextScores(
            narratives=self._pooling.probabilities(pooled),
            sentences=self._reading.probabilities(evidence),
            stances=self._reading.stances(context),
            vectors=scored.vectors[rows],
            parts={name: said[rows].max(axis=0) for name, said in scored.parts.items()},
        )

    def score_units(self, texts: Sequence[str]) -> UnitScores:
        """Score passages on their own."""
        encoded = self._encoder.encode_deep(texts)
        layer = self._heads.score(read_inputs(self._heads.vectorisers, texts, encoded))
        return UnitScores(self._fusion.read(layer), encoded.vectors, part_scores(layer))
