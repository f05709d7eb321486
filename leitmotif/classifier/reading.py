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

from leitmotif.classifier.fusion import PassageScores, dot, log_odds

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
        logits = dot(self.evidence, features[..., : self.evidence.coef_.shape[1]])
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)

    def stances(self, context: Array) -> Array:
        """Shape (S, 3): asserted, attributed, refuted, given that the sentence touches a narrative."""
        chances = np.zeros((len(context), _STANCES), np.float32)
        if self.stance is None:
            chances[:, 0] = 1.0
        else:
            chances[:, self.stance.classes_] = self.stance.predict_proba(context)
        return chances


def evidence_features(sentences: PassageScores, blocks: PassageScores, block: Sequence[int], pooled: Array) -> Array:
    """What speaks for a sentence as evidence.

    New columns go to the end: a model that was trained before they came reads as many as it knows.

    Args:
        sentences: of the S sentences alone.
        blocks: of the B blocks.
        block: for each sentence, the number of its block.
        pooled: shape (L,): logits of the whole text.

    Returns:
        Shape (S, L, features).
    """
    own, around = sentences.carry, blocks.rows(block)
    whole = np.broadcast_to(pooled, own.shape)
    told, told_around = (_column(log_odds(s.stances[:, :2].sum(axis=1)), own) for s in (sentences, around))
    columns = [
        own,
        around.carry,
        whole,
        np.minimum(own, around.carry),
        np.minimum(own, whole),
        own - own.max(axis=0, keepdims=True),
        _best_neighbour(own),
        told,
        told_around,
        _column(log_odds(around.stances[:, 3]), own),
        sentences.touched,
        around.touched,
        np.minimum(around.touched, told),
        own - own.max(axis=1, keepdims=True),
        around.carry - around.carry.max(axis=1, keepdims=True),
        np.broadcast_to(blocks.carry.mean(axis=0), own.shape),
    ]
    return np.stack(columns, axis=2).astype(np.float32)


def _column(values: Array, like: Array) -> Array:
    """Shape (S, L) of values (S,)."""
    return np.broadcast_to(values[:, None], like.shape)


def _best_neighbour(scores: Array) -> Array:
    """Shape (S, L): the higher score of the sentences before and after; the lowest of the text where there is none."""
    edge = scores.min(axis=0, keepdims=True)
    result: Array = np.maximum(np.vstack([edge, scores[:-1]]), np.vstack([scores[1:], edge]))
    return result


def stance_context(sentences: PassageScores, blocks: PassageScores, block: Sequence[int]) -> Array:
    """Shape (S, 12): log-probabilities of the four stances of each sentence, of its block, and the text's mean.

    Args:
        sentences: of the S sentences alone.
        blocks: of the B blocks.
        block: for each sentence, the number of its block.
    """
    mean = np.broadcast_to(blocks.stances.mean(axis=0), sentences.stances.shape)
    together = np.hstack([sentences.stances, blocks.stances[list(block)], mean])
    return np.asarray(np.log(np.maximum(together, _FLOOR)), np.float32)
