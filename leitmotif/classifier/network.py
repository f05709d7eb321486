"""A small network over the encoder's layers: which narratives a passage touches and carries, and with what stance.

One hidden layer shared by all of it. What tells an assertion from a report or a refutation is the same for every
narrative, so each narrative's examples teach the stance of all the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """Logits of n passages: touched (n, L), carried (n, L), log-probabilities of stances (n, 4)."""

    touched: Array
    carried: Array
    stance: Array


@dataclass(frozen=True, slots=True)
class Network:
    """Weights of an ensemble of M networks; inputs of width D are first standardised.

    Attributes:
        mean, deviation: shape (D,).
        hidden_weights: shape (M, H, D). hidden_bias: (M, H).
        output_weights: shape (M, 2L + 4, H). output_bias: (M, 2L + 4).
    """

    mean: Array
    deviation: Array
    hidden_weights: Array
    hidden_bias: Array
    output_weights: Array
    output_bias: Array

    def score(self, layers: Array) -> NetworkOutput:
        """Logits of passages whose encoder layers have shape (n, D); the ensemble's mean."""
        inputs = (layers - self.mean) / self.deviation
        outputs = np.zeros((len(layers), self.output_weights.shape[1]), np.float32)
        members = zip(self.hidden_weights, self.hidden_bias, self.output_weights, self.output_bias, strict=True)
        for hidden_weights, hidden_bias, output_weights, output_bias in members:
            hidden = _gelu(inputs @ hidden_weights.T + hidden_bias)
            outputs += hidden @ output_weights.T + output_bias
        outputs /= len(self.hidden_weights)
        labels = (outputs.shape[1] - 4) // 2
        stance = log_softmax(outputs[:, 2 * labels :])
        return NetworkOutput(outputs[:, :labels], outputs[:, labels : 2 * labels], stance)


def log_softmax(logits: Array) -> Array:
    """Log-probabilities along the last axis."""
    shifted = logits - logits.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)), np.float32)


def _gelu(x: Array) -> Array:
    """Hendrycks and Gimpel, 2016."""
    result: Array = (x * 0.5 * (1.0 + erf(x / np.float32(np.sqrt(2.0))))).astype(np.float32)
    return result
