"""Second layer: one small regression, shared by all narratives, that fuses what the heads say of a passage.

Because it is shared, it learns from every narrative how far each head can be trusted, and serves a narrative with few
cases as well as one with many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leitmotif.classifier.heads import FirstLayer

Array = NDArray[np.float32]

STANCE_CLASSES = 4
"""asserted, attributed, refuted, neutral."""

_CLIP = 12.0


@dataclass(frozen=True, slots=True)
class PassageScores:
    """Of n passages, each read on its own.

    Attributes:
        carry: shape (n, L): log-odds that the passage carries the narrative.
        touched: shape (n, L): logits that it touches it, whatever its stance, by the network and the tuned branch.
        stances: shape (n, 4): probabilities of asserted, attributed, refuted, neutral.
    """

    carry: Array
    touched: Array
    stances: Array

    def rows(self, index: Sequence[int] | NDArray[np.int64]) -> PassageScores:
        """Those at some places, in their order."""
        places = np.asarray(index)
        return PassageScores(self.carry[places], self.touched[places], self.stances[places])


@dataclass(frozen=True, slots=True)
class Fusion:
    """Fitted LogisticRegressions over pair features and stance logits.

    Attributes:
        carry: for narratives that the tuned branch does not know.
        carry_tuned: for those that it knows; None without a branch.
        stance: 4 classes.
        known: shape (L,), bool: which narratives the branch knows.
    """

    carry: Any
    carry_tuned: Any
    stance: Any
    known: NDArray[np.bool_]

    def read(self, layer: FirstLayer) -> PassageScores:
        """What the heads' scores of some passages come to."""
        stances = self.stances(layer)
        touched = np.where(self.known, (layer.touched + layer.tuned_touched) / 2, layer.touched)
        return PassageScores(self.carry_logits(layer, stances), touched.astype(np.float32), stances)

    def stances(self, layer: FirstLayer) -> Array:
        """Shape (n, 4): probabilities of asserted, attributed, refuted, neutral."""
        return np.asarray(self.stance.predict_proba(stance_features(layer, bool(self.known.any()))), np.float32)

    def carry_logits(self, layer: FirstLayer, stances: Array) -> Array:
        """Shape (n, L): log-odds that the passage carries the narrative."""
        logits = dot(self.carry, pair_features(layer, stances))
        if self.carry_tuned is not None:
            tuned = dot(self.carry_tuned, tuned_pair_features(layer, stances))
            logits = np.where(self.known, tuned, logits)
        return np.asarray(np.clip(logits, -_CLIP, _CLIP), np.float32)


def stance_features(layer: FirstLayer, tuned: bool) -> Array:
    """Shape (n, 8), or (n, 12) with the branch's."""
    parts = [layer.stance, layer.stance_by_words, *([layer.tuned_stance] if tuned else [])]
    return np.hstack(parts)


def pair_features(layer: FirstLayer, stances: Array) -> Array:
    """Shape (n, L, features) of every passage with every narrative, without the branch."""
    touched, words = layer.touched, layer.words
    told = _told(stances)
    columns = [
        layer.carried,
        words,
        layer.closeness * 10,
        touched - _best_other(touched),
        np.minimum((touched + words) / 2, told),
    ]
    return np.stack(columns, axis=2).astype(np.float32)


def tuned_pair_features(layer: FirstLayer, stances: Array) -> Array:
    """Shape (n, L, features): `pair_features` and what the branch adds.

    Few on purpose: with more features the fusion learned what is special to the kinds of texts it was fitted on.
    """
    touched = layer.tuned_touched
    columns = [
        layer.tuned_carried,
        touched - _best_other(touched),
        np.minimum((touched + layer.touched + layer.words) / 3, _told(stances)),
        np.minimum(layer.tuned_carried, layer.carried),
    ]
    plain = pair_features(layer, stances)[:, :, :-1]
    return np.concatenate([plain, np.stack(columns, axis=2)], axis=2).astype(np.float32)


def _told(stances: Array) -> Array:
    """Shape (n, 1): log-odds that a passage asserts or relays something."""
    return log_odds(stances[:, :2].sum(axis=1, keepdims=True))


def dot(regression: Any, features: Array) -> Array:
    """Shape (…): logits of a fitted regression over features (…, width)."""
    weights = regression.coef_[0].astype(np.float32)
    return np.asarray(features @ weights + regression.intercept_[0], np.float32)


def _best_other(scores: Array) -> Array:
    """For each narrative the best score among the others; with a single one, zero."""
    if scores.shape[1] < 2:
        return np.zeros_like(scores)
    order = np.sort(scores, axis=1)
    best, second = order[:, -1:], order[:, -2:-1]
    return np.where(scores == best, second, best)


def log_odds(probability: Array) -> Array:
    """Of probabilities that are kept off 0 and 1 by a ten-thousandth."""
    clipped = np.clip(probability, 1e-4, 1 - 1e-4)
    result: Array = np.log(clipped / (1 - clipped))
    return result
