"""How much a text promises for narratives that have few labelled texts yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rarity(likely: Array, counts: NDArray[np.int64]) -> Array:
    """Shape (n,), in [0, 1]: how likely a text carries a narrative, times how rare that narrative is; the best of all.

    A narrative's weight falls with the root of its count, as in class-balanced sampling (Mikolov et al. 2013 for words;
    Mahajan et al. 2018 for labels).

    Args:
        likely: shape (n, L), in [0, 1].
        counts: shape (L,), labelled texts of each narrative.
    """
    weights = 1 / np.sqrt(1.0 + counts)
    return np.asarray((likely * (weights / weights.max())).max(axis=1))
