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


def closeness(probabilities: Array, thresholds: Array) -> Array:
    """Shape (n,), in [0, 1]: how close the most doubtful narrative of each text is to its threshold.

    Uncertainty sampling (Lewis and Gale 1994) for several labels: 1 where some label is a toss-up.
    """
    doubt = 1 - 2 * np.abs(centred(probabilities, thresholds) - 0.5)
    return np.asarray(doubt.max(axis=1))


def entropy(probabilities: Array, thresholds: Array) -> Array:
    """Shape (n,), in [0, L] bits: binary entropies of all narratives, summed (Settles 2009, section 3.1)."""
    p = np.clip(centred(probabilities, thresholds), _TINY, 1 - _TINY)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(axis=1))


def unexplained(probabilities: Array, thresholds: Array) -> Array:
    """Shape (n,), in [0, 1]: likeness to a text that carries exactly one narrative for sure, taken from 1.

    The margin between the best narrative and "none", or between the best two where both are likely (Scheffer et al.
    2001): small margins first.
    """
    p = np.sort(centred(probabilities, thresholds), axis=1)
    best = p[:, -1]
    second = p[:, -2] if p.shape[1] > 1 else np.zeros_like(best)
    return np.asarray(1 - np.where(best < 0.5, 1 - 2 * best, best - np.minimum(second, best)))
