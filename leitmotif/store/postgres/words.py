"""Words of cases and BM25 over them, equal to what SQLite's FTS5 answers.

The claim matcher has learned its weights on FTS5's scores. So the words are cut by FTS5's own tokeniser, which Python's
standard library brings, and scored by FTS5's formula. PostgreSQL keeps how often each word stands in each case.
"""

from __future__ import annotations

import math
import re
import sqlite3
import threading
from collections.abc import Collection, Sequence
from typing import Any

from leitmotif.domain import CaseFilter
from leitmotif.store.postgres.connection import Connection
from leitmotif.store.postgres.query import condition, indexable
from leitmotif.store.protocol import Hit
from leitmotif.store.pruning import worth_searching

_WORD = re.compile(r"\w+")
_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6
_PROBED = 2_000
# Ties at the end of the list are settled by id, so they must all come out of the ranking.
_RANKED = (
    "SELECT row, sum(idf * frequency * (%s + 1) / (frequency + %s * (1 - %s + %s * length / %s))) AS score"
    " FROM unnest(%s::text[], %s::float8[]) AS query (word, idf) JOIN case_words USING (word)"
    " {only} GROUP BY row ORDER BY score DESC FETCH FIRST %s ROWS WITH TIES"
)


class Tokeniser:
    """FTS5's `unicode61 remove_diacritics 2`, safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._memory.execute(
            "CREATE VIRTUAL TABLE texts USING fts5 (text, content = '', tokenize = 'unicode61 remove_diacritics 2')"
        )
        self._memory.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab (texts, instance)")

    def counts(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """How often each word stands in each text."""
        found: list[dict[str, int]] = [{} for _ in texts]
        with self._lock:
            self._memory.executemany("INSERT INTO texts (rowid, text) VALUES (?, ?)", enumerate(texts))
            for position, word, count in self._memory.execute("SELECT doc, term, count(*) FROM tokens GROUP BY 1, 2"):
                found[position][indexable(word)] = count
            self._memory.execute("INSERT INTO texts (texts) VALUES ('delete-all')")
        return found

    def query_words(self, query: str) -> list[str]:
        """The words that a query searches for; one that it has in two spellings comes twice, as in FTS5."""
        spelled = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))
        return [word for counts in self.counts(spelled) for word in counts]

    def close(self) -> None:
        self._memory.close()


def inverse_frequency(count: int, total: int) -> float:
    """FTS5's inverse document frequency; a word in more than half of all cases counts next to nothing."""
    return max(math.log((total - count + 0.5) / (count + 0.5)), _LEAST_IDF)


def document_counts(connection: Connection, words: Collection[str]) -> dict[str, int]:
    """In how many cases each word stands; `words` as the tokeniser gives them."""
    rows = connection.execute(
        "SELECT word, cases FROM word_counts WHERE word = ANY(%s) AND cases > 0", (list(words),)
    ).fetchall()
    return dict(rows)


def search(connection: Connection, words: Sequence[str], where: CaseFilter, limit: int) -> list[Hit]:
    """The cases that pass the filter and hold any of the words, best BM25 first.

    Counts and lengths are those of all cases, whatever the filter, as in FTS5.
    """
    total, length = connection.execute("SELECT cases, words FROM totals").fetchone() or (0, 0)
    counts = document_counts(connection, words)
    searched = worth_searching([word for word in words if word in counts], counts, total)
    if not searched:
        return []
    weights = [inverse_frequency(counts[word], total) for word in searched]
    scoring = [_K1, _K1, _B, _B, length / total, searched, weights]
    hits = None if where.is_empty else _ranked_then_filtered(connection, scoring, where, limit)
    return _filtered_then_ranked(connection, scoring, where, limit) if hits is None else hits


def _ranked_then_filtered(
    connection: Connection, scoring: list[Any], where: CaseFilter, limit: int
) -> list[Hit] | None:
    """The quicker way for a wide filter: ask it of the best few alone. None if others behind them may pass it."""
    passing, parameters = condition(where)
    rows = connection.execute(
        f"WITH ranked AS MATERIALIZED ({_RANKED.format(only='')}) "
        "SELECT cases.id, score, (SELECT count(*) FROM ranked) FROM ranked JOIN cases USING (row) "
        f"WHERE {passing} ORDER BY score DESC, cases.id LIMIT %s",
        [*scoring, _PROBED, *parameters, limit],
    ).fetchall()
    if len(rows) == limit <= _PROBED or (rows and rows[0][2] < _PROBED):
        return [Hit(case_id, score) for case_id, score, _ in rows]
    return None


def _filtered_then_ranked(connection: Connection, scoring: list[Any], where: CaseFilter, limit: int) -> list[Hit]:
    passing, parameters = condition(where)
    only = "" if where.is_empty else "WHERE row IN (SELECT row FROM passing)"
    rows = connection.execute(
        # The planner cannot know how many cases hold the words, and would ask the filter of each one by one.
        f"WITH passing AS MATERIALIZED (SELECT row FROM cases WHERE {passing}) "
        f"SELECT cases.id, score FROM ({_RANKED.format(only=only)}) AS ranked JOIN cases USING (row) "
        "ORDER BY score DESC, cases.id LIMIT %s",
        [*parameters, *scoring, limit, limit],
    ).fetchall()
    return [Hit(case_id, score) for case_id, score in rows]
