"""Fits the layers of the model: heads on examples, fusion and pooling on scores of held-out folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from leitmotif.classifier.fusion import Fusion, pair_features, stance_features, tuned_pair_features
from leitmotif.classifier.heads import FirstLayer, Heads, Inputs, columns_of, words_with_cues
from leitmotif.domain import Codebook
from leitmotif.encoder import Encoder, Vectors
from training.dataset import STANCE_NAMES, Example, carry_matrix, stance_codes, stance_weights, touch_matrix
from training.network import NetworkSettings, fit_network

Array = NDArray[np.float32]

_TOLERANCE = 1e-2
"""Looser than the default 1e-4 to save time; what that costs in quality has not been measured."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """Hyper-parameters, set by hand; what guided them is told in docs/decisions/0003-three-layers-of-classifier.md."""

    folds: int = 3
    seed: int = 7
    words_regularisation: float = 12.0
    stance_regularisation: float = 4.0
    word_features: int = 120_000
    network: NetworkSettings = field(default_factory=NetworkSettings)


def fit_vectorisers(texts: Sequence[str], settings: FitSettings) -> tuple[TfidfVectorizer, ...]:
    """Word 1-2-grams, and 1-2-grams of words cut to five letters, a cheap stem that serves most languages."""
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=settings.word_features, dtype=np.float32
    )
    stems = TfidfVectorizer(
        token_pattern=r"(?u)\b(\w{2,5})\w*", ngram_range=(1, 2), min_df=2, sublinear_tf=True,
        max_features=settings.word_features, dtype=np.float32,
    )  # fmt: skip
    return words.fit(texts), stems.fit(texts)


def define(codebook: Codebook, encoder: Encoder) -> Vectors:
    """Shape (L, dimension): vectors of the codebook's definitions."""
    return encoder.encode_passages([f"{n.name}. {n.definition} {n.include}" for n in codebook.narratives])


def fit_heads(
    examples: Sequence[Example],
    inputs: Inputs,
    vectorisers: tuple[TfidfVectorizer, ...],
    definitions: Vectors,
    labels: Sequence[str],
    branch_labels: Sequence[str],
    settings: FitSettings,
) -> Heads:
    """The first layer, on examples whose inputs are known. `branch_labels` is empty where there is no branch."""
    touched, stances = touch_matrix(examples, labels), stance_codes(examples)
    kinds = [stances == code for code in range(len(STANCE_NAMES))]
    network = fit_network(
        inputs.deep, touched, carry_matrix(examples, labels), stances, stance_weights(examples), settings.network,
        settings.seed,
    )  # fmt: skip
    return Heads(
        vectorisers=vectorisers,
        network=network,
        narrative_by_words=_binary_heads(inputs.words, touched.T, settings.words_regularisation),
        stance_by_words=_binary_heads(
            words_with_cues(inputs), kinds, settings.stance_regularisation, stance_weights(examples)
        ),
        definitions=definitions,
        columns=columns_of(labels, branch_labels),
    )


def fit_fusion(
    examples: Sequence[Example],
    layer: FirstLayer,
    labels: Sequence[str],
    known: NDArray[np.bool_],
    unseen: NDArray[np.bool_],
) -> Fusion:
    """The second layer, on first-layer scores of examples that their heads had not seen.

    Args:
        known: shape (L,): which narratives the tuned branch knows.
        unseen: shape (n,): which examples the branch has not learned from; only these can weigh it.
    """
    tuned = bool(known.any())
    carried, codes = carry_matrix(examples, labels), stance_codes(examples)
    rows = unseen if tuned else np.ones(len(examples), bool)
    stance = LogisticRegression(C=1.0, max_iter=1000)
    stance.fit(stance_features(layer, tuned)[rows], codes[rows], stance_weights(examples)[rows])
    stances = Fusion(None, None, stance, known).stances(layer)
    features = pair_features(layer, stances)[rows]
    weights = stance_weights(examples)[rows]
    carry = _shared_regression(features, carried[rows], weights)
    if not tuned:
        return Fusion(carry, None, stance, known)
    features = tuned_pair_features(layer, stances)[rows][:, known]
    return Fusion(carry, _shared_regression(features, carried[rows][:, known], weights), stance, known)


def _shared_regression(features: Array, truth: NDArray[np.bool_], weights: NDArray[np.float32]) -> LogisticRegression:
    """One regression for all narratives, over features (n, L, width)."""
    repeated = np.repeat(weights, truth.shape[1])
    regression = LogisticRegression(C=1.0, max_iter=1000)
    return regression.fit(features.reshape(-1, features.shape[2]), truth.reshape(-1), repeated)


def join_layers(parts: Sequence[tuple[NDArray[np.int64], FirstLayer]], count: int) -> FirstLayer:
    """One first layer for `count` rows from parts that each hold some of them."""
    joined = {}
    for name in FirstLayer.__dataclass_fields__:
        columns = getattr(parts[0][1], name).shape[1]
        array = np.zeros((count, columns), np.float32)
        for rows, layer in parts:
            array[rows] = getattr(layer, name)
        joined[name] = array
    return FirstLayer(**joined)


def _binary_heads(
    features: sparse.csr_matrix,
    targets: Sequence[NDArray[np.bool_]] | NDArray[np.bool_],
    strength: float,
    weights: NDArray[np.float32] | None = None,
) -> tuple[LogisticRegression, ...]:
    # liblinear shuffles: without a seed two trainings on the same data would differ.
    heads = [
        LogisticRegression(C=strength, solver="liblinear", tol=_TOLERANCE, max_iter=500, random_state=0)
        for _ in targets
    ]
    return tuple(head.fit(features, target, weights) for head, target in zip(heads, targets, strict=True))
