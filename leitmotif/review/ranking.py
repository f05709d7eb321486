"""Puts the reasons to label a text together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from leitmotif.review.disagreement import disagreement
from leitmotif.review.novelty import nearest, spread
from leitmotif.review.rarity import rarity
from leitmotif.review.uncertainty import centred, entropy

Array = NDArray[np.float64]

TWIN = 0.95
"""Cosine from which two texts are near-duplicates. Lower, and a claim would hide its own refutation."""


class Strategy(StrEnum):
    """How to choose. `random` is for a fair sample to measure on."""

    BLEND = "blend"
    UNCERTAINTY = "uncertainty"
    DIVERSITY = "diversity"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each reason counts, and unlikeness to labelled and chosen texts against all of them.

    The defaults are those that won in the benchmark: rarity, disagreement and more novelty only took from it there.
    """

    uncertainty: float = 1.0
    disagreement: float = 0.0
    novelty: float = 0.0
    rarity: float = 0.0
    unlikeness: float = 0.3


@dataclass(frozen=True, slots=True)
class Candidates:
    """Texts that might be labelled.

    Attributes:
        probabilities: shape (n, L), in [0, 1].
        thresholds: shape (L,) or (n, L), in (0, 1).
        vectors: shape (n, d), unit vectors.
        parts: shape (P, n, L): probabilities by parts of the model, where it tells them.
        known: shape (n,): cosine to the nearest labelled text that is not among the `taken` vectors, where known.
    """

    probabilities: Array
    thresholds: Array
    vectors: NDArray[np.float32]
    parts: Array | None = None
    known: Array | None = None

    def __len__(self) -> int:
        return len(self.probabilities)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A chosen text: its place among the candidates, the blend, and each reason's rank, all in [0, 1]."""

    place: int
    value: float
    reasons: Mapping[str, float]


def rank(
    candidates: Candidates,
    taken: NDArray[np.float32],
    counts: NDArray[np.int64],
    limit: int,
    *,
    strategy: Strategy = Strategy.BLEND,
    weights: Weights | None = None,
    seed: int | None = None,
) -> list[Ranked]:
    """What to label next, best first.

    Args:
        candidates: n texts.
        taken: shape (m, d): vectors of texts that are labelled or handed out; their near-duplicates are left out.
        counts: shape (L,): labelled texts of each narrative.
        limit: most texts to choose.
        seed: of the random choice.
    """
    if not len(candidates):
        return []
    weights = weights or Weights()
    near = nearest(candidates.vectors, taken)
    known = near if candidates.known is None else np.maximum(near, candidates.known)
    found = reasons(candidates, known, counts)
    value = _value(found, weights)
    if strategy is Strategy.RANDOM:
        value = np.random.default_rng(seed).random(len(candidates))
    elif strategy is Strategy.UNCERTAINTY:
        value = found["uncertainty"]
    unlike = {Strategy.BLEND: weights.unlikeness, Strategy.DIVERSITY: 1.0}.get(strategy, 0.0)
    places = spread(candidates.vectors, value, known, limit, unlike, TWIN, free=near < TWIN)
    return [Ranked(p, float(value[p]), {name: float(rank_[p]) for name, rank_ in found.items()}) for p in places]


def reasons(candidates: Candidates, known: Array, counts: NDArray[np.int64]) -> dict[str, Array]:
    """By name, shape (n,): each text's rank among the candidates by each reason, in (0, 1]. Ranks need no scale."""
    likely = centred(candidates.probabilities, candidates.thresholds)
    raw = {
        "uncertainty": entropy(candidates.probabilities, candidates.thresholds),
        "novelty": 1 - known,
        "rarity": rarity(likely, counts),
    }
    if candidates.parts is not None:
        raw["disagreement"] = disagreement(candidates.parts)
    return {name: np.asarray(rankdata(values)) / len(candidates) for name, values in raw.items()}


def _value(found: Mapping[str, Array], weights: Weights) -> Array:
    """The blend, in [0, 1]; reasons that are not known leave their weight to the others."""
    used = {name: getattr(weights, name) for name in found}
    total = sum(used.values()) or 1.0
    return np.asarray(sum(used[name] / total * ranks for name, ranks in found.items()))
