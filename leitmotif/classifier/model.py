"""What a trained model can say of a text, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Sentence, Stance

Scores = NDArray[np.float32]

STANCES = (Stance.ASSERTED, Stance.ATTRIBUTED, Stance.REFUTED)
"""Order of the stance columns."""


@dataclass(frozen=True, slots=True)
class TextScores:
    """Scores of one text; L narratives in the order of the model's labels, S sentences.

    Attributes:
        narratives: shape (L,): calibrated probability that the text carries the narrative.
        sentences: shape (S, L): probability that the sentence carries the narrative, in its context.
        stances: shape (S, 3): probabilities of `STANCES`, given that the sentence touches a narrative.
        vectors: shape (S, dimension): unit vectors of the sentences by the encoder of the library.
        parts: shape (L,) each, in [0, 1]: what the model's parts say by themselves, by name; None where it tells not.
    """

    narratives: Scores
    sentences: Scores
    stances: Scores
    vectors: Scores
    parts: Mapping[str, Scores] | None = None


class NarrativeModel(Protocol):
    """A trained model: immutable, safe to share between threads."""

    @property
    def version(self) -> str:
        """Name of the model version."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Narrative ids in the order of the scores."""

    @property
    def thresholds(self) -> Scores:
        """Shape (L,): a narrative is assigned when its probability reaches its threshold."""

    @property
    def unsure_margin(self) -> float:
        """Share of its threshold, in [0, 1], from which the best narrative makes an unlabelled text `unsure`."""

    @property
    def evidence_threshold(self) -> float:
        """Least probability of an evidence sentence."""

    def score(self, text: str, sentences: Sequence[Sentence]) -> TextScores:
        """Score a text that was split into `sentences`; at least one."""
