"""Gathers the cases that might answer a claim, by words and by meaning, and looks at each closely."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from leitmotif.domain import Case, CaseFilter
from leitmotif.encoder import Encoder
from leitmotif.library import FIELDS
from leitmotif.matching.features import FEATURES, Fields, Query, describe
from leitmotif.matching.wording import Wording, clean, middle, read, stem
from leitmotif.store.protocol import Store
from leitmotif.text.sentences import split_sentences

DEPTH = 50
_KEPT = 64
_RANK_CONSTANT = 60.0
_MOST_SENTENCES = 6
_FEWEST_WORDS = 4
_REMEMBERED = 16384
_FEWEST_CASES = 1000


@dataclass(frozen=True, slots=True)
class Candidates:
    """Cases that might answer a claim, with their features, shape (len(cases), len(FEATURES))."""

    cases: tuple[Case, ...]
    features: NDArray[np.float32]


class CandidateFinder:
    """Gathers candidates for a claim. Safe to share between threads."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        self._store = store
        self._encoder = encoder
        self._read: Callable[[str], Wording] = lru_cache(_REMEMBERED)(partial(read, stem=lru_cache(_REMEMBERED)(stem)))

    def find(
        self,
        claim: str,
        where: CaseFilter,
        *,
        depth: int = DEPTH,
        also: Sequence[str] = (),
        without: Collection[str] = (),
    ) -> Candidates:
        """The nearest cases by words and by meaning, and those named in `also`, but none of `without`."""
        text = clean(claim) or claim
        sentences = [s.text for s in split_sentences(text) if len(s.text.split()) >= _FEWEST_WORDS]
        texts = [text, *sentences[:_MOST_SENTENCES]] if len(sentences) > 1 else [text]
        vectors = self._encoder.encode_queries(texts)
        ids = self._gather(text, vectors[0], where, depth + len(without), also)
        cases = self._store.get_cases([case_id for case_id in ids if case_id not in without])
        if not cases:
            return Candidates((), np.zeros((0, len(FEATURES)), np.float32))
        cosines = self._cosines(vectors, [case.id for case in cases])
        sentence = cosines.max(axis=(0, 2))
        return Candidates(tuple(cases), self._describe(texts, cases, cosines[0], sentence))

    def _gather(
        self, text: str, vector: NDArray[np.float32], where: CaseFilter, depth: int, also: Sequence[str]
    ) -> list[str]:
        """Ids by rank in three lists together (Cormack et al., 2009); the last ones of few lists are left out."""
        name = self._encoder.name
        rankings = [self._store.search_vectors(vector, name, field, where, limit=depth) for field in FIELDS]
        rankings.append(self._store.search_words(text, where, limit=depth))
        scores: dict[str, float] = {}
        for ranking in rankings:
            for rank, hit in enumerate(ranking):
                scores[hit.case_id] = scores.get(hit.case_id, 0.0) + 1.0 / (_RANK_CONSTANT + rank)
        best = sorted(scores, key=lambda case_id: (-scores[case_id], case_id))
        return list(dict.fromkeys([*also, *best[: max(_KEPT, depth)]]))

    def _cosines(self, vectors: NDArray[np.float32], ids: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(vectors), len(ids), len(FIELDS)); a field without a vector has cosine 0."""
        known = self._store.get_vectors(ids, self._encoder.name)
        empty = np.zeros(vectors.shape[1], np.float32)
        stacked = np.array([[known.get(i, {}).get(field, empty) for field in FIELDS] for i in ids], np.float32)
        return np.moveaxis(stacked @ vectors.T, -1, 0)

    def _describe(
        self, texts: Sequence[str], cases: Sequence[Case], cosines: NDArray[np.float32], sentence: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        wordings = [self._read(text) for text in texts]
        fields = [self._fields(case) for case in cases]
        of_cases = (field for case in fields for field in (case.title, case.summary))
        rarity = self._rarity([*wordings, *of_cases])
        query = Query(wordings[0], tuple(wordings[1:] or wordings), {s: rarity[s] for w in wordings for s in w.stems})
        return describe(query, fields, cosines, sentence, rarity.__getitem__)

    def _fields(self, case: Case) -> Fields:
        dates = (middle(date) for date in (case.date, *(appearance.date for appearance in case.appearances)))
        return Fields(
            self._read(case.title),
            self._read(case.summary),
            self._read(" ".join(appearance.title for appearance in case.appearances)),
            tuple(day.toordinal() for day in dates if day),
        )

    def _rarity(self, wordings: Iterable[Wording]) -> Mapping[str, float]:
        """Inverse document frequency of each stem, in [0, 1].

        Words are counted as if there were a thousand cases at least: fewer do not tell which words are rare.
        """
        forms: dict[str, str] = {}
        for wording in wordings:
            forms.update(wording.forms)
        total = max(self._store.count_cases(), _FEWEST_CASES) + 1
        counts = self._store.document_counts(set(forms.values()))
        known = np.fromiter((counts.get(form, 0) for form in forms.values()), np.float64, len(forms))
        rarity = np.log(total / (known + 1)) / math.log(total + 1)
        return dict(zip(forms, rarity.tolist(), strict=True))
