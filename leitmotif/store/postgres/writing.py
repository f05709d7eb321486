"""Writes cases with their values, keys, words and vectors, in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from leitmotif.domain import Case
from leitmotif.store import codec
from leitmotif.store.postgres.connection import Connection
from leitmotif.store.postgres.query import indexable, key_digest
from leitmotif.store.postgres.words import Tokeniser
from leitmotif.store.protocol import CaseVectors

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """A case to be written. `body` is its JSON."""

    case: Case
    body: str
    vectors: CaseVectors

    @property
    def id(self) -> str:
        return indexable(self.case.id)

    @property
    def text(self) -> str:
        """Everything that a search for words looks at."""
        return "\n".join((self.case.title, self.case.summary, codec.appearances_text(self.case)))


def write_cases(connection: Connection, entries: Sequence[Entry], tokeniser: Tokeniser) -> None:
    """Add or replace cases, each id once."""
    if not entries:
        return
    _forget(connection, [entry.id for entry in entries])
    counts: Counter[str] = Counter()
    length = 0
    for start in range(0, len(entries), _BATCH):
        words = _write_batch(connection, entries[start : start + _BATCH], tokeniser)
        counts.update(word for case_words in words for word in case_words)
        length += sum(map(_length, words))
    # Once for all: within a transaction every update of a word's row leaves a dead one for the next to step over.
    _count_words(connection, counts)
    connection.execute("UPDATE totals SET cases = cases + %s, words = words + %s", (len(entries), length))


def write_vectors(connection: Connection, rows: Sequence[int], vectors: Sequence[CaseVectors]) -> None:
    """Replace the vectors of cases; those of other encoders are stale once a text changed, so they go too."""
    connection.execute("DELETE FROM vectors WHERE row = ANY(%s)", (list(rows),))
    _copy(
        connection,
        "vectors (encoder, field, row, vector)",
        ("text", "text", "int8", "vector"),
        (
            (given.encoder, field, row, np.asarray(vector, np.float32))
            for row, given in zip(rows, vectors, strict=True)
            for field, vector in given.fields.items()
        ),
    )


def erase_words(connection: Connection, rows: Sequence[int]) -> None:
    """Take the words of cases out of the index and the counts; the cases must still be there."""
    connection.execute(
        "UPDATE totals SET cases = totals.cases - gone.cases, words = totals.words - gone.words FROM "
        "(SELECT count(*) AS cases, coalesce(sum(length), 0) AS words FROM cases WHERE row = ANY(%s)) AS gone",
        (list(rows),),
    )
    connection.execute(
        "WITH gone AS (DELETE FROM case_words WHERE row = ANY(%s) RETURNING word), "
        "counted AS (SELECT word, count(*) AS cases FROM gone GROUP BY word) "
        "UPDATE word_counts SET cases = word_counts.cases - counted.cases FROM counted "
        "WHERE word_counts.word = counted.word",
        (list(rows),),
    )


def _write_batch(connection: Connection, entries: Sequence[Entry], tokeniser: Tokeniser) -> list[dict[str, int]]:
    """Write everything but the counts of words; returns how often each word stands in each case."""
    words = tokeniser.counts([entry.text for entry in entries])
    rows = _upsert(connection, entries, list(map(_length, words)))
    numbered = list(zip(rows, entries, strict=True))
    _copy(
        connection,
        "case_values (kind, value, row)",
        ("text", "text", "int8"),
        (
            (kind, value, row)
            for row, entry in numbered
            for kind, value in sorted({(kind, indexable(value)) for kind, value in codec.case_values(entry.case)})
        ),
    )
    _copy(
        connection,
        "case_keys (key, row)",
        ("bytea", "int8"),
        ((key_digest(key), row) for row, entry in numbered for key in sorted(codec.case_keys(entry.case))),
    )
    _write_words(connection, rows, words)
    write_vectors(connection, rows, [entry.vectors for entry in entries])
    return words


def _forget(connection: Connection, ids: Sequence[str]) -> None:
    """Clear what is stored of cases that are about to be written anew."""
    found = connection.execute("SELECT row FROM cases WHERE id = ANY(%s)", (list(ids),)).fetchall()
    rows = [row for (row,) in found]
    if not rows:
        return
    erase_words(connection, rows)
    for table in ("case_values", "case_keys"):
        connection.execute(f"DELETE FROM {table} WHERE row = ANY(%s)", (rows,))


def _upsert(connection: Connection, entries: Sequence[Entry], lengths: Sequence[int]) -> list[int]:
    """Write table `cases`; returns the row of each entry. New rows are numbered in the order of the entries."""
    written = connection.execute(
        "INSERT INTO cases (id, date, digest, length, body) "
        "SELECT id, date, digest, length, body FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[], %s::text[]) "
        "WITH ORDINALITY AS entry (id, date, digest, length, body, place) ORDER BY place "
        "ON CONFLICT (id) DO UPDATE SET date = excluded.date, digest = excluded.digest, length = excluded.length, "
        "body = excluded.body RETURNING id, row",
        (
            [entry.id for entry in entries],
            [codec.earliest(entry.case.date) for entry in entries],
            [codec.digest(entry.body) for entry in entries],
            list(lengths),
            [entry.body for entry in entries],
        ),
    ).fetchall()
    row_of: dict[str, int] = dict(written)
    return [row_of[entry.id] for entry in entries]


def _write_words(connection: Connection, rows: Sequence[int], words: Sequence[dict[str, int]]) -> None:
    _copy(
        connection,
        "case_words (word, row, frequency, length)",
        ("text", "int8", "int4", "int4"),
        (
            (word, row, frequency, _length(case_words))
            for row, case_words in zip(rows, words, strict=True)
            for word, frequency in case_words.items()
        ),
    )


def _count_words(connection: Connection, counts: Counter[str]) -> None:
    connection.execute(
        "INSERT INTO word_counts (word, cases) SELECT * FROM unnest(%s::text[], %s::bigint[]) "
        "ON CONFLICT (word) DO UPDATE SET cases = word_counts.cases + excluded.cases",
        (list(counts.keys()), list(counts.values())),
    )


def _length(words: dict[str, int]) -> int:
    return sum(words.values())


def _copy(connection: Connection, target: str, types: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
