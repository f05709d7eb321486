"""The default store: one SQLite file with words (FTS5) and vectors, the vectors searched in process."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter, CasePage, ImportCounts
from leitmotif.store import codec
from leitmotif.store.protocol import CaseVectors, Hit, StoreFacts
from leitmotif.store.sqlite.connection import Database
from leitmotif.store.sqlite.index import VectorIndex
from leitmotif.store.sqlite.query import condition
from leitmotif.store.sqlite.words import WordCounts

_ALL = CaseFilter()
_PROBED = 2000
_TIMELINES = {"country": "country", "language": "language", "outlet": "outlet"}


class SqliteStore:
    """Cases in one SQLite file. Safe for many threads and several processes; writers take turns."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self._index = VectorIndex(self._database)
        self._words = WordCounts(self._database)

    def put_cases(
        self,
        cases: Sequence[Case],
        vectors: Sequence[CaseVectors],
        *,
        dry_run: bool = False,
        seen: Mapping[str, Case] | None = None,
    ) -> ImportCounts:
        added = changed = unchanged = 0
        written: set[str] = set()
        with self._database.write() as connection:
            for position, case in enumerate(cases):
                body = codec.case_to_json(case)
                stored = connection.execute("SELECT row, digest, body FROM cases WHERE id = ?", (case.id,)).fetchone()
                if stored and stored[1] == codec.digest(body):
                    unchanged += 1
                    continue
                if seen is not None and case.id not in written:
                    codec.refuse_unseen(case.id, stored and stored[2], seen)
                written.add(case.id)
                added, changed = (added, changed + 1) if stored else (added + 1, changed)
                if not dry_run:
                    row = _write_case(connection, case, body, stored and stored[0])
                    _write_vectors(connection, row, vectors[position])
        return ImportCounts(added=added, changed=changed, unchanged=unchanged, dry_run=dry_run)

    def get_case(self, case_id: str) -> Case | None:
        found = self.get_cases([case_id])
        return found[0] if found else None

    def get_cases(self, case_ids: Sequence[str]) -> list[Case]:
        bodies: dict[str, str] = {}
        with self._database.read() as connection:
            for start in range(0, len(case_ids), 500):
                some = case_ids[start : start + 500]
                marks = ", ".join("?" * len(some))
                bodies.update(connection.execute(f"SELECT id, body FROM cases WHERE id IN ({marks})", some))
        return [codec.case_from_json(bodies[case_id]) for case_id in case_ids if case_id in bodies]

    def delete_case(self, case_id: str) -> bool:
        with self._database.write() as connection:
            found = connection.execute("SELECT row FROM cases WHERE id = ?", (case_id,)).fetchone()
            if not found:
                return False
            connection.execute("DELETE FROM case_words WHERE rowid = ?", found)
            connection.execute("DELETE FROM cases WHERE row = ?", found)
            connection.execute("INSERT INTO vector_changes (row) VALUES (?)", found)
        return True

    def list_cases(self, where: CaseFilter, *, limit: int, cursor: str | None = None) -> CasePage:
        sql, parameters = condition(where)
        after, position = "", []
        if cursor:
            date, case_id = codec.decode_cursor(cursor)
            after, position = " AND (cases.date, cases.id) < (?, ?)", [date, case_id]
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT id, date, body FROM cases WHERE {sql}{after} ORDER BY date DESC, id DESC LIMIT ?",
                [*parameters, *position, limit + 1],
            ).fetchall()
        more = len(rows) > limit
        return CasePage(
            cases=tuple(codec.case_from_json(body) for _, _, body in rows[:limit]),
            total=self.count_cases(where),
            cursor=codec.encode_cursor(rows[limit - 1][1], rows[limit - 1][0]) if more else None,
        )

    def facets(self, where: CaseFilter) -> dict[str, dict[str, int]]:
        sql, parameters = condition(where)
        counts: dict[str, dict[str, int]] = {kind: {} for kind, _ in codec.FILTERS}
        with self._database.read() as connection:
            for kind, value, count in connection.execute(
                "SELECT kind, value, count(*) FROM case_values JOIN cases USING (row) "
                f"WHERE {sql} GROUP BY kind, value ORDER BY count(*) DESC, value",
                parameters,
            ):
                counts[kind][value] = count
        return counts

    def count_cases(self, where: CaseFilter = _ALL) -> int:
        if where.is_empty:
            return self._words.total()
        sql, parameters = condition(where)
        with self._database.read() as connection:
            return int(connection.execute(f"SELECT count(*) FROM cases WHERE {sql}", parameters).fetchone()[0])

    def iter_cases(self, where: CaseFilter = _ALL) -> Iterator[Case]:
        sql, parameters = condition(where)
        with self._database.read() as connection:
            cursor = connection.execute(f"SELECT body FROM cases WHERE {sql} ORDER BY id", parameters)
            bodies = cursor.fetchall()
        return (codec.case_from_json(body) for (body,) in bodies)

    def find_exact(self, text_hash: str, url: str, where: CaseFilter) -> list[str]:
        keys = [text_hash, codec.url_key(url) if url else text_hash]
        sql, parameters = condition(where)
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT DISTINCT cases.id FROM case_keys JOIN cases USING (row) "
                f"WHERE key IN (?, ?) AND {sql} ORDER BY 1",
                [*keys, *parameters],
            ).fetchall()
        return [case_id for (case_id,) in rows]

    def document_counts(self, words: Collection[str]) -> dict[str, int]:
        return {word: count for word, count in self._words.of(words).items() if count}

    def get_vectors(self, case_ids: Sequence[str], encoder: str) -> dict[str, dict[str, NDArray[np.float32]]]:
        found: dict[str, dict[str, NDArray[np.float32]]] = {}
        with self._database.read() as connection:
            for start in range(0, len(case_ids), 500):
                some = case_ids[start : start + 500]
                marks = ", ".join("?" * len(some))
                for case_id, field, blob in connection.execute(
                    "SELECT cases.id, v.field, v.vector FROM cases CROSS JOIN vectors v "
                    f"ON v.row = cases.row WHERE cases.id IN ({marks}) AND v.encoder = ?",
                    [*some, encoder],
                ):
                    found.setdefault(case_id, {})[field] = np.frombuffer(blob, "<f4")
        return found

    def search_words(self, query: str, where: CaseFilter, *, limit: int) -> list[Hit]:
        expression = self._words.expression(query)
        if not expression:
            return []
        if where.is_empty:
            return _ordered(self._ids(self._best_words(expression, limit), where, limit))
        hits = self._probe(self._best_words(expression, _PROBED), where, limit)
        if hits is None:
            hits = self._ids(self._best_words_within(expression, where, limit), where, limit)
        return _ordered(hits)

    def search_vectors(
        self, vector: NDArray[np.float32], encoder: str, field: str, where: CaseFilter, *, limit: int
    ) -> list[Hit]:
        if where.is_empty:
            return self._ids(self._index.search(vector, encoder, field, None, limit), where, limit)
        hits = self._probe(self._index.search(vector, encoder, field, None, _PROBED), where, limit)
        if hits is None:
            hits = self._ids(self._index.search(vector, encoder, field, self._rows(where), limit), where, limit)
        return hits

    def cases_without_vectors(self, encoder: str, *, limit: int) -> list[Case]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT body FROM cases WHERE NOT EXISTS "
                "(SELECT 1 FROM vectors v WHERE v.row = cases.row AND v.encoder = ?) "
                "ORDER BY row LIMIT ?",
                (encoder, limit),
            ).fetchall()
        return [codec.case_from_json(body) for (body,) in rows]

    def put_vectors(self, case_ids: Sequence[str], vectors: Sequence[CaseVectors]) -> None:
        with self._database.write() as connection:
            for case_id, vector in zip(case_ids, vectors, strict=True):
                found = connection.execute("SELECT row FROM cases WHERE id = ?", (case_id,)).fetchone()
                if found:
                    _write_vectors(connection, found[0], vector)

    def timeline(self, narrative_id: str, by: str, where: CaseFilter) -> dict[str, int]:
        sql, parameters = condition(where)
        carrying = "cases.row IN (SELECT row FROM case_values WHERE kind = 'narrative' AND value = ?)"
        if by in _TIMELINES:
            source = f"case_values JOIN cases USING (row) WHERE kind = '{_TIMELINES[by]}' AND"
            value = "value"
        else:
            source, value = "cases WHERE", f"substr(date, 1, {4 if by == 'year' else 7})"
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {value}, count(*) FROM {source} {carrying} AND {sql} GROUP BY 1 ORDER BY 1",
                [narrative_id, *parameters],
            ).fetchall()
        return {value: count for value, count in rows if value}

    def describe(self) -> StoreFacts:
        with self._database.read() as connection:
            encoders = dict(
                connection.execute("SELECT encoder, count(DISTINCT row) FROM vectors GROUP BY encoder ORDER BY encoder")
            )
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
        kind = f"SQLite {sqlite3.sqlite_version}"
        return StoreFacts(kind, str(self._database.path), schema, self.count_cases(), encoders)

    def settle(self) -> None:
        with self._database.write() as connection:
            connection.execute("INSERT INTO case_words (case_words) VALUES ('optimize')")
            connection.execute("ANALYZE")

    def check(self) -> None:
        self.count_cases()

    def close(self) -> None:
        self._database.close()

    def _best_words(self, expression: str, limit: int) -> list[tuple[int, float]]:
        """(row, BM25), best first, over all cases."""
        with self._database.read() as connection:
            return connection.execute(
                "SELECT rowid, -rank FROM case_words WHERE case_words MATCH ? ORDER BY rank LIMIT ?",
                (expression, limit),
            ).fetchall()

    def _best_words_within(self, expression: str, where: CaseFilter, limit: int) -> list[tuple[int, float]]:
        """(row, BM25), best first, over the cases that pass the filter."""
        sql, parameters = condition(where)
        with self._database.read() as connection:
            return connection.execute(
                "SELECT case_words.rowid, -case_words.rank FROM case_words "
                f"JOIN cases ON cases.row = case_words.rowid WHERE case_words MATCH ? AND {sql} "
                "ORDER BY case_words.rank LIMIT ?",
                [expression, *parameters, limit],
            ).fetchall()

    def _probe(self, found: Sequence[tuple[int, float]], where: CaseFilter, limit: int) -> list[Hit] | None:
        """The best of `found` that pass the filter. None if there may be better ones behind the last of `found`.

        Ranking first and asking the filter of the best few is quicker than collecting all rows of a wide filter, and
        comes to the same as long as enough of them pass.
        """
        hits = self._ids(found, where, limit)
        return hits if len(hits) == limit or len(found) < _PROBED else None

    def _ids(self, found: Sequence[tuple[int, float]], where: CaseFilter, limit: int) -> list[Hit]:
        """Found rows that pass the filter, as hits in the same order."""
        sql, parameters = condition(where, probe=True)
        ids: dict[int, str] = {}
        with self._database.read() as connection:
            for start in range(0, len(found), 500):
                rows = [row for row, _ in found[start : start + 500]]
                marks = ", ".join("?" * len(rows))
                ids.update(
                    connection.execute(
                        f"SELECT row, id FROM cases WHERE row IN ({marks}) AND {sql}", [*rows, *parameters]
                    )
                )
                if len(ids) >= limit:
                    break
        return [Hit(ids[row], score) for row, score in found if row in ids][:limit]

    def _rows(self, where: CaseFilter) -> NDArray[np.int64]:
        sql, parameters = condition(where)
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT row FROM cases WHERE {sql}", parameters)
            return np.fromiter((row for (row,) in rows), np.int64)


def _ordered(hits: list[Hit]) -> list[Hit]:
    """Best first, equal ones by id."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.case_id))


def _write_case(connection: sqlite3.Connection, case: Case, body: str, row: int | None) -> int:
    date = codec.earliest(case.date)
    if row is None:
        cursor = connection.execute(
            "INSERT INTO cases (id, date, digest, body) VALUES (?, ?, ?, ?)", (case.id, date, codec.digest(body), body)
        )
        row = int(cursor.lastrowid or 0)
    else:
        connection.execute(
            "UPDATE cases SET date = ?, digest = ?, body = ? WHERE row = ?", (date, codec.digest(body), body, row)
        )
        for table in ("case_values", "case_keys"):
            connection.execute(f"DELETE FROM {table} WHERE row = ?", (row,))
        connection.execute("DELETE FROM case_words WHERE rowid = ?", (row,))
    connection.executemany(
        "INSERT OR IGNORE INTO case_values (kind, value, row) VALUES (?, ?, ?)",
        [(kind, value, row) for kind, value in codec.case_values(case)],
    )
    connection.executemany(
        "INSERT INTO case_keys (key, row) VALUES (?, ?)", [(key, row) for key in codec.case_keys(case)]
    )
    connection.execute(
        "INSERT INTO case_words (rowid, title, summary, appearances) VALUES (?, ?, ?, ?)",
        (row, case.title, case.summary, codec.appearances_text(case)),
    )
    return row


def _write_vectors(connection: sqlite3.Connection, row: int, vectors: CaseVectors) -> None:
    """Replace the vectors of a case; those of other encoders are stale once its text changed, so they go too."""
    connection.execute("DELETE FROM vectors WHERE row = ?", (row,))
    connection.executemany(
        "INSERT INTO vectors (encoder, field, row, vector) VALUES (?, ?, ?, ?)",
        [
            (vectors.encoder, field, row, np.asarray(vector, "<f4").tobytes())
            for field, vector in vectors.fields.items()
        ],
    )
    connection.execute("INSERT INTO vector_changes (row) VALUES (?)", (row,))
