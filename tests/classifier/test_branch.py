"""A tuned branch: read along beside the encoder, kept in a file, loaded only where it belongs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from leitmotif.classifier.branch import Branch, BranchInfo, BranchNet, load_branch, save_branch
from leitmotif.encoder import SentenceEncoder
from leitmotif.errors import ModelCorrupt
from training.dataset import NEUTRAL, Example
from training.holdout import is_held_out
from training.tuning import TuningSettings, is_tuned_on, tune

_TEXTS = ["the war", "sanctions against the west and the east", "a long story of the people of the city"]
_LABELS = ("first", "second")


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> SentenceEncoder:
    return SentenceEncoder(tiny_encoder_folder, "tiny")


def saved(encoder: SentenceEncoder, path: Path, name: str | None = None) -> Path:
    torch.manual_seed(1)
    net = BranchNet(encoder, 1, len(_LABELS))
    save_branch(path, net, BranchInfo(name or encoder.name, 1, _LABELS, frozenset({"a"}), {"epochs": 1.0}))
    return path


def loaded(path: Path, encoder: SentenceEncoder) -> Branch:
    branch = load_branch(path, encoder)
    assert branch is not None
    return branch


def test_a_branch_leaves_the_vectors_alone(encoder: SentenceEncoder, tmp_path: Path) -> None:
    branch = loaded(saved(encoder, tmp_path / "b.safetensors"), encoder)
    plain, both = encoder.encode_deep(_TEXTS), encoder.with_branch(branch).encode_deep(_TEXTS)
    assert np.array_equal(plain.vectors, both.vectors)
    assert np.array_equal(plain.layers, both.layers)
    assert plain.tuned.shape == (3, 0)
    assert both.tuned.shape == (3, 2 * len(_LABELS) + 4)


def test_a_text_scores_the_same_alone_and_among_others(encoder: SentenceEncoder, tmp_path: Path) -> None:
    branched = encoder.with_branch(loaded(saved(encoder, tmp_path / "b.safetensors"), encoder))
    together = branched.encode_deep(_TEXTS).tuned
    alone = np.concatenate([branched.encode_deep([text]).tuned for text in _TEXTS])
    assert together == pytest.approx(alone, abs=1e-4)


def test_what_is_saved_is_what_is_loaded(encoder: SentenceEncoder, tmp_path: Path) -> None:
    branch = loaded(saved(encoder, tmp_path / "b.safetensors"), encoder)
    assert branch.info.labels == _LABELS
    assert branch.info.groups == {"a"}
    again = loaded(saved(encoder, tmp_path / "c.safetensors"), encoder)
    assert branch.name == again.name


def test_a_branch_of_another_encoder_is_left_alone(encoder: SentenceEncoder, tmp_path: Path) -> None:
    assert load_branch(saved(encoder, tmp_path / "b.safetensors", "other@1"), encoder) is None
    assert load_branch(tmp_path / "missing.safetensors", encoder) is None


def test_a_damaged_file_is_named(encoder: SentenceEncoder, tmp_path: Path) -> None:
    path = saved(encoder, tmp_path / "b.safetensors")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ModelCorrupt, match=r"b\.safetensors"):
        load_branch(path, encoder)


def examples() -> list[Example]:
    made = []
    for i in range(120):
        kind = i % 3
        text = ("west sanctions war", "city people story", "the of and")[kind] + f" {i}"
        narratives = ((_LABELS[0],), (_LABELS[1],), ())[kind]
        made.append(Example(text, narratives, NEUTRAL if kind == 2 else "asserted", f"g{i}", "case", "claim"))
    return made


def test_tuning_learns_and_is_the_same_for_the_same_seed(encoder: SentenceEncoder, tmp_path: Path) -> None:
    settings = TuningSettings(layer=1, epochs=12, batch=16, rate=1e-3, rate_of_output=2e-2)
    net, info = tune(encoder, examples(), _LABELS, settings, lambda _: None)
    twin, _ = tune(encoder, examples(), _LABELS, settings, lambda _: None)
    for one, other in zip(net.parameters(), twin.parameters(), strict=True):
        assert torch.equal(one, other)
    save_branch(tmp_path / "b.safetensors", net, info)
    branched = encoder.with_branch(loaded(tmp_path / "b.safetensors", encoder))
    unseen = [example for example in examples() if example.group not in info.groups]
    tuned = branched.encode_deep([example.text for example in unseen]).tuned
    right = [(tuned[i, 0] > 0) == ("first" in example.narratives) for i, example in enumerate(unseen)]
    assert np.mean(right) > 0.9


def test_tuning_keeps_off_the_hold_out_and_the_calibration_part(encoder: SentenceEncoder) -> None:
    settings = TuningSettings(layer=1, epochs=1)
    _, info = tune(encoder, examples(), _LABELS, settings, lambda _: None)
    groups = {example.group for example in examples()}
    assert info.groups == {group for group in groups if is_tuned_on(group)}
    assert not any(is_held_out(group) for group in info.groups)
    assert 0.6 < len(info.groups) / len(groups) < 0.9
