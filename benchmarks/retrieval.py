"""Baselines and figures of claim retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from leitmotif.text.normalise import match_key

Scores = NDArray[np.floating]
_SATURATION, _LENGTH_SHARE = 1.2, 0.75
_RANK_CONSTANT = 60.0


def bm25(documents: Sequence[str], queries: Sequence[str]) -> Scores:
    """BM25 over all words as they stand (k1 1.2, b 0.75), shape (len(queries), len(documents))."""
    vocabulary: dict[str, int] = {}
    counts = _counts(documents, vocabulary)
    asked = _counts(queries, vocabulary, grow=False)
    asked.data[:] = 1.0
    frequency = np.bincount(counts.indices, minlength=len(vocabulary))
    rarity = np.log(1 + (len(documents) - frequency + 0.5) / (frequency + 0.5))
    length = np.asarray(counts.sum(axis=1)).ravel()
    damping = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * length / length.mean())
    rows = np.repeat(np.arange(len(documents)), np.diff(counts.indptr))
    counts.data = counts.data * (_SATURATION + 1) / (counts.data + damping[rows]) * rarity[counts.indices]
    return np.asarray((asked @ counts.T).todense(), np.float32)


def fused(rankings: Iterable[Scores]) -> Scores:
    """Reciprocal rank fusion (Cormack et al., 2009)."""
    return sum(1.0 / (_RANK_CONSTANT + 1 + np.argsort(np.argsort(-s, axis=1), axis=1)) for s in rankings)


def figures(ranked: Sequence[Sequence[str]], answers: Sequence[frozenset[str]]) -> dict[str, float]:
    """MAP@5, MRR and Success@k of ranked ids against the right ones."""
    hits = [[i in right for i in ids] for ids, right in zip(ranked, answers, strict=True)]
    first = [row.index(True) + 1 if any(row) else 0 for row in hits]
    precision = [
        sum(sum(row[: k + 1]) / (k + 1) for k in range(min(5, len(row))) if row[k]) / len(right)
        for row, right in zip(hits, answers, strict=True)
    ]
    success = {f"success@{k}": float(np.mean([0 < rank <= k for rank in first])) for k in (1, 5, 10)}
    mrr = float(np.mean([1 / rank if rank else 0.0 for rank in first]))
    return {"map@5": float(np.mean(precision)), "mrr": mrr, **success}


def _counts(texts: Sequence[str], vocabulary: dict[str, int], *, grow: bool = True) -> sparse.csr_matrix:
    rows: list[int] = []
    columns: list[int] = []
    for row, text in enumerate(texts):
        for word in match_key(text).split():
            if grow or word in vocabulary:
                rows.append(row)
                columns.append(vocabulary.setdefault(word, len(vocabulary)))
    ones = np.ones(len(rows), np.float32)
    return sparse.coo_matrix((ones, (rows, columns)), shape=(len(texts), len(vocabulary))).tocsr()
