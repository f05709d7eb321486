"""First layer: what each part of the model says of one passage on its own.

A tuned branch of the encoder, a small network over the encoder's layers and linear heads over words each say which
narratives the passage touches and with what stance. Closeness to the codebook's definitions needs no training, and so
also serves a narrative with few cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from leitmotif.classifier.cues import cue_features
from leitmotif.classifier.network import Network, log_softmax
from leitmotif.encoder import DeepVectors

Array = NDArray[np.float32]

_STANCES = 4


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the heads read of n passages: vectors (n, d), layers (n, D), word weights (n, words), cues (n, cues), and
    what the tuned branch says (n, width), of width 0 where there is none."""

    vectors: Array
    layers: Array
    words: sparse.csr_matrix
    cues: Array
    tuned: Array

    def rows(self, index: NDArray[np.int64]) -> Inputs:
        return Inputs(self.vectors[index], self.layers[index], self.words[index], self.cues[index], self.tuned[index])

    @property
    def deep(self) -> Array:
        """What the network reads: shape (n, D + cues)."""
        return np.hstack([self.layers, self.cues])


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """Of n passages: logits by the network (touched, carried: (n, L); stance: (n, 4)), by words (the same less
    carried), closeness to the definitions (n, L), and logits by the tuned branch (as the network's). What the branch
    does not know, or without one, is 0."""

    touched: Array
    carried: Array
    stance: Array
    words: Array
    stance_by_words: Array
    closeness: Array
    tuned_touched: Array
    tuned_carried: Array
    tuned_stance: Array


@dataclass(frozen=True, slots=True)
class Heads:
    """Trained heads. `vectorisers` are fitted TfidfVectorizers, heads over words fitted LogisticRegressions.

    `definitions` has shape (L, d): unit vectors of the codebook's definitions. `columns` has shape (L,): the place of
    each label among the branch's narratives, -1 where it does not know it.
    """

    vectorisers: tuple[Any, ...]
    network: Network
    narrative_by_words: tuple[Any, ...]
    stance_by_words: tuple[Any, ...]
    definitions: Array
    columns: NDArray[np.int64]

    def score(self, inputs: Inputs) -> FirstLayer:
        deep = self.network.score(inputs.deep)
        touched, carried, stance = _tuned(inputs.tuned, self.columns)
        return FirstLayer(
            touched=deep.touched,
            carried=deep.carried,
            stance=deep.stance,
            words=_logits(self.narrative_by_words, inputs.words),
            stance_by_words=_logits(self.stance_by_words, words_with_cues(inputs)),
            closeness=inputs.vectors @ self.definitions.T,
            tuned_touched=touched,
            tuned_carried=carried,
            tuned_stance=stance,
        )


def part_scores(layer: FirstLayer) -> dict[str, Array]:
    """Shape (n, L) each, in (0, 1): how likely the network, the words and the tuned branch find each narrative touched.

    Where the branch does not know a narrative, it is of the network's mind.
    """
    tuned = np.where(layer.tuned_touched == 0, layer.touched, layer.tuned_touched)
    said = {"network": layer.touched, "words": layer.words, "tuned": tuned}
    return {name: np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32) for name, logits in said.items()}


def read_inputs(vectorisers: Sequence[Any], texts: Sequence[str], encoded: DeepVectors) -> Inputs:
    """Inputs of passages that are already encoded."""
    words = sparse.hstack([vectoriser.transform(texts) for vectoriser in vectorisers], format="csr")
    cues = np.stack([cue_features(text) for text in texts])
    return Inputs(encoded.vectors, encoded.layers, words, cues, encoded.tuned)


def words_with_cues(inputs: Inputs) -> sparse.csr_matrix:
    return sparse.hstack([inputs.words, sparse.csr_matrix(inputs.cues)], format="csr")


def columns_of(labels: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """Shape (len(labels),): the place of each label among the branch's, -1 where it is not."""
    return np.array([known.index(label) if label in known else -1 for label in labels], np.int64)


def _tuned(tuned: Array, columns: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """What the branch says of each label: touched (n, L), carried (n, L) and stance (n, 4)."""
    if not tuned.shape[1]:
        empty = np.zeros((len(tuned), len(columns)), np.float32)
        return empty, empty, np.zeros((len(tuned), _STANCES), np.float32)
    count = (tuned.shape[1] - _STANCES) // 2
    known = columns >= 0
    touched = np.where(known, tuned[:, :count][:, columns], 0.0)
    carried = np.where(known, tuned[:, count : 2 * count][:, columns], 0.0)
    return touched.astype(np.float32), carried.astype(np.float32), log_softmax(tuned[:, 2 * count :])


def _logits(heads: Sequence[Any], features: Any) -> Array:
    """Shape (n, len(heads)), from the heads' coefficients in one product."""
    weights = np.stack([head.coef_[0] for head in heads]).astype(np.float32)
    intercepts = np.array([head.intercept_[0] for head in heads], np.float32)
    return np.asarray(features @ weights.T, np.float32) + intercepts
