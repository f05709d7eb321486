"""Tunes a branch of the encoder on the corpus: which narratives a text touches and carries, and with what stance.

What lies below the branch stays as it is and is run once; only the branch is trained. A part of the corpus is kept from
the branch, so that there are texts on which its scores can be weighed against the other heads'.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from leitmotif.classifier.branch import BranchInfo, BranchNet, save_branch
from leitmotif.encoder import SentenceEncoder, open_encoder
from leitmotif.ledger import Ledger
from leitmotif.settings import Settings
from leitmotif.store.protocol import Store
from training.collect import collect
from training.dataset import (
    Example,
    build_examples,
    carry_matrix,
    is_covered,
    stance_codes,
    stance_weights,
    touch_matrix,
)
from training.holdout import SHARE, fraction

Progress = Callable[[float], None]

CALIBRATION = 0.17
"""Share of the groups, beside the hold-out, that the branch is not tuned on."""

SOURCES = frozenset({"case", "response", "contrast", "passage", "none"})
"""Sentences of articles are left out, so that all articles can teach how passages pool."""

_POOL = 40
"""Batches are cut from shuffled pools of this many, sorted by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class TuningSettings:
    """Hyper-parameters. The loss is binary cross-entropy over narratives plus cross-entropy over stances."""

    layer: int = 0
    epochs: int = 3
    batch: int = 48
    rate: float = 3e-4
    rate_of_output: float = 1.2e-3
    layer_decay: float = 0.8
    weight_decay: float = 0.02
    dropout: float = 0.1
    warm_up: float = 0.06
    seed: int = 7


def is_tuned_on(group: str) -> bool:
    """Whether the branch learns from a group: the hold-out and the calibration part are kept from it."""
    return fraction(group) >= SHARE + CALIBRATION


def tune_branch(settings: Settings, store: Store, ledger: Ledger, progress: Progress) -> Path:
    """Tune a branch on the files and the labelled cases of the database, and keep it for the trainings to come.

    Raises:
        EncoderUnavailable: the encoder cannot be tuned.
        CodebookInvalid, InvalidRecord, NotEnoughData: as for a training run.
    """
    found = collect(settings.data_dir, store, ledger)
    encoder = open_encoder(settings)
    examples = [e for e in build_examples(found.corpus) if is_covered(e.language, settings.encoder_languages)]
    net, info = tune(encoder, examples, found.corpus.codebook.ids, TuningSettings(), progress)
    path = branch_path(settings.models_dir, encoder.name)
    save_branch(path, net, info)
    return path


def tune(
    encoder: SentenceEncoder,
    examples: Sequence[Example],
    labels: Sequence[str],
    settings: TuningSettings,
    progress: Progress,
) -> tuple[BranchNet, BranchInfo]:
    """A branch tuned on the examples that are neither held out nor kept for calibration."""
    some = [e for e in examples if e.source in SOURCES and is_tuned_on(e.group)]
    states = encoder.states([example.text for example in some], settings.layer)
    progress(0.1)
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        net = BranchNet(encoder, settings.layer, len(labels), settings.dropout)
        nn.init.normal_(net.output.weight, std=0.02)
        nn.init.zeros_(net.output.bias)
        targets = _Targets.of(some, labels)
        _optimise(net.train(), states, targets, settings, lambda done: progress(0.1 + 0.9 * done))
    info = BranchInfo(
        encoder=encoder.name,
        layer=settings.layer,
        labels=tuple(labels),
        groups=frozenset(example.group for example in some),
        settings={name: float(value) for name, value in asdict(settings).items()},
    )
    return net.eval(), info


@dataclass(frozen=True, slots=True)
class _Targets:
    """Touched and carried narratives side by side, shape (n, 2L), stance codes and weights, shape (n,)."""

    narratives: torch.Tensor
    stances: torch.Tensor
    weights: torch.Tensor

    @classmethod
    def of(cls, examples: Sequence[Example], labels: Sequence[str]) -> _Targets:
        both = np.hstack([touch_matrix(examples, labels), carry_matrix(examples, labels)])
        return cls(
            torch.from_numpy(both.astype(np.float32)),
            torch.from_numpy(stance_codes(examples)),
            torch.from_numpy(stance_weights(examples)),
        )

    def loss(self, logits: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
        """What a text touches counts the same for all; what it carries and its stance count by its weight."""
        width = self.narratives.shape[1]
        narratives = nn.functional.binary_cross_entropy_with_logits(
            logits[:, :width], self.narratives[rows], reduction="none"
        )
        stance = nn.functional.cross_entropy(logits[:, width:], self.stances[rows], reduction="none")
        touched, carried = narratives[:, : width // 2].sum(dim=1), narratives[:, width // 2 :].sum(dim=1)
        return (touched + self.weights[rows] * (carried + stance)).mean()


def _optimise(
    net: BranchNet, states: Sequence[torch.Tensor], targets: _Targets, settings: TuningSettings, progress: Progress
) -> None:
    """AdamW, lower layers slower than upper ones, short warm-up and linear decay, in bfloat16 where it pays."""
    optimiser = torch.optim.AdamW(_parameters(net, settings), weight_decay=settings.weight_decay)
    per_epoch = -(-len(states) // settings.batch)
    steps = per_epoch * settings.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda k: min(1.0, (k + 1) / (settings.warm_up * steps)) * max(0.0, 1 - k / steps)
    )
    shuffle, step = random.Random(settings.seed), 0
    for _ in range(settings.epochs):
        for rows in _epoch(states, settings.batch, shuffle):
            with torch.autocast("cpu", torch.bfloat16):
                logits = net(*_padded([states[i] for i in rows]))
            loss = targets.loss(logits.float(), rows)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            step += 1
            progress(min(1.0, step / steps))


def _parameters(net: BranchNet, settings: TuningSettings) -> list[dict[str, object]]:
    groups: list[dict[str, object]] = [{"params": net.output.parameters(), "lr": settings.rate_of_output}]
    for depth, layer in enumerate(reversed(net.layers)):
        groups.append({"params": layer.parameters(), "lr": settings.rate * settings.layer_decay**depth})
    return groups


def _epoch(states: Sequence[torch.Tensor], batch: int, shuffle: random.Random) -> Iterator[list[int]]:
    order = list(range(len(states)))
    shuffle.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), batch * _POOL):
        pool = sorted(order[start : start + batch * _POOL], key=lambda i: len(states[i]))
        batches += [pool[k : k + batch] for k in range(0, len(pool), batch)]
    shuffle.shuffle(batches)
    yield from batches


def _padded(states: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """States (n, T, d) and mask (n, T); T is a multiple of 8, so that fewer shapes have to be compiled."""
    longest = -(-max(len(state) for state in states) // 8) * 8
    padded = torch.zeros(len(states), longest, states[0].shape[1], dtype=states[0].dtype)
    mask = torch.zeros(len(states), longest, dtype=torch.long)
    for i, state in enumerate(states):
        padded[i, : len(state)] = state
        mask[i, : len(state)] = 1
    return padded, mask


def branch_path(models: Path, encoder: str) -> Path:
    """Where the tuned branch of an encoder lies."""
    return models / "branches" / f"{encoder.replace('/', '_')}.safetensors"


def unseen(groups: Sequence[str], tuned_on: frozenset[str]) -> NDArray[np.bool_]:
    """Shape (n,): which groups the branch has not learned from."""
    return np.array([group not in tuned_on for group in groups], bool)
