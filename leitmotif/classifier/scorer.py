"""The trained model at work: passages -> heads -> fusion -> pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leitmotif.classifier.fusion import Fusion
from leitmotif.classifier.heads import Heads, read_inputs
from leitmotif.classifier.model import Scores, TextScores
from leitmotif.classifier.pooling import Pooling
from leitmotif.classifier.units import Units, make_units
from leitmotif.domain import Sentence
from leitmotif.encoder import Encoder

_NEUTRAL = 3


@dataclass(frozen=True, slots=True)
class UnitScores:
    """Carry logits (n, L), stance probabilities (n, 4) and unit vectors (n, d) of n passages."""

    carry: Scores
    stances: Scores
    vectors: Scores


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
        self, parameters: Parameters, heads: Heads, fusion: Fusion, pooling: Pooling, encoder: Encoder
    ) -> None:
        self._parameters = parameters
        self._heads = heads
        self._fusion = fusion
        self._pooling = pooling
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
        own, around = list(units.sentence), list(units.window)
        return TextScores(
            narratives=self._pooling.probabilities(scored.carry[own], scored.carry[around], scored.stances[around]),
            sentences=sentence_probabilities(scored.carry, units),
            stances=carrying_stances(scored.stances, units),
            vectors=scored.vectors[own],
        )

    def score_units(self, texts: Sequence[str]) -> UnitScores:
        """Score passages on their own."""
        encoded = self._encoder.encode_deep(texts)
        layer = self._heads.score(read_inputs(self._heads.vectorisers, texts, encoded))
        stances = self._fusion.stances(layer)
        return UnitScores(self._fusion.carry_logits(layer, stances), stances, encoded.vectors)


def sentence_probabilities(carry: Scores, units: Units) -> Scores:
    """Shape (S, L): a sentence's own evidence, helped or doubted by its neighbours."""
    own, around = carry[list(units.sentence)], carry[list(units.window)]
    probability = 1 / (1 + np.exp(-(0.6 * own + 0.4 * around)))
    return np.asarray(probability, np.float32)


def carrying_stances(stances: Scores, units: Units) -> Scores:
    """Shape (S, 3): asserted, attributed, refuted, given that the sentence is not neutral."""
    both = 0.6 * stances[list(units.sentence), :_NEUTRAL] + 0.4 * stances[list(units.window), :_NEUTRAL]
    return np.asarray(both / np.maximum(both.sum(axis=1, keepdims=True), 1e-9), np.float32)
