"""Third layer: from the passages of a text to the text, learned on labelled articles and short texts alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.fusion import PassageScores, dot

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pooling:
    """A fitted LogisticRegression over `pool_features`, with Platt scaling for each narrative on top.

    Attributes:
        regression: shared by all narratives.
        scale: shape (L,): slope of each narrative's calibration.
        offset: shape (L,): its intercept.
    """

    regression: Any
    scale: Array
    offset: Array

    def probabilities(self, features: Array) -> Array:
        """Shape (…, L): calibrated probability that the text carries each narrative, from `pool_features`."""
        result: Array = 1 / (1 + np.exp(-(self.logits(features) * self.scale + self.offset)))
        return result

    def logits(self, features: Array) -> Array:
        """Shape (…, L): logits before the narratives' own calibration."""
        return dot(self.regression, features[..., : self.regression.coef_.shape[1]])


def pool_features(sentences: PassageScores, blocks: PassageScores, block: Sequence[int]) -> Array:
    """How strongly, how often and in what company a text's passages carry and touch each narrative.

    New columns go to the end: a model that was trained before they came reads as many as it knows.

    Args:
        sentences: of the S sentences alone.
        blocks: of the B blocks.
        block: for each sentence, the number of its block.

    Returns:
        Shape (L, features).
    """
    carry, own = blocks.carry, sentences.carry
    count, labels = carry.shape
    ordered = np.sort(carry, axis=0)[::-1]
    second = ordered[1] if count > 1 else ordered[0]
    supported = np.minimum(own, carry[list(block)]).max(axis=0)
    length = np.full(labels, np.log(count), np.float32)
    refuting = np.full(labels, blocks.stances[:, 2].mean(), np.float32)
    neutral = np.full(labels, blocks.stances[:, 3].mean(), np.float32)
    own_touched, touched = sentences.touched.max(axis=0), blocks.touched.max(axis=0)
    columns = [
        ordered[0],
        second,
        carry.mean(axis=0),
        own.max(axis=0),
        supported,
        _log_odds_of_any(carry),
        length,
        refuting,
        neutral,
        ordered[0] * length,
        own_touched,
        touched,
        own_touched - own_touched.max(),
        touched - touched.max(),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _log_odds_of_any(logits: Array) -> Array:
    """Log-odds that at least one passage carries it, were they independent."""
    none = -np.logaddexp(0, logits).sum(axis=0)
    result: Array = np.log(-np.expm1(np.minimum(none, -1e-6))) - none
    return np.clip(result, -12, 12)
