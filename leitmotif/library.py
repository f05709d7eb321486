"""The library: cases in the store together with their vectors, searched by words and by meaning at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter, CasePage, ImportCounts, LabelSource
from leitmotif.encoder import Encoder
from leitmotif.errors import CaseChanged, CaseExists, CaseNotFound, InvalidCursor
from leitmotif.store.codec import decode_cursor, encode_cursor
from leitmotif.store.protocol import CaseVectors, Store
from leitmotif.text.normalise import match_key

FIELDS = ("title", "claim")
"""Fields of a case that have a vector: its title, and title and summary as one text."""

_BATCH = 256
_TRIES = 5
_WORD_CANDIDATES = 50
_RANK_CONSTANT = 60.0
_SEARCH_DEPTH = 500
_SCORE = "score:"

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A case that resembles a passage: best cosine over its fields, in [-1, 1]."""

    case: Case
    similarity: float


class Library:
    """Adds, changes and finds cases. Everything it writes is findable in the next call."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self.store = store
        self._encoder = encoder

    @property
    def encoder_name(self) -> str:
        return self._encoder.name

    def put(
        self,
        cases: Sequence[Case],
        *,
        dry_run: bool = False,
        replacing: bool = True,
        progress: Progress | None = None,
    ) -> ImportCounts:
        """Add or replace cases, all or none. Only changed cases are encoded; human labels outlast weak ones.

        Raises:
            CaseExists: `replacing` is false, and one is stored with another content.
            CaseChanged: others change the same cases all the time.
        """
        encoded: dict[Case, CaseVectors] = {}
        for _ in range(_TRIES - 1):
            with suppress(CaseChanged):
                return self._put(cases, encoded, dry_run, replacing, progress)
        return self._put(cases, encoded, dry_run, replacing, progress)

    def _put(
        self,
        cases: Sequence[Case],
        encoded: dict[Case, CaseVectors],
        dry_run: bool,
        replacing: bool,
        progress: Progress | None,
    ) -> ImportCounts:
        """One try. `encoded` keeps what was encoded for the next."""
        stored = {case.id: case for case in self.store.get_cases([case.id for case in cases])}
        if not replacing:
            _refuse_changes(cases, stored)
        cases = [_keep_human_labels(case, stored.get(case.id)) for case in cases]
        if dry_run:
            return self.store.put_cases(cases, [], dry_run=True)
        changed = [case for case in cases if stored.get(case.id) != case]
        new = [case for case in changed if case not in encoded]
        encoded.update(zip(new, self._vectors(new, progress), strict=True))
        counts = self.store.put_cases(changed, [encoded[case] for case in changed], seen=stored)
        return ImportCounts(counts.added, counts.changed, counts.unchanged + len(cases) - len(changed))

    def get(self, case_id: str) -> Case:
        """The case.

        Raises:
            CaseNotFound: no case has this id.
        """
        case = self.store.get_case(case_id)
        if case is None:
            raise CaseNotFound(f"There is no case {case_id!r}.")
        return case

    def delete(self, case_id: str) -> None:
        """Remove the case.

        Raises:
            CaseNotFound: no case has this id.
        """
        if not self.store.delete_case(case_id):
            raise CaseNotFound(f"There is no case {case_id!r}.")

    def bring_up_to_date(self, progress: Progress | None = None) -> int:
        """Encode the cases that have no vectors of this encoder; returns how many there were."""
        done, total = 0, self.store.count_cases()
        while missing := self.store.cases_without_vectors(self._encoder.name, limit=_BATCH):
            self.store.put_vectors([case.id for case in missing], self._vectors(missing))
            done += len(missing)
            if progress:
                progress(min(1.0, done / max(total, 1)))
        return done

    def nearest(self, vector: NDArray[np.float32], where: CaseFilter, *, limit: int) -> list[Found]:
        """The cases whose title or claim is nearest to a unit vector, best first."""
        best = self._nearest_ids(vector, where, limit)
        return [Found(case, best[case.id]) for case in self.store.get_cases(list(best))]

    def _nearest_ids(self, vector: NDArray[np.float32], where: CaseFilter, limit: int) -> dict[str, float]:
        """Cosines of the nearest cases by id, best first."""
        best: dict[str, float] = {}
        for field in FIELDS:
            for hit in self.store.search_vectors(vector, self._encoder.name, field, where, limit=limit):
                best[hit.case_id] = max(hit.score, best.get(hit.case_id, -1.0))
        ids = sorted(best, key=lambda case_id: (-best[case_id], case_id))[:limit]
        return {case_id: best[case_id] for case_id in ids}

    def nearest_by_words(self, text: str, where: CaseFilter, *, limit: int) -> list[Found]:
        """The cases that share most words with a text; `similarity` is the share of a case's words that stand in it.

        For languages that the encoder does not cover, where vectors say nothing.
        """
        words = set(match_key(text).split())
        hits = self.store.search_words(" ".join(sorted(words)), where, limit=_WORD_CANDIDATES)
        found = []
        for case in self.store.get_cases([hit.case_id for hit in hits]):
            known = set(match_key(case.claim_text).split())
            found.append(Found(case, len(words & known) / max(len(known), 1)))
        return sorted(found, key=lambda one: (-one.similarity, one.case.id))[:limit]

    def similarities(self, texts: Sequence[str]) -> list[float]:
        """For each text the cosine of the nearest case, -1 where there is none."""
        vectors = self._encoder.encode_passages(texts)
        nearest = (self.nearest(vector, CaseFilter(), limit=1) for vector in vectors)
        return [found[0].similarity if found else -1.0 for found in nearest]

    def search(self, query: str, where: CaseFilter, *, limit: int, cursor: str | None = None) -> CasePage:
        """Cases by words and meaning together, best first, by reciprocal rank fusion (Cormack et al., 2009).

        Pages follow each other to the last of the best 500 or more by either way; `total` counts the cases that pass
        the filter.

        Raises:
            InvalidCursor: the cursor is not one of ours.
        """
        scores = self._fused(query, where)
        order = sorted((-score, case_id) for case_id, score in scores.items())
        if cursor:
            before, last = decode_cursor(cursor)
            order = [entry for entry in order if entry > (_score_of(before), last)]
        page = order[:limit]
        return CasePage(
            cases=tuple(self.store.get_cases([case_id for _, case_id in page])),
            total=self.store.count_cases(where),
            cursor=encode_cursor(f"{_SCORE}{page[-1][0]!r}", page[-1][1]) if len(order) > limit else None,
        )

    def _fused(self, query: str, where: CaseFilter) -> dict[str, float]:
        """Score of each case found. The depth is fixed, so that every page sees the same ranking."""
        vector = self._encoder.encode_queries([query])[0]
        rankings = [
            [hit.case_id for hit in self.store.search_words(query, where, limit=_SEARCH_DEPTH)],
            list(self._nearest_ids(vector, where, _SEARCH_DEPTH)),
        ]
        scores: dict[str, float] = {}
        for ranking in rankings:
            for rank, case_id in enumerate(ranking, 1):
                scores[case_id] = scores.get(case_id, 0.0) + 1.0 / (_RANK_CONSTANT + rank)
        return scores

    def _vectors(self, cases: Sequence[Case], progress: Progress | None = None) -> list[CaseVectors]:
        texts = [case.title for case in cases] + [case.claim_text for case in cases]
        vectors = self._encoder.encode_passages(texts, progress)
        half = len(cases)
        return [CaseVectors(self._encoder.name, {"title": vectors[i], "claim": vectors[half + i]}) for i in range(half)]


def _refuse_changes(cases: Sequence[Case], stored: Mapping[str, Case]) -> None:
    taken = [case.id for case in cases if stored.get(case.id, case) != case]
    if taken:
        raise CaseExists(
            f"Known already, with another content: {', '.join(taken)}. Use PUT /v1/cases/ID to change a case."
        )


def _keep_human_labels(case: Case, stored: Case | None) -> Case:
    """The case as it is to be stored: weak labels never replace those that a person gave."""
    if case.label_source is LabelSource.HUMAN or stored is None:
        return case
    if stored.label_source is LabelSource.WEAK or not stored.narratives:
        return case
    return replace(case, narratives=stored.narratives, label_source=stored.label_source)


def _score_of(position: str) -> float:
    kind, _, score = position.partition(_SCORE)
    try:
        return float("" if kind else score)
    except ValueError as error:
        raise InvalidCursor("cursor: take it from `cursor` of the page before; it is of another listing.") from error
