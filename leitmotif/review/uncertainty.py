"""How unsure a model is of a text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY = 1e-9


def centred(probabilities: Array, thresholds: Array) -> Array:
    """Probabilities stretched so that each threshold comes to lie at 0.5.

    Args:
        probabilities: shape (n, L), in [0, 1].
        thresholds: shape (L,) or (n, L), in (0, 1).

    Returns:
        Shape (n, L), in [0, 1].
    """
    below = 0.5 * probabilities / np.maximum(thresholds, _TINY)
    above = 0.5 + 0.5 * (probabilities - thresholds) / np.maximum(1 - thresholds, _TINY)
    return np.clip(np.where(probabilities < thresholds, below, above), 0.0, 1.0)


def entropy(probabilities: Array, thresholds: Array) -> Array:
    """Shape (n,), in [0, L] bits: the binary entropies of all narratives, summed; a threshold counts as a toss-up.

    Uncertainty sampling (Lewis and Gale 1994), by entropy for several labels (Settles 2009, section 3.1).
    """
    p = np.clip(centred(probabilities, thresholds), _TINY, 1 - _TINY)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1))
