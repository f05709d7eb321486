"""How unlike the labelled texts a text is, and a choice of texts that are unlike each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Vectors = NDArray[np.float32]

_BLOCK = 1024


def nearest(vectors: Vectors, others: Vectors) -> Array:
    """Shape (n,), in [-1, 1]: cosine of each of (n, d) unit vectors to the nearest of (m, d) others; -1 without any."""
    found = np.full(len(vectors), -1.0)
    if len(others):
        for start in range(0, len(vectors), _BLOCK):
            found[start : start + _BLOCK] = (vectors[start : start + _BLOCK] @ others.T).max(axis=1)
    return found


def spread(
    vectors: Vectors, value: Array, near: Array, limit: int, weight: float, twin: float, *, free: NDArray[np.bool_]
) -> list[int]:
    """Places of up to `limit` texts, chosen one by one: those of high value that are unlike all chosen before.

    With `weight` 1 the greedy k-center choice (Sener and Savarese 2018), in between it is maximal marginal relevance
    (Carbonell and Goldstein 1998), with 0 the order of the values. A near-duplicate of a chosen text is never chosen.

    Args:
        vectors: shape (n, d), unit vectors.
        value: shape (n,), in [0, 1].
        near: shape (n,), cosine to the nearest labelled text.
        weight: of unlikeness against value, in [0, 1].
        twin: cosine from which two texts are near-duplicates.
        free: shape (n,), which texts may be chosen.
    """
    near, free, chosen = near.copy(), free.copy(), list[int]()
    while len(chosen) < limit and free.any():
        score = (1 - weight) * value + weight * (1 - near) / 2
        place = int(np.argmax(np.where(free, score, -np.inf)))
        chosen.append(place)
        likeness = vectors @ vectors[place]
        near = np.maximum(near, likeness)
        free &= likeness < twin
        free[place] = False
    return chosen
