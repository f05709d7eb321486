"""Vectors kept between runs by content hash and encoder, so that only new text is encoded."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leitmotif.encoder import DeepVectors, Encoder, Vectors

Progress = Callable[[float], None]
_Known = dict[str, NDArray[np.float16]]


class VectorCache:
    """An `Encoder` that remembers passages, in one file for each encoder in `folder`.

    A damaged or missing file costs time, never correctness.
    """

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._path = folder / f"{encoder.deep_name.replace('/', '_')}.npz"
        self._encoder = encoder
        self._known = _read(self._path, encoder.dimension)

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def deep_name(self) -> str:
        return self._encoder.deep_name

    @property
    def tuned_width(self) -> int:
        return self._encoder.tuned_width

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of queries, never kept."""
        return self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension), float32; new ones are encoded and kept."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return self.encode_deep(texts, progress).vectors

    def encode_deep(self, texts: Sequence[str], progress: Progress | None = None) -> DeepVectors:
        """Vectors and layers of passages; new ones are encoded and kept."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if new:
            found = self._encoder.encode_deep(list(new.values()), progress)
            # Kept in half precision and read back the same way, so that a second run sees the same numbers.
            rows = np.hstack([found.vectors, found.layers, found.tuned]).astype(np.float16)
            self._known.update(zip(new, rows, strict=True))
            _write(self._path, self._known)
        kept = np.stack([self._known[key] for key in keys]).astype(np.float32)
        tuned = kept.shape[1] - self.tuned_width
        return DeepVectors(kept[:, : self.dimension], kept[:, self.dimension : tuned], kept[:, tuned:])


def _read(path: Path, dimension: int) -> _Known:
    try:
        # np.load leaves a file open that is no archive.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            keys, rows = file["keys"].tolist(), file["deep"]
            return dict(zip(keys, rows, strict=True)) if rows.ndim == 2 and rows.shape[1] > dimension else {}
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return {}


def _write(path: Path, known: _Known) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".cache-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, keys=np.array(list(known)), deep=np.stack(list(known.values())))
        temporary.replace(path)
    finally:
        # On a full disk it would take the space that is needed to go on.
        temporary.unlink(missing_ok=True)
