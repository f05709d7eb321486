"""What every store can do. Implementations are safe to call from several threads and processes at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter, CasePage, ImportCounts


@dataclass(frozen=True, slots=True)
class Hit:
    """A case found by a search. `score` is BM25 (higher is better) or a cosine in [-1, 1]."""

    case_id: str
    score: float


@dataclass(frozen=True, slots=True)
class CaseVectors:
    """Unit vectors of one case by field (`title`, `claim`), each of shape (dimension,), float32."""

    encoder: str
    fields: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a database is: `place` shows no password, `encoders` counts the cases that have vectors of each."""

    kind: str
    place: str
    schema: int
    cases: int
    encoders: Mapping[str, int]


class Store(Protocol):
    """Cases with their vectors and words, searchable at once after the call that wrote them."""

    def put_cases(
        self,
        cases: Sequence[Case],
        vectors: Sequence[CaseVectors],
        *,
        dry_run: bool = False,
        seen: Mapping[str, Case] | None = None,
    ) -> ImportCounts:
        """Add new cases and replace changed ones, all or none; `vectors[i]` belong to `cases[i]`.

        A case that equals the stored one is counted as unchanged and not written. With `dry_run` nothing is
        written, `vectors` may be empty and the counts say what would happen. `seen` is what was stored of these cases,
        by id, when they were made up.

        Raises:
            CaseChanged: something else than `seen` is stored by now; nothing is written.
        """

    def get_case(self, case_id: str) -> Case | None:
        """The case, or None."""

    def get_cases(self, case_ids: Sequence[str]) -> list[Case]:
        """The cases that exist, in the order of the ids."""

    def delete_case(self, case_id: str) -> bool:
        """Remove a case with its words and vectors; False if there was none."""

    def list_cases(self, where: CaseFilter, *, limit: int, cursor: str | None = None) -> CasePage:
        """Cases newest first (undated last), by keyset pages.

        Raises:
            InvalidCursor: the cursor is not one of ours.
        """

    def facets(self, where: CaseFilter) -> dict[str, dict[str, int]]:
        """Counts by narrative, language, country, outlet and keyword of the cases that pass the filter."""

    def count_cases(self, where: CaseFilter = CaseFilter()) -> int:
        """How many cases pass the filter."""

    def iter_cases(self, where: CaseFilter = CaseFilter()) -> Iterator[Case]:
        """All cases that pass the filter, in order of their id."""

    def find_exact(self, text_hash: str, url: str, where: CaseFilter) -> list[str]:
        """Ids of cases with a title, summary, claim text or appearance of this content hash, or with this URL."""

    def document_counts(self, words: Collection[str]) -> dict[str, int]:
        """In how many cases each word stands; words that stand in none are left out. Large stores may lag a little."""

    def get_vectors(self, case_ids: Sequence[str], encoder: str) -> dict[str, dict[str, NDArray[np.float32]]]:
        """{case id: {field: vector}} for the cases that have vectors of this encoder."""

    def search_words(self, query: str, where: CaseFilter, *, limit: int) -> list[Hit]:
        """Cases by BM25 over title, summary and appearances, best first. `query` is plain text, no syntax."""

    def search_vectors(
        self, vector: NDArray[np.float32], encoder: str, field: str, where: CaseFilter, *, limit: int
    ) -> list[Hit]:
        """Cases by cosine of one field's vector, best first. Never fewer than there are, whatever the filter.

        Scores are exact. So is the choice of cases, except in a store that says above how many cases it is not.
        """

    def cases_without_vectors(self, encoder: str, *, limit: int) -> list[Case]:
        """Cases that have no vectors of this encoder yet."""

    def put_vectors(self, case_ids: Sequence[str], vectors: Sequence[CaseVectors]) -> None:
        """Store vectors of cases that already exist; ids that are gone are left out."""

    def timeline(self, narrative_id: str, by: str, where: CaseFilter) -> dict[str, int]:
        """Counts of a narrative's cases by `month`, `year`, `country`, `language` or `outlet`."""

    def describe(self) -> StoreFacts:
        """What kind of database this is, and what is in it."""

    def settle(self) -> None:
        """After very many writes: do now what would slow searches later, such as building indexes."""

    def check(self) -> None:
        """Return if the database answers.

        Raises:
            StoreUnavailable: it does not.
        """

    def close(self) -> None:
        """Give back connections and memory."""
