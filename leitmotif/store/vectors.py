"""Vectors of one encoder and field in memory, searched exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FIRST_CAPACITY = 1024


class VectorTable:
    """A growable matrix of unit vectors keyed by integer row; put, remove and search are each one pass at most."""

    def __init__(self, dimension: int) -> None:
        self._matrix = np.zeros((_FIRST_CAPACITY, dimension), np.float32)
        self._rows = np.full(_FIRST_CAPACITY, -1, np.int64)
        self._place: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._place)

    def put(self, row: int, vector: NDArray[np.float32]) -> None:
        place = self._place.get(row)
        if place is None:
            place = len(self._place)
            self._grow(place + 1)
            self._place[row] = place
            self._rows[place] = row
        self._matrix[place] = vector

    def remove(self, row: int) -> None:
        """Forget a row; the last vector takes its place."""
        place = self._place.pop(row, None)
        if place is None:
            return
        last = len(self._place)
        if place != last:
            self._matrix[place] = self._matrix[last]
            self._rows[place] = self._rows[last]
            self._place[int(self._rows[place])] = place
        self._rows[last] = -1

    def search(
        self, vector: NDArray[np.float32], limit: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """(row, cosine) of the nearest rows, best first; only among `allowed` rows if given."""
        if allowed is None:
            rows, scores = self._rows[: len(self)], self._matrix[: len(self)] @ vector
        else:
            places = np.array([self._place[row] for row in allowed if row in self._place], np.int64)
            rows, scores = self._rows[places], self._matrix[places] @ vector
        best = _top(scores, limit)
        return [(int(rows[i]), float(scores[i])) for i in best]

    def _grow(self, needed: int) -> None:
        if needed <= len(self._rows):
            return
        capacity = max(needed, 2 * len(self._rows))
        matrix = np.zeros((capacity, self._matrix.shape[1]), np.float32)
        matrix[: len(self._matrix)] = self._matrix
        rows = np.full(capacity, -1, np.int64)
        rows[: len(self._rows)] = self._rows
        self._matrix, self._rows = matrix, rows


def _top(scores: NDArray[np.float32], limit: int) -> NDArray[np.int64]:
    if len(scores) > limit:
        candidates = np.argpartition(-scores, limit)[:limit]
        return candidates[np.argsort(-scores[candidates], kind="stable")]
    return np.argsort(-scores, kind="stable")
