"""How far the parts of a model are of different minds about a text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_TINY = 1e-9


def disagreement(parts: Array) -> Array:
    """Shape (n,), in [0, 1] bits: the Jensen-Shannon divergence of the parts on the narrative they agree least on.

    Query by committee (Seung, Opper and Sompolinsky 1992) with the divergence of McCallum and Nigam (1998).

    Args:
        parts: shape (P, n, L), probabilities by P parts of a model.
    """
    mean = parts.mean(axis=0)
    divergence = _entropy(mean) - _entropy(parts).mean(axis=0)
    return np.asarray(np.clip(divergence, 0.0, 1.0).max(axis=1))


def _entropy(probabilities: Array) -> Array:
    p = np.clip(probabilities, _TINY, 1 - _TINY)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))
