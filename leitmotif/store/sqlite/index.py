"""Keeps vectors of the SQLite file in memory, in step with the file whoever writes to it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from leitmotif.store.sqlite.connection import Database
from leitmotif.store.vectors import VectorTable

_CHUNK = 8192


class VectorIndex:
    """One `VectorTable` for each encoder and field, loaded on first use and then fed by `vector_changes`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables: dict[tuple[str, str], VectorTable] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def search(
        self, vector: NDArray[np.float32], encoder: str, field: str, allowed: NDArray[np.int64] | None, limit: int
    ) -> list[tuple[int, float]]:
        """(row, cosine), best first, over everything committed before the call."""
        with self._lock, self._database.read() as connection:
            table = self._in_step(connection, encoder, field, len(vector))
            return table.search(vector, limit, allowed)

    def _in_step(self, connection: sqlite3.Connection, encoder: str, field: str, dimension: int) -> VectorTable:
        key = (encoder, field)
        (newest,) = connection.execute("SELECT coalesce(max(seq), 0) FROM vector_changes").fetchone()
        if key not in self._tables:
            self._tables[key], self._seen[key] = _load(connection, key, dimension), newest
        elif newest > self._seen[key]:
            self._catch_up(connection, key, newest)
        return self._tables[key]

    def _catch_up(self, connection: sqlite3.Connection, key: tuple[str, str], newest: int) -> None:
        table = self._tables[key]
        changes = connection.execute(
            "SELECT DISTINCT c.row, v.vector FROM vector_changes c LEFT JOIN vectors v "
            "ON v.row = c.row AND v.encoder = ? AND v.field = ? WHERE c.seq > ? AND c.seq <= ?",
            (*key, self._seen[key], newest),
        )
        while some := changes.fetchmany(_CHUNK):
            _put(table, [(row, blob) for row, blob in some if blob is not None])
            for row, blob in some:
                if blob is None:
                    table.remove(row)
        self._seen[key] = newest


def _load(connection: sqlite3.Connection, key: tuple[str, str], dimension: int) -> VectorTable:
    (count,) = connection.execute("SELECT count(*) FROM vectors WHERE encoder = ? AND field = ?", key).fetchone()
    table = VectorTable(dimension, capacity=count + count // 8)
    rows = connection.execute("SELECT row, vector FROM vectors WHERE encoder = ? AND field = ?", key)
    while some := rows.fetchmany(_CHUNK):
        _put(table, some)
    return table


def _put(table: VectorTable, rows: Sequence[tuple[int, bytes]]) -> None:
    if rows:
        vectors = np.frombuffer(b"".join(blob for _, blob in rows), "<f4").reshape(len(rows), -1)
        table.put(np.array([row for row, _ in rows], np.int64), vectors)
