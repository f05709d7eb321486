"""First layer: what each part of the model says of one passage on its own.

A small network over the encoder's layers and linear heads over words each say which narratives the passage touches
and with what stance. Closeness to the codebook's definitions needs no training, and so also serves a narrative with
few cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from leitmotif.classifier.cues import cue_features
from leitmotif.classifier.network import Network
from leitmotif.encoder import DeepVectors

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the heads read of n passages: vectors (n, d), layers (n, D), word weights (n, words), cues (n, cues)."""

    vectors: Array
    layers: Array
    words: sparse.csr_matrix
    cues: Array

    def rows(self, index: NDArray[np.int64]) -> Inputs:
        return Inputs(self.vectors[index], self.layers[index], self.words[index], self.cues[index])

    @property
    def deep(self) -> Array:
        """What the network reads: shape (n, D + cues)."""
        return np.hstack([self.layers, self.cues])


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """Of n passages: logits by the network (touched, carried: (n, L); stance: (n, 4)), by words (the same less
    carried), and closeness to the definitions (n, L)."""

    touched: Array
    carried: Array
    stance: Array
    words: Array
    stance_by_words: Array
    closeness: Array


@dataclass(frozen=True, slots=True)
class Heads:
    """Trained heads. `vectorisers` are fitted TfidfVectorizers, heads over words fitted LogisticRegressions.

    `definitions` has shape (L, d): unit vectors of the codebook's definitions.
    """

    vectorisers: tuple[Any, ...]
    network: Network
    narrative_by_words: tuple[Any, ...]
    stance_by_words: tuple[Any, ...]
    definitions: Array

    def score(self, inputs: Inputs) -> FirstLayer:
        deep = self.network.score(inputs.deep)
        return FirstLayer(
            touched=deep.touched,
            carried=deep.carried,
            stance=deep.stance,
            words=_logits(self.narrative_by_words, inputs.words),
            stance_by_words=_logits(self.stance_by_words, words_with_cues(inputs)),
            closeness=inputs.vectors @ self.definitions.T,
        )


def read_inputs(vectorisers: Sequence[Any], texts: Sequence[str], encoded: DeepVectors) -> Inputs:
    """Inputs of passages that are already encoded."""
    words = sparse.hstack([vectoriser.transform(texts) for vectoriser in vectorisers], format="csr")
    cues = np.stack([cue_features(text) for text in texts])
    return Inputs(encoded.vectors, encoded.layers, words, cues)


def words_with_cues(inputs: Inputs) -> sparse.csr_matrix:
    return sparse.hstack([inputs.words, sparse.csr_matrix(inputs.cues)], format="csr")


def _logits(heads: Sequence[Any], features: Any) -> Array:
    """Shape (n, len(heads)), from the heads' coefficients in one product."""
    weights = np.stack([head.coef_[0] for head in heads]).astype(np.float32)
    intercepts = np.array([head.intercept_[0] for head in heads], np.float32)
    return np.asarray(features @ weights.T, np.float32) + intercepts
