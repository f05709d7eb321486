"""Trains the small network over the encoder's layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from leitmotif.classifier.network import Network

Array = NDArray[np.float32]

_STANCES = 4


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Hyper-parameters of the network."""

    members: int = 1
    hidden: int = 256
    epochs: int = 10
    batch: int = 128
    rate: float = 1e-3
    decay: float = 0.02
    input_dropout: float = 0.2
    dropout: float = 0.4


def fit_network(
    inputs: Array,
    touched: NDArray[np.bool_],
    carried: NDArray[np.bool_],
    stances: NDArray[np.int64],
    weights: NDArray[np.float32],
    settings: NetworkSettings,
    seed: int,
) -> Network:
    """An ensemble of networks, the same for the same seed.

    Args:
        inputs: shape (n, D).
        touched, carried: shape (n, L).
        stances: shape (n,): 0 asserted, 1 attributed, 2 refuted, 3 neutral.
        weights: shape (n,): how much each text counts for what is carried and for stance.
    """
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + 1e-3
    standard = torch.from_numpy((inputs - mean) / deviation)
    targets = torch.from_numpy(np.hstack([touched, carried]).astype(np.float32))
    members = [
        _fit_member(standard, targets, torch.from_numpy(stances), torch.from_numpy(weights), settings, seed + number)
        for number in range(settings.members)
    ]
    hidden, output = zip(*members, strict=True)
    return Network(
        mean=mean.astype(np.float32),
        deviation=deviation.astype(np.float32),
        hidden_weights=np.stack([layer.weight.detach().numpy() for layer in hidden]),
        hidden_bias=np.stack([layer.bias.detach().numpy() for layer in hidden]),
        output_weights=np.stack([layer.weight.detach().numpy() for layer in output]),
        output_bias=np.stack([layer.bias.detach().numpy() for layer in output]),
    )


def _fit_member(
    inputs: torch.Tensor,
    targets: torch.Tensor,
    stances: torch.Tensor,
    weights: torch.Tensor,
    settings: NetworkSettings,
    seed: int,
) -> tuple[nn.Linear, nn.Linear]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        hidden = nn.Linear(inputs.shape[1], settings.hidden)
        output = nn.Linear(settings.hidden, targets.shape[1] + _STANCES)
        body = nn.Sequential(
            nn.Dropout(settings.input_dropout), hidden, nn.GELU(), nn.Dropout(settings.dropout), output
        )
        _optimise(body, inputs, targets, stances, weights, settings)
    return hidden, output


def _optimise(
    body: nn.Module,
    inputs: torch.Tensor,
    targets: torch.Tensor,
    stances: torch.Tensor,
    weights: torch.Tensor,
    settings: NetworkSettings,
) -> None:
    """AdamW with a short warm-up and linear decay."""
    optimiser = torch.optim.AdamW(body.parameters(), lr=settings.rate, weight_decay=settings.decay)
    steps = settings.epochs * -(-len(inputs) // settings.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda k: min(1.0, (k + 1) / 100) * (1 - k / (steps + 1)))
    width = targets.shape[1]
    for _ in range(settings.epochs):
        for rows in torch.split(torch.randperm(len(inputs)), settings.batch):
            outputs = body(inputs[rows])
            narratives = nn.functional.binary_cross_entropy_with_logits(
                outputs[:, :width], targets[rows], reduction="none"
            )
            stance = nn.functional.cross_entropy(outputs[:, width:], stances[rows], reduction="none")
            touched, carried = narratives[:, : width // 2].sum(dim=1), narratives[:, width // 2 :].sum(dim=1)
            loss = (touched + weights[rows] * (carried + stance)).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
