"""A tuned branch of the encoder: copies of its layers, tuned on the corpus until stance moves the result.

The encoder itself stays as it is, so search and stored vectors do not change. The branch starts from the hidden states
of the layer at which it leaves the trunk; at layer 0 it leaves at the embeddings and costs a whole pass more.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from leitmotif.encoder import SentenceEncoder
from leitmotif.errors import ModelCorrupt

STANCES = 4
"""asserted, attributed, refuted, neutral."""

_MASKED = -1e4


class BranchNet(nn.Module):
    """Layers of a BERT-like transformer, then the mean and the maximum over tokens, then one linear layer.

    Gives 2L + 4 logits: which of the L narratives a text touches, which it carries, and its stance.
    """

    def __init__(self, encoder: SentenceEncoder, layer: int, labels: int, dropout: float = 0.0) -> None:
        super().__init__()
        layers: Any = encoder.transformer_layers
        self.layers = nn.ModuleList(copy.deepcopy(module).float() for module in layers[layer:])
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * encoder.dimension, 2 * labels + STANCES)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Args: states (n, T, d) of the layer below; mask (n, T), 1 where there is a token."""
        additive = (1 - mask[:, None, None, :].to(states.dtype)) * _MASKED
        for layer in self.layers:
            found = layer(states, additive)
            states = found[0] if isinstance(found, tuple) else found
        weights = mask[..., None].to(states.dtype)
        mean = (states * weights).sum(1) / weights.sum(1)
        highest = states.masked_fill(weights == 0, _MASKED).max(1).values
        result: torch.Tensor = self.output(self.dropout(torch.cat([mean, highest], dim=1)))
        return result


@dataclass(frozen=True, slots=True)
class BranchInfo:
    """What a branch file says of itself.

    Attributes:
        encoder: name of the encoder that it belongs to.
        layer: how many of the encoder's layers stay below it.
        labels: narratives in the order of its logits.
        groups: what it was tuned on; its scores of these are no measure of anything.
        settings: hyper-parameters, for the record.
    """

    encoder: str
    layer: int
    labels: tuple[str, ...]
    groups: frozenset[str]
    settings: dict[str, float]


class Branch:
    """A tuned branch at work: `encoder.with_branch(branch)` gives its logits beside every vector."""

    def __init__(self, net: BranchNet, info: BranchInfo, path: Path, dtype: torch.dtype) -> None:
        self.name = f"branch-{_fingerprint(net)}"
        self.info = info
        self.path = path
        self._net = net.to(dtype).eval()

    @property
    def layer(self) -> int:
        return self.info.layer

    @property
    def width(self) -> int:
        return 2 * len(self.info.labels) + STANCES

    def __call__(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Shape (n, width), float32: logits of n texts from their states of shape (n, T, d)."""
        result: torch.Tensor = self._net(states, mask).float()
        return result


def save_branch(path: Path, net: BranchNet, info: BranchInfo) -> None:
    """Write a branch in half precision; replaces the file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "encoder": info.encoder,
        "layer": str(info.layer),
        "labels": json.dumps(info.labels),
        "groups": json.dumps(sorted(info.groups)),
        "settings": json.dumps(info.settings, sort_keys=True),
    }
    weights = {name: value.detach().to(torch.float16).contiguous() for name, value in net.state_dict().items()}
    unfinished = path.with_suffix(".part")
    save_file(weights, unfinished, metadata=about)
    unfinished.chmod(0o644)
    unfinished.replace(path)


def load_branch(path: Path, encoder: SentenceEncoder) -> Branch | None:
    """The branch in a file, or None where there is no file or it belongs to another encoder.

    Raises:
        ModelCorrupt: the file cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            info = _info(file.metadata())
            if info.encoder != encoder.name:
                return None
            net = BranchNet(encoder, info.layer, len(info.labels))
            net.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise ModelCorrupt(f"{path} is no branch of {encoder.name} ({error}): delete it or tune again.") from error
    return Branch(net, info, path, encoder.dtype)


def _fingerprint(net: BranchNet) -> str:
    """Of the weights alone: the file's metadata stand in no fixed order."""
    digest = hashlib.sha256()
    for name, value in sorted(net.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.float().numpy().tobytes())
    return digest.hexdigest()[:8]


def _info(about: dict[str, str]) -> BranchInfo:
    labels: Sequence[str] = json.loads(about["labels"])
    return BranchInfo(
        encoder=about["encoder"],
        layer=int(about["layer"]),
        labels=tuple(labels),
        groups=frozenset(json.loads(about["groups"])),
        settings=json.loads(about["settings"]),
    )
