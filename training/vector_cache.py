"""Vectors kept between runs by content hash and encoder, so that only new text is encoded."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from leitmotif.encoder import Encoder, Vectors

Progress = Callable[[float], None]


class VectorCache:
    """An `Encoder` that remembers passages, in one file for each encoder in `folder`.

    A damaged or missing file costs time, never correctness.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._path = folder / f"{encoder.name.replace('/', '_')}.npz"
        self._encoder = encoder
        self._known = _read(self._path, encoder.dimension)

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of queries, never kept."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension), float32; new ones are encoded and kept."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            found = self._encoder.encode_passages(list(new.values()), progress)
            # Kept in half precision: read back the same way, so that a second run sees the same numbers.
            self._known.update(zip(new, found.astype(np.float16), strict=True))
            _write(self._path, self._known)
        if not keys:
            return np.zeros((0, self._encoder.dimension), np.float32)
        return np.stack([self._known[key] for key in keys]).astype(np.float32)


def _read(path: Path, dimension: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float16]]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            keys, vectors = file["keys"].tolist(), file["vectors"]
            return dict(zip(keys, vectors, strict=True)) if vectors.shape[1:] == (dimension,) else {}
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return {}


def _write(path: Path, known: dict[str, np.ndarray[tuple[int], np.dtype[np.float16]]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".cache-")
    with os.fdopen(handle, "wb") as file:
        np.savez(file, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
    Path(temporary).replace(path)
