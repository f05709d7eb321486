"""First layer: what each part of the model says of one passage on its own.

Two linear heads a narrative, one over sentence vectors and one over words, say whether the passage touches it. Two
linear stance heads, over the same and over cues of how it is said, tell asserted, attributed, refuted and neutral apart.
Closeness to the codebook's definition needs no training, and so also serves a narrative with few cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from leitmotif.classifier.cues import cue_features

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the heads read of n passages: vectors (n, d), word counts (n, words) sparse, cues (n, cues)."""

    vectors: Array
    words: sparse.csr_matrix
    cues: Array

    def rows(self, index: NDArray[np.int64]) -> Inputs:
        return Inputs(self.vectors[index], self.words[index], self.cues[index])


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """Logits of n passages: narratives (n, L) by vectors and by words, closeness (n, L), stances (n, 4) by two heads."""

    by_vector: Array
    by_words: Array
    closeness: Array
    stance_by_vector: Array
    stance_by_words: Array


@dataclass(frozen=True, slots=True)
class Heads:
    """Trained heads. `vectorisers` are fitted scikit-learn TfidfVectorizers; heads are fitted LogisticRegressions.

    `definitions` has shape (L, d): unit vectors of the codebook's definitions.
    """

    vectorisers: tuple[Any, ...]
    narrative_by_vector: tuple[Any, ...]
    narrative_by_words: tuple[Any, ...]
    stance_by_vector: tuple[Any, ...]
    stance_by_words: tuple[Any, ...]
    definitions: Array

    def read(self, texts: Sequence[str], vectors: Array) -> Inputs:
        """Inputs of the passages whose vectors are known."""
        words = sparse.hstack([vectoriser.transform(texts) for vectoriser in self.vectorisers], format="csr")
        return Inputs(vectors, words, cues_of(texts))

    def score(self, inputs: Inputs) -> FirstLayer:
        return FirstLayer(
            by_vector=_logits(self.narrative_by_vector, inputs.vectors),
            by_words=_logits(self.narrative_by_words, inputs.words),
            closeness=inputs.vectors @ self.definitions.T,
            stance_by_vector=_logits(self.stance_by_vector, with_cues(inputs.vectors, inputs.cues)),
            stance_by_words=_logits(self.stance_by_words, words_with_cues(inputs)),
        )


def cues_of(texts: Sequence[str]) -> Array:
    """Shape (len(texts), len(CUES))."""
    return np.stack([cue_features(text) for text in texts])


def with_cues(vectors: Array, cues: Array) -> Array:
    return np.hstack([vectors, cues])


def words_with_cues(inputs: Inputs) -> sparse.csr_matrix:
    return sparse.hstack([inputs.words, sparse.csr_matrix(inputs.cues)], format="csr")


def _logits(heads: Sequence[Any], features: Any) -> Array:
    """Shape (n, len(heads)), from the heads' coefficients in one product."""
    weights = np.stack([head.coef_[0] for head in heads]).astype(np.float32)
    intercepts = np.array([head.intercept_[0] for head in heads], np.float32)
    return np.asarray(features @ weights.T, np.float32) + intercepts
