"""Vectors in PostgreSQL: compared one by one while they are few, by an HNSW index when they are many.

HNSW is a graph of near neighbours (Malkov and Yashunin, 2018) that is walked from a few entry points; it may miss a
vector that a full comparison finds. What it finds is scored exactly.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from leitmotif.domain import CaseFilter
from leitmotif.store.postgres.connection import Connection
from leitmotif.store.postgres.query import condition, filter_parts
from leitmotif.store.protocol import Hit

_MOST_DIMENSIONS = 4_000  # of an HNSW index on halfvec
_LEAST_BREADTH, _MOST_BREADTH = 200, 1_000  # of hnsw.ef_search
_BUILD_MEMORY_KB = 512 * 1024


class VectorIndex:
    """Nearest vectors of one encoder and field.

    Exact where at most `exact_up_to` cases pass some part of the filter; beyond, approximate. Never fewer hits than
    there are.
    """

    def __init__(self, exact_up_to: int) -> None:
        self._exact_up_to = exact_up_to

    def search(
        self,
        connection: Connection,
        vector: NDArray[np.float32],
        encoder: str,
        field: str,
        where: CaseFilter,
        limit: int,
    ) -> list[Hit]:
        """Hits, best first; ties by id. The connection must be in a transaction."""
        if self._is_approximate(connection, where, len(vector), limit):
            hits = _approximate(connection, vector, encoder, field, where, limit)
            # The walk gives up after hnsw.max_scan_tuples: a filter that lets only far ones through leaves it short.
            if len(hits) == limit:
                return hits
        return _exact(connection, vector, encoder, field, where, limit)

    def grow(self, connection: Connection, encoder: str, field: str, dimension: int) -> None:
        """Make the HNSW index of this encoder and field if its vectors have become too many for exact search."""
        name = _name(encoder, field)
        if dimension > _MOST_DIMENSIONS or not self._is_above(connection, "SELECT cases FROM totals", ()):
            return
        if _one(connection, "SELECT to_regclass(%s)", (name,)) is not None:
            return
        stored = "SELECT count(*) FROM vectors WHERE encoder = %s AND field = %s"
        if self._is_above(connection, stored, (encoder, field)):
            _build(connection, name, encoder, field, dimension)

    def grow_all(self, connection: Connection) -> None:
        """Make every index that is due."""
        rows = connection.execute(
            "SELECT DISTINCT ON (encoder, field) encoder, field, vector_dims(vector) FROM vectors"
        ).fetchall()
        for encoder, field, dimension in rows:
            self.grow(connection, encoder, field, dimension)

    def _is_approximate(self, connection: Connection, where: CaseFilter, dimension: int, limit: int) -> bool:
        if dimension > _MOST_DIMENSIONS or limit > _MOST_BREADTH:
            return False
        if not self._is_above(connection, "SELECT cases FROM totals", ()):
            return False
        # No more can pass the filter than pass its narrowest part, which an index counts quickly.
        return all(
            self._is_above(
                connection,
                f"SELECT count(*) FROM (SELECT FROM {part.table} WHERE {part.sql} LIMIT %s) AS counted",
                (*part.parameters, self._exact_up_to + 1),
            )
            for part in filter_parts(where)
        )

    def _is_above(self, connection: Connection, query: str, parameters: tuple[Any, ...]) -> bool:
        return int(_one(connection, query, parameters)) > self._exact_up_to


def _exact(
    connection: Connection, vector: NDArray[np.float32], encoder: str, field: str, where: CaseFilter, limit: int
) -> list[Hit]:
    passing, parameters = condition(where)
    rows = connection.execute(
        "SELECT cases.id, -(vector <#> %b) AS score FROM vectors JOIN cases USING (row) "
        f"WHERE encoder = %s AND field = %s AND {passing} ORDER BY score DESC, cases.id LIMIT %s",
        [vector, encoder, field, *parameters, limit],
    ).fetchall()
    return [Hit(case_id, score) for case_id, score in rows]


def _approximate(
    connection: Connection, vector: NDArray[np.float32], encoder: str, field: str, where: CaseFilter, limit: int
) -> list[Hit]:
    breadth = min(max(_LEAST_BREADTH, 4 * limit), _MOST_BREADTH)
    connection.execute(
        "SELECT set_config('hnsw.ef_search', %s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true)",
        (str(breadth),),
    )
    passing, parameters = condition(where)
    # More than asked for, since the index orders by half precision.
    query = sql.SQL(
        "SELECT cases.id, -(near.vector <#> %b) AS score FROM ("
        " SELECT row, vector FROM vectors"
        " WHERE {only} AND {passing}"
        " ORDER BY (vector::halfvec({dimension})) <#> %b::vector::halfvec({dimension}) LIMIT %s"
        ") AS near JOIN cases USING (row) ORDER BY score DESC, cases.id LIMIT %s"
    ).format(
        only=_only(encoder, field),
        passing=sql.SQL(f"EXISTS (SELECT FROM cases WHERE cases.row = vectors.row AND {passing})"),
        dimension=sql.Literal(len(vector)),
    )
    rows = connection.execute(query, [vector, *parameters, vector, limit + limit // 2 + 10, limit]).fetchall()
    return [Hit(case_id, score) for case_id, score in rows]


def _build(connection: Connection, name: str, encoder: str, field: str, dimension: int) -> None:
    """Build the index in this transaction, in the memory of one process.

    Parallel builds need shared memory, of which containers have little.
    """
    connection.execute(
        "SELECT set_config('max_parallel_maintenance_workers', '0', true), "
        "set_config('maintenance_work_mem', greatest(setting::bigint, %s)::text || 'kB', true) "
        "FROM pg_settings WHERE name = 'maintenance_work_mem'",
        (_BUILD_MEMORY_KB,),
    )
    connection.execute(
        sql.SQL(
            "CREATE INDEX {name} ON vectors USING hnsw ((vector::halfvec({dimension})) halfvec_ip_ops) WHERE {only}"
        ).format(name=sql.Identifier(name), dimension=sql.Literal(dimension), only=_only(encoder, field))
    )


def _only(encoder: str, field: str) -> sql.Composed:
    """The condition of a partial index. Written out, for the planner takes no such index for a parameter."""
    return sql.SQL("encoder = {} AND field = {}").format(sql.Literal(encoder), sql.Literal(field))


def _name(encoder: str, field: str) -> str:
    return "vectors_hnsw_" + hashlib.sha256(f"{encoder}\0{field}".encode()).hexdigest()[:16]


def _one(connection: Connection, query: str, parameters: tuple[Any, ...]) -> Any:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else None
