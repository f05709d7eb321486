"""Vectors of one encoder and field in memory, searched in two steps: signs first, then the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_FIRST_CAPACITY = 1024
_FULL_PRECISION_UP_TO = 65_536
_SCORED_AT_LEAST = 24_576
_SCORED_SHARE = 50
_BLOCK = 32_768
_BITS = 64


class VectorTable:
    """A growable matrix of unit vectors keyed by integer row.

    Up to `_SCORED_AT_LEAST` vectors the search is exact. Beyond that, those with the most signs in common with the
    query are taken first, at least so many and at least a fiftieth of all, and only these are multiplied out. Many
    vectors are kept in half precision (cosines to about 0.0005), to halve the memory.
    """

    def __init__(self, dimension: int, capacity: int = _FIRST_CAPACITY) -> None:
        capacity = max(capacity, _FIRST_CAPACITY)
        self._matrix = np.zeros((capacity, dimension), _precision(capacity))
        self._signs = np.zeros((-(-dimension // _BITS), capacity), np.uint64)
        self._rows: NDArray[np.int64] = np.full(capacity, -1, np.int64)
        self._places: NDArray[np.int64] = np.full(capacity, -1, np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, rows: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add or replace vectors, shape (len(rows), dimension); a row may stand only once in `rows`."""
        self._places = np.asarray(_grown(self._places, int(rows.max(initial=-1)) + 1, -1), np.int64)
        places = self._places[rows]
        new = np.flatnonzero(places < 0)
        places[new] = np.arange(self._count, self._count + len(new))
        self._reserve(self._count + len(new))
        self._count += len(new)
        self._places[rows], self._rows[places] = places, rows
        self._matrix[places], self._signs[:, places] = vectors, _signs(vectors)

    def remove(self, row: int) -> None:
        """Forget a row; the last vector takes its place."""
        place = int(self._places[row]) if row < len(self._places) else -1
        if place < 0:
            return
        last = self._count - 1
        self._matrix[place], self._signs[:, place] = self._matrix[last], self._signs[:, last]
        self._rows[place] = self._rows[last]
        self._places[self._rows[place]] = place
        self._places[row], self._rows[last] = -1, -1
        self._count = last

    def search(
        self, vector: NDArray[np.float32], limit: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """(row, cosine) of the nearest rows, best first; only among `allowed` rows if given."""
        places = self._promising(vector, limit, None if allowed is None else self._known(allowed))
        scores = self._matrix[places].astype(np.float32, copy=False) @ vector
        rows = self._rows[places]
        return [(int(rows[i]), float(scores[i])) for i in _top(scores, limit)]

    def _known(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        places = self._places[rows[rows < len(self._places)]]
        return places[places >= 0]

    def _promising(
        self, vector: NDArray[np.float32], limit: int, places: NDArray[np.int64] | None
    ) -> NDArray[np.int64] | slice:
        """Places worth multiplying out: all of few, of many those with the fewest signs that differ."""
        total = self._count if places is None else len(places)
        kept = max(_SCORED_AT_LEAST, total // _SCORED_SHARE, 4 * limit)
        if total <= kept:
            return slice(total) if places is None else places
        signs = self._signs[:, : self._count] if places is None else self._signs[:, places]
        differing = _differing(signs, _signs(vector[None])[:, 0])
        most = int(np.searchsorted(np.cumsum(np.bincount(differing)), kept))
        near = np.flatnonzero(differing <= most)
        return near if places is None else places[near]

    def _reserve(self, needed: int) -> None:
        if needed > len(self._rows):
            capacity = max(needed, 2 * len(self._rows))
            self._matrix = _grown(self._matrix.astype(_precision(capacity), copy=False), capacity, 0)
            self._signs = np.ascontiguousarray(_grown(self._signs.T, capacity, 0).T)
            self._rows = np.asarray(_grown(self._rows, capacity, -1), np.int64)


def _precision(capacity: int) -> type[np.floating]:
    return np.float32 if capacity <= _FULL_PRECISION_UP_TO else np.float16


def _grown(array: NDArray[Any], needed: int, fill: int) -> NDArray[Any]:
    if needed <= len(array):
        return array
    grown = np.full((max(needed, 2 * len(array)), *array.shape[1:]), fill, array.dtype)
    grown[: len(array)] = array
    return grown


def _signs(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Shape (words, len(vectors)): 64 signs in each word, padded with zeros."""
    bits = np.packbits(vectors > 0, axis=1)
    padded = np.zeros((len(vectors), -(-bits.shape[1] // 8) * 8), np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(padded.view(np.uint64).T)


def _differing(signs: NDArray[np.uint64], query: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Hamming distances, shape (signs.shape[1],); in blocks that stay in the processor's cache."""
    result = np.zeros(signs.shape[1], np.uint16)
    for start in range(0, len(result), _BLOCK):
        block = result[start : start + _BLOCK]
        for words, bits in zip(signs, query, strict=True):
            block += np.bitwise_count(words[start : start + _BLOCK] ^ bits)
    return result


def _top(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    if len(scores) > limit:
        candidates = np.argpartition(-scores, limit)[:limit]
        return candidates[np.argsort(-scores[candidates], kind="stable")]
    return np.argsort(-scores, kind="stable")
