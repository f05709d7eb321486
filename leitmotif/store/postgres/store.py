"""The store for more than one machine: PostgreSQL with pgvector."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter, CasePage, ImportCounts
from leitmotif.store import codec
from leitmotif.store.postgres import words as bm25
from leitmotif.store.postgres.connection import Connection, Database
from leitmotif.store.postgres.index import VectorIndex
from leitmotif.store.postgres.query import condition, indexable, key_digest
from leitmotif.store.postgres.schema import schema_version, server_kind
from leitmotif.store.postgres.words import Tokeniser
from leitmotif.store.postgres.writing import Entry, erase_words, write_cases, write_vectors
from leitmotif.store.protocol import CaseVectors, Hit, StoreFacts

_ALL = CaseFilter()
_TIMELINES = ("country", "language", "outlet")
_EXPORT_BATCH = 1_000


class PostgresStore:
    """Cases in one PostgreSQL database. Safe for many threads, processes and machines; writers take turns."""

    def __init__(self, url: str, *, connections: int, exact_search_up_to: int) -> None:
        self._database = Database(url, connections)
        self._index = VectorIndex(exact_search_up_to)
        self._tokeniser = Tokeniser()

    def put_cases(
        self,
        cases: Sequence[Case],
        vectors: Sequence[CaseVectors],
        *,
        dry_run: bool = False,
        seen: Mapping[str, Case] | None = None,
    ) -> ImportCounts:
        with self._database.write() as connection:
            digests = _digests(connection, cases)
            entries: dict[str, Entry] = {}
            added = changed = unchanged = 0
            for position, case in enumerate(cases):
                body = codec.case_to_json(case)
                key, digest = indexable(case.id), codec.digest(body)
                if digests.get(key) == digest:
                    unchanged += 1
                    continue
                added, changed = (added, changed + 1) if key in digests else (added + 1, changed)
                if not dry_run:
                    digests[key] = digest
                    entries[key] = Entry(case, body, vectors[position])
            if seen is not None:
                _refuse_unseen(connection, [entry.case for entry in entries.values()], seen)
            write_cases(connection, list(entries.values()), self._tokeniser)
            self._grow(connection, [entry.vectors for entry in entries.values()])
        return ImportCounts(added=added, changed=changed, unchanged=unchanged, dry_run=dry_run)

    def get_case(self, case_id: str) -> Case | None:
        found = self.get_cases([case_id])
        return found[0] if found else None

    def get_cases(self, case_ids: Sequence[str]) -> list[Case]:
        keys = [indexable(case_id) for case_id in case_ids]
        with self._database.read() as connection:
            bodies = dict(connection.execute("SELECT id, body FROM cases WHERE id = ANY(%s)", (keys,)).fetchall())
        return [codec.case_from_json(bodies[key]) for key in keys if key in bodies]

    def delete_case(self, case_id: str) -> bool:
        with self._database.write() as connection:
            found = connection.execute("SELECT row FROM cases WHERE id = %s", (indexable(case_id),)).fetchone()
            if not found:
                return False
            erase_words(connection, found)
            connection.execute("DELETE FROM cases WHERE row = %s", found)
        return True

    def list_cases(self, where: CaseFilter, *, limit: int, cursor: str | None = None) -> CasePage:
        passing, parameters = condition(where)
        after, position = "", []
        if cursor:
            date, case_id = codec.decode_cursor(cursor)
            after, position = " AND (cases.date, cases.id) < (%s, %s)", [indexable(date), indexable(case_id)]
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT id, date, body FROM cases WHERE {passing}{after} ORDER BY date DESC, id DESC LIMIT %s",
                [*parameters, *position, limit + 1],
            ).fetchall()
        more = len(rows) > limit
        return CasePage(
            cases=tuple(codec.case_from_json(body) for _, _, body in rows[:limit]),
            total=self.count_cases(where),
            cursor=codec.encode_cursor(rows[limit - 1][1], rows[limit - 1][0]) if more else None,
        )

    def facets(self, where: CaseFilter) -> dict[str, dict[str, int]]:
        passing, parameters = condition(where)
        counts: dict[str, dict[str, int]] = {kind: {} for kind, _ in codec.FILTERS}
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT kind, value, count(*) FROM case_values JOIN cases USING (row) "
                f"WHERE {passing} GROUP BY kind, value ORDER BY count(*) DESC, value",
                parameters,
            ).fetchall()
        for kind, value, count in rows:
            counts[kind][value] = count
        return counts

    def count_cases(self, where: CaseFilter = _ALL) -> int:
        passing, parameters = condition(where)
        query = "SELECT cases FROM totals" if where.is_empty else f"SELECT count(*) FROM cases WHERE {passing}"
        with self._database.read() as connection:
            row = connection.execute(query, parameters).fetchone()
        return int(row[0]) if row else 0

    def iter_cases(self, where: CaseFilter = _ALL) -> Iterator[Case]:
        """In batches, each as the database stands when it is read; the first is read at once."""
        first = self._batch_after("", where)
        return chain.from_iterable(self._batches(first, where))

    def find_exact(self, text_hash: str, url: str, where: CaseFilter) -> list[str]:
        keys = [key_digest(text_hash)] + ([key_digest(codec.url_key(url))] if url else [])
        passing, parameters = condition(where)
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT DISTINCT cases.id FROM case_keys JOIN cases USING (row) "
                f"WHERE key = ANY(%s) AND {passing} ORDER BY 1",
                [keys, *parameters],
            ).fetchall()
        return [case_id for (case_id,) in rows]

    def document_counts(self, words: Collection[str]) -> dict[str, int]:
        spelled = list(words)
        terms = {
            word: next(iter(cut))
            for word, cut in zip(spelled, self._tokeniser.counts(spelled), strict=True)
            if len(cut) == 1
        }
        with self._database.read() as connection:
            counts = bm25.document_counts(connection, set(terms.values()))
        return {word: counts[term] for word, term in terms.items() if term in counts}

    def get_vectors(self, case_ids: Sequence[str], encoder: str) -> dict[str, dict[str, NDArray[np.float32]]]:
        keys = {indexable(case_id): case_id for case_id in case_ids}
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT cases.id, field, vector FROM vectors JOIN cases USING (row) "
                "WHERE encoder = %s AND cases.id = ANY(%s)",
                (encoder, list(keys)),
                binary=True,
            ).fetchall()
        found: dict[str, dict[str, NDArray[np.float32]]] = {}
        for key, field, vector in rows:
            found.setdefault(keys[key], {})[field] = vector.to_numpy()
        return found

    def search_words(self, query: str, where: CaseFilter, *, limit: int) -> list[Hit]:
        words = self._tokeniser.query_words(query)
        if not words:
            return []
        with self._database.read() as connection:
            return bm25.search(connection, words, where, limit)

    def search_vectors(
        self, vector: NDArray[np.float32], encoder: str, field: str, where: CaseFilter, *, limit: int
    ) -> list[Hit]:
        with self._database.snapshot() as connection:
            return self._index.search(connection, vector, encoder, field, where, limit)

    def cases_without_vectors(self, encoder: str, *, limit: int) -> list[Case]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT body FROM cases WHERE NOT EXISTS "
                "(SELECT FROM vectors WHERE vectors.row = cases.row AND encoder = %s) ORDER BY row LIMIT %s",
                (encoder, limit),
            ).fetchall()
        return [codec.case_from_json(body) for (body,) in rows]

    def put_vectors(self, case_ids: Sequence[str], vectors: Sequence[CaseVectors]) -> None:
        given = {indexable(case_id): vector for case_id, vector in zip(case_ids, vectors, strict=True)}
        with self._database.write() as connection:
            found = connection.execute("SELECT row, id FROM cases WHERE id = ANY(%s)", (list(given),)).fetchall()
            write_vectors(connection, [row for row, _ in found], [given[key] for _, key in found])
            self._grow(connection, list(given.values()))

    def timeline(self, narrative_id: str, by: str, where: CaseFilter) -> dict[str, int]:
        passing, parameters = condition(where)
        carrying = "cases.row IN (SELECT row FROM case_values WHERE kind = 'narrative' AND value = %s)"
        if by in _TIMELINES:
            source, value = f"case_values JOIN cases USING (row) WHERE kind = '{by}' AND", "value"
        else:
            source, value = "cases WHERE", f"substr(date, 1, {4 if by == 'year' else 7})"
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {value}, count(*) FROM {source} {carrying} AND {passing} GROUP BY 1 ORDER BY 1",
                [indexable(narrative_id), *parameters],
            ).fetchall()
        return {value: count for value, count in rows if value}

    def describe(self) -> StoreFacts:
        with self._database.read() as connection:
            encoders = connection.execute(
                "SELECT encoder, count(DISTINCT row) FROM vectors GROUP BY encoder ORDER BY encoder"
            ).fetchall()
            kind, schema = server_kind(connection), schema_version(connection)
        return StoreFacts(kind, self._database.place, schema, self.count_cases(), dict(encoders))

    def settle(self) -> None:
        with self._database.write() as connection:
            self._index.grow_all(connection)
            connection.execute("ANALYZE cases, case_values, case_words, vectors")

    def check(self) -> None:
        self.count_cases()

    def close(self) -> None:
        self._database.close()
        self._tokeniser.close()

    def _grow(self, connection: Connection, vectors: Sequence[CaseVectors]) -> None:
        shapes = {(given.encoder, field): len(v) for given in vectors for field, v in given.fields.items()}
        for (encoder, field), dimension in shapes.items():
            self._index.grow(connection, encoder, field, dimension)

    def _batches(self, first: list[Case], where: CaseFilter) -> Iterator[list[Case]]:
        batch = first
        while batch:
            yield batch
            batch = self._batch_after(batch[-1].id, where)

    def _batch_after(self, case_id: str, where: CaseFilter) -> list[Case]:
        passing, parameters = condition(where)
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT body FROM cases WHERE {passing} AND id > %s ORDER BY id LIMIT %s",
                [*parameters, indexable(case_id), _EXPORT_BATCH],
            ).fetchall()
        return [codec.case_from_json(body) for (body,) in rows]


def _refuse_unseen(connection: Connection, cases: Sequence[Case], seen: Mapping[str, Case]) -> None:
    keys = [indexable(case.id) for case in cases]
    bodies: dict[str, str] = dict(
        connection.execute("SELECT id, body FROM cases WHERE id = ANY(%s)", (keys,)).fetchall()
    )
    for key, case in zip(keys, cases, strict=True):
        codec.refuse_unseen(case.id, bodies.get(key), seen)


def _digests(connection: Connection, cases: Sequence[Case]) -> dict[str, str]:
    """What is stored of these cases: digest by key."""
    keys = [indexable(case.id) for case in cases]
    return dict(connection.execute("SELECT id, digest FROM cases WHERE id = ANY(%s)", (keys,)).fetchall())
