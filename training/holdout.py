"""The frozen hold-out: texts that no version is ever trained on, so that versions can be compared on them.

Whether a text is held out depends on the hash of its group alone. So a new case joins the hold-out or the training
part by itself, on every machine alike, and stays there for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from leitmotif.encoder import Vectors
from training.corpus import Corpus
from training.folds import NEAR_DUPLICATE

SHARE = 0.08
RULE = f"sha256 below {SHARE}"
"""Stands in the manifest of every version that has seen nothing of the hold-out."""

_BLOCK = 1024


def is_held_out(group: str) -> bool:
    """Whether the texts of a group (the id of a case, article, contrast set, …) are held out."""
    return fraction(group) < SHARE


def fraction(group: str) -> float:
    """Where a group falls in [0, 1), by its hash alone."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4], "big") / 2**32


def split(corpus: Corpus) -> tuple[Corpus, Corpus]:
    """The training part and the hold-out. Claims as found whose case is held out train nothing either."""
    held = {record_id for record_id in _ids(corpus) if is_held_out(record_id)}
    return without(corpus, held), without(corpus, _ids(corpus) - held)


def without(corpus: Corpus, groups: Set[str]) -> Corpus:
    """The corpus without the records of some groups."""
    return replace(
        corpus,
        cases=tuple(case for case in corpus.cases if case.id not in groups),
        articles=tuple(article for article in corpus.articles if article.id not in groups),
        contrast_sets=tuple(contrast for contrast in corpus.contrast_sets if contrast.id not in groups),
        passages=tuple(passage for passage in corpus.passages if passage.id not in groups),
        plain_texts=tuple(plain for plain in corpus.plain_texts if plain.id not in groups),
        claim_pairs=tuple(pair for pair in corpus.claim_pairs if pair.case not in groups),
    )


def near(vectors: Vectors, held_out: Vectors) -> NDArray[np.bool_]:
    """Shape (n,): which of the (n, d) unit vectors are near-duplicates of one of the (m, d) held-out ones."""
    found = np.zeros(len(vectors), bool)
    if len(held_out):
        for start in range(0, len(vectors), _BLOCK):
            found[start : start + _BLOCK] = (vectors[start : start + _BLOCK] @ held_out.T).max(axis=1) > NEAR_DUPLICATE
    return found


def _ids(corpus: Corpus) -> set[str]:
    records = (*corpus.articles, *corpus.contrast_sets, *corpus.passages, *corpus.plain_texts)
    return {case.id for case in corpus.cases} | {record.id for record in records}
