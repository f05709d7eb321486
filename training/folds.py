"""Splits examples into folds, with near-duplicates kept on one side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from leitmotif.encoder import Vectors
from training.dataset import Example

NEAR_DUPLICATE = 0.86
"""Cosine of two texts above which their groups are joined."""

_BLOCK = 1024


def joined_groups(examples: Sequence[Example], vectors: Vectors) -> NDArray[np.int64]:
    """Shape (len(examples),): group numbers, groups with near-duplicate texts joined into one."""
    names = {group: i for i, group in enumerate(dict.fromkeys(example.group for example in examples))}
    of_example = np.array([names[example.group] for example in examples], np.int64)
    parent = list(range(len(names)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for start in range(0, len(examples), _BLOCK):
        close = vectors[start : start + _BLOCK] @ vectors.T > NEAR_DUPLICATE
        for i, j in np.argwhere(close):
            parent[root(int(of_example[start + i]))] = root(int(of_example[j]))
    return np.array([root(int(group)) for group in of_example], np.int64)


def fold_numbers(examples: Sequence[Example], groups: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Shape (len(examples),): the fold in which each example is held out; narratives and stances spread evenly."""
    strata = [f"{(example.narratives or ('none',))[0]}/{example.stance}" for example in examples]
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    numbers = np.zeros(len(examples), np.int64)
    with np.errstate(all="ignore"):
        for number, (_, held_out) in enumerate(splitter.split(np.zeros(len(examples)), _codes(strata), groups)):
            numbers[held_out] = number
    return numbers


def _codes(strata: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(strata), return_inverse=True)[1]
