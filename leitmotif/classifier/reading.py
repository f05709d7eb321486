"""Fourth layer: back from the text to its sentences. Which of them carry a narrative, and with what stance?

A sentence is read in the light of its block and of the whole text: a line that looks like a claim is no evidence where
the text as a whole carries nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_FLOOR = 1e-4
_STANCES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """Fitted LogisticRegressions: `evidence` over `evidence_features`, `stance` over `stance_context`.

    `stance` knows up to three classes; it is None where the corpus knows fewer than two, and all is then `asserted`.
    """

    evidence: Any
    stance: Any

    def probabilities(self, features: Array) -> Array:
        """Shape (S, L): probability that each sentence carries each narrative, from `evidence_features`."""
        weights = self.evidence.coef_[0].astype(np.float32)
        logits = features @ weights + self.evidence.intercept_[0]
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

    def stances(self, context: Array) -> Array:
        """Shape (S, 3): asserted, attributed, refuted, given that the sentence touches a narrative."""
        chances = np.zeros((len(context), _STANCES), np.float32)
        if self.stance is None:
            chances[:, 0] = 1.0
        else:
            chances[:, self.stance.classes_] = self.stance.predict_proba(context)
        return chances


def evidence_features(sentences: Array, blocks: Array, block: Sequence[int], pooled: Array) -> Array:
    """What speaks for a sentence as evidence.

    Args:
        sentences: shape (S, L): carry logits of the sentences alone.
        blocks: shape (B, L): carry logits of the blocks.
        block: for each sentence, the number of its block.
        pooled: shape (L,): logits of the whole text.

    Returns:
        Shape (S, L, features).
    """
    around = blocks[list(block)]
    whole = np.broadcast_to(pooled, sentences.shape)
    columns = [
        sentences,
        around,
        whole,
        np.minimum(sentences, around),
        np.minimum(sentences, whole),
        sentences - sentences.max(axis=0, keepdims=True),
    ]
    return np.stack(columns, axis=2).astype(np.float32)


def stance_context(sentences: Array, blocks: Array, block: Sequence[int]) -> Array:
    """Shape (S, 12): log-probabilities of the four stances of each sentence, of its block, and the text's mean.

    Args:
        sentences: shape (S, 4): stance probabilities of the sentences alone.
        blocks: shape (B, 4): those of the blocks.
        block: for each sentence, the number of its block.
    """
    mean = np.broadcast_to(blocks.mean(axis=0), sentences.shape)
    together = np.hstack([sentences, blocks[list(block)], mean])
    return np.asarray(np.log(np.maximum(together, _FLOOR)), np.float32)
