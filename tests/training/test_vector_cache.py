"""The cache of vectors: never a wrong number, whatever became of its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from leitmotif.encoder import DeepVectors, Progress, SentenceEncoder
from training.vector_cache import VectorCache

_TEXTS = ["the west lies", "bees spy", "the moon is a base"]


class CountingEncoder(SentenceEncoder):
    """The tiny encoder, with word of what it was asked to encode."""

    def __init__(self, folder: Path, label: str = "tiny") -> None:
        super().__init__(folder, label)
        self.asked: list[str] = []

    def encode_deep(self, texts: Sequence[str], progress: Progress | None = None) -> DeepVectors:
        self.asked += texts
        return super().encode_deep(texts, progress)


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> CountingEncoder:
    return CountingEncoder(tiny_encoder_folder)


def test_a_text_is_encoded_once(encoder: CountingEncoder, tmp_path: Path) -> None:
    first = VectorCache(tmp_path, encoder).encode_passages([*_TEXTS, _TEXTS[0]])
    assert encoder.asked == _TEXTS
    again = VectorCache(tmp_path, encoder)
    assert np.array_equal(again.encode_passages([_TEXTS[2], "new here", _TEXTS[0]])[[0, 2]], first[[2, 0]])
    assert encoder.asked == [*_TEXTS, "new here"]
    assert first.dtype == np.float32
    assert first[3] == pytest.approx(first[0])
    assert first == pytest.approx(encoder.encode_passages([*_TEXTS, _TEXTS[0]]), abs=1e-3)


def test_a_second_run_sees_the_numbers_of_the_first(encoder: CountingEncoder, tmp_path: Path) -> None:
    first = VectorCache(tmp_path, encoder).encode_passages(_TEXTS)
    assert np.array_equal(VectorCache(tmp_path, encoder).encode_passages(_TEXTS), first)


def test_it_is_an_encoder(encoder: CountingEncoder, tmp_path: Path) -> None:
    cache = VectorCache(tmp_path, encoder)
    assert (cache.name, cache.dimension) == (encoder.name, encoder.dimension)
    assert np.array_equal(cache.encode_queries(_TEXTS), encoder.encode_queries(_TEXTS))
    assert list(tmp_path.iterdir()) == []
    assert cache.encode_passages([]).shape == (0, encoder.dimension)


def test_layers_come_back_with_the_vectors(encoder: CountingEncoder, tmp_path: Path) -> None:
    first = VectorCache(tmp_path, encoder).encode_deep(_TEXTS)
    again = VectorCache(tmp_path, encoder).encode_deep(_TEXTS)
    fresh = encoder.encode_deep(_TEXTS)
    assert np.array_equal(first.layers, again.layers)
    assert first.layers == pytest.approx(fresh.layers, abs=1e-2)
    assert first.layers.shape[1] > encoder.dimension


def test_encoders_do_not_mix(encoder: CountingEncoder, tiny_encoder_folder: Path, tmp_path: Path) -> None:
    VectorCache(tmp_path, encoder).encode_passages(_TEXTS)
    other = CountingEncoder(tiny_encoder_folder, "models/other")
    VectorCache(tmp_path, other).encode_passages(_TEXTS)
    assert other.asked == _TEXTS
    assert len(list(tmp_path.glob("*.npz"))) == 2


@pytest.mark.parametrize(
    "damage",
    ["empty", "garbage", "no zip", "one array", "no keys", "fewer vectors", "other dimension", "objects", "a folder"]
    + [f"cut to {share:.0%}" for share in (0.1, 0.5, 0.9, 0.99)]
    + [f"flipped at {share:.0%}" for share in (0.0, 0.2, 0.5, 0.8, 0.99)],
)
def test_a_damaged_file_costs_time_alone(encoder: CountingEncoder, tmp_path: Path, damage: str) -> None:
    expected = VectorCache(tmp_path, encoder).encode_passages(_TEXTS)
    (path,) = tmp_path.glob("*.npz")
    body = path.read_bytes()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "garbage":
        path.write_bytes(b"PK\x03\x04" + b"\xff" * 500)
    elif damage == "no zip":
        path.write_bytes(b"nothing of the kind")
    elif damage == "one array":
        with path.open("wb") as file:
            np.save(file, expected)
    elif damage == "no keys":
        np.savez(path, deep=expected)
    elif damage == "fewer vectors":
        with np.load(path) as file:
            keys, deep = file["keys"], file["deep"]
        np.savez(path, keys=keys, deep=deep[:-1])
    elif damage == "other dimension":
        with np.load(path) as file:
            keys = file["keys"]
        np.savez(path, keys=keys, deep=np.zeros((len(keys), 3), np.float16))
    elif damage == "objects":
        np.savez(path, keys=np.array([object()]), deep=expected[:1])
    elif damage == "a folder":
        path.unlink()
        path.mkdir()
        (path / "file").touch()
        with pytest.raises(OSError):
            VectorCache(tmp_path, encoder).encode_passages(_TEXTS)
        return
    else:
        place = int(float(damage.split()[-1].rstrip("%")) / 100 * len(body))
        flipped = body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :]
        path.write_bytes(body[:place] if damage.startswith("cut") else flipped)
    assert np.array_equal(VectorCache(tmp_path, encoder).encode_passages(_TEXTS), expected)
    assert np.array_equal(VectorCache(tmp_path, encoder).encode_passages(_TEXTS), expected)
