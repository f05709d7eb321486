"""How often words stand in the cases, and which of a query's words are worth looking up."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Sequence

from leitmotif.store.pruning import worth_searching
from leitmotif.store.sqlite.connection import Database
from leitmotif.store.sqlite.query import as_term

_WORD = re.compile(r"\w+")
_EXACT_UP_TO = 10_000
_STALE_SHARE = 100
_REMEMBERED = 500_000


class WordCounts:
    """Remembers in how many cases a word stands.

    Counting a frequent word means reading its whole list. So counts are kept until the cases change; in a store of more
    than `_EXACT_UP_TO` cases until one in `_STALE_SHARE` has changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._counted_at = -1
        self._total = (-1, 0)

    def of(self, words: Collection[str]) -> dict[str, int]:
        """In how many cases each word stands; words that stand in none have 0."""
        total, newest = self._step()
        with self._lock:
            allowed = total // _STALE_SHARE if total > _EXACT_UP_TO else 0
            if newest - self._counted_at > allowed or len(self._counts) > _REMEMBERED:
                self._counts, self._counted_at = {}, newest
            counts = self._counts
        missing = {word: as_term(word) for word in words if word not in counts}
        if missing:
            found = self._count(list(dict.fromkeys(missing.values())))
            counts.update({word: found.get(term, 0) for word, term in missing.items()})
        return {word: counts[word] for word in words}

    def total(self) -> int:
        """How many cases there are."""
        return self._step()[0]

    def expression(self, query: str) -> str:
        """An FTS5 expression that finds any of the rarest words; empty when there is none. Syntax in it is inert."""
        words = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))
        # Words that were counted 0 are looked up all the same: the index may split them further.
        kept = worth_searching(words, self.of(words), self.total())
        return " OR ".join(f'"{word}"' for word in kept)

    def _step(self) -> tuple[int, int]:
        """Number of cases and of changes so far; the cases are counted anew only after a change."""
        with self._database.read() as connection:
            (newest,) = connection.execute("SELECT coalesce(max(seq), 0) FROM vector_changes").fetchone()
            seen, total = self._total
            if newest != seen:
                (total,) = connection.execute("SELECT count(*) FROM cases").fetchone()
                self._total = (newest, total)
        return total, newest

    def _count(self, terms: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        with self._database.read() as connection:
            for start in range(0, len(terms), 500):
                some = terms[start : start + 500]
                marks = ", ".join("?" * len(some))
                found.update(connection.execute(f"SELECT term, doc FROM case_vocabulary WHERE term IN ({marks})", some))
        return found
