"""The matcher's learned numbers, as plain JSON."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict


class MatchWeights(BaseModel):
    """A logistic regression over `FEATURES` (in their order) and two thresholds on its probability."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    coefficients: tuple[float, ...]
    intercept: float
    match_threshold: float
    possible_threshold: float


def probabilities(weights: MatchWeights, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape (n,): probability of each row of features that the case answers the claim."""
    logits = features @ np.array(weights.coefficients, np.float32) + weights.intercept
    result: NDArray[np.float32] = 1.0 / (1.0 + np.exp(-logits))
    return result
