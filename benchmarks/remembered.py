"""An encoder that remembers what it encoded, in one file, so that a benchmark encodes its material once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from leitmotif.encoder import DeepVectors, Encoder, Progress, Vectors

_BATCH = 512


class RememberedEncoder:
    """An `Encoder`; passages and queries are kept alike, for the bundled encoder has no prefixes."""

    def __init__(self, folder: Path, encoder: Encoder) -> None:
        self._path = folder / f"texts-{encoder.name.replace('/', '_')}.npz"
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        if self._path.is_file():
            with np.load(self._path) as file:
                self._known = dict(zip(file["keys"].tolist(), file["vectors"], strict=True))

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        order = sorted(new, key=lambda key: len(new[key]))
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            self._known.update(zip(some, self._encoder.encode_passages([new[key] for key in some]), strict=True))
        return np.array([self._known[key] for key in keys], np.float32).reshape(len(texts), self.dimension)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode_passages(texts)

    def encode_deep(self, texts: Sequence[str], progress: Progress | None = None) -> DeepVectors:
        return self._encoder.encode_deep(texts, progress)

    def save(self) -> None:
        """Keep everything for the next run."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(self._path, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
