"""The table of vectors: what it finds beside an exact search."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from leitmotif.store import vectors
from leitmotif.store.vectors import VectorTable


def units(count: int, dimension: int = 100, seed: int = 0) -> NDArray[np.float32]:
    found = np.random.default_rng(seed).standard_normal((count, dimension), np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def table_of(matrix: NDArray[np.float32], first: int = 1) -> VectorTable:
    table = VectorTable(matrix.shape[1])
    for start in range(0, len(matrix), 1000):
        rows = np.arange(first + start, first + min(start + 1000, len(matrix)))
        table.put(rows, matrix[start : start + 1000])
    return table


def test_few_are_searched_exactly() -> None:
    matrix, table = units(3000), table_of(units(3000))
    scores = matrix @ matrix[7]
    expected = np.argsort(-scores)[:10]
    assert [row - 1 for row, _ in table.search(matrix[7], 10)] == expected.tolist()
    assert table.search(matrix[7], 1)[0][1] == pytest.approx(1.0, abs=1e-5)
    assert len(table.search(matrix[7], 5000)) == len(table) == 3000


def test_many_are_found_by_their_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_SCORED_AT_LEAST", 400)
    monkeypatch.setattr(vectors, "_FULL_PRECISION_UP_TO", 1024)
    matrix, table = units(4000), table_of(units(4000))
    hits = 0
    for query in matrix[:50] + 0.05 * units(50, seed=1):
        expected = set(np.argsort(-(matrix @ query))[:3].tolist())
        hits += len(expected & {row - 1 for row, _ in table.search(query, 10)})
    assert hits / 150 > 0.9
    assert table.search(matrix[3], 1)[0] == (4, pytest.approx(1.0, abs=2e-3))


def test_only_allowed_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, table = units(2000), table_of(units(2000))
    allowed = np.array([5, 9, 1500, 99_999])
    for least in (24_576, 2):
        monkeypatch.setattr(vectors, "_SCORED_AT_LEAST", least)
        assert {row for row, _ in table.search(matrix[8], 10, allowed)} == {5, 9, 1500}


def test_put_replaces_and_remove_forgets() -> None:
    matrix, table = units(10), table_of(units(10))
    table.put(np.array([3, 50]), matrix[[0, 1]])
    assert len(table) == 11
    assert {row for row, score in table.search(matrix[0], 2) if score > 0.99} == {1, 3}
    for row in (1, 50, 50, 77):
        table.remove(row)
    assert len(table) == 9
    assert [row for row, score in table.search(matrix[0], 9) if score > 0.99] == [3]
    assert {row for row, _ in table.search(matrix[0], 20)} == {2, 3, 4, 5, 6, 7, 8, 9, 10}
