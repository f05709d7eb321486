"""Folds: near-duplicates on one side, labels spread evenly, the same split for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training.dataset import Example
from training.folds import NEAR_DUPLICATE, fold_numbers, joined_groups


def example(number: int, group: str, narrative: str = "n", stance: str = "asserted") -> Example:
    return Example(f"text {number}", (narrative,), stance, group, "case", "title")


def at_angles(*degrees: float) -> NDArray[np.float32]:
    """Unit vectors of the plane: the cosine of two is that of their difference."""
    angles = np.deg2rad(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_groups_with_near_duplicates_are_joined() -> None:
    near = np.rad2deg(np.arccos(NEAR_DUPLICATE))
    examples = [example(i, g) for i, g in enumerate(["a", "a", "b", "c", "d"])]
    # b's text is near a's second, c's is near b's, d's is near none.
    groups = joined_groups(examples, at_angles(0, 90, 90 + near - 1, 90 + 2 * near - 2, 250))
    assert len({groups[0], groups[1], groups[2], groups[3]}) == 1
    assert groups[4] != groups[0]


def test_groups_that_are_merely_similar_stay_apart() -> None:
    near = np.rad2deg(np.arccos(NEAR_DUPLICATE))
    groups = joined_groups([example(0, "a"), example(1, "b")], at_angles(0, near + 1))
    assert groups[0] != groups[1]


def test_near_duplicates_are_found_across_blocks() -> None:
    count = 2_500
    vectors = np.random.default_rng(1).standard_normal((count, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[2_400] = vectors[3]
    groups = joined_groups([example(i, str(i)) for i in range(count)], vectors)
    assert groups[2_400] == groups[3]
    assert len(set(groups.tolist())) == count - 1


@pytest.fixture
def many() -> list[Example]:
    return [
        example(i, f"g{i // 2}", narrative=f"n{i // 2 % 3}", stance="refuted" if i % 2 else "asserted")
        for i in range(240)
    ]


def test_folds_keep_groups_whole_and_spread_labels(many: list[Example]) -> None:
    groups = np.array([i // 4 for i in range(240)])
    folds = fold_numbers(many, groups, 5, seed=1)
    assert set(folds.tolist()) == set(range(5))
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1
    for narrative in ("n0", "n1", "n2"):
        own = np.array([narrative in e.narratives for e in many])
        counts = np.bincount(folds[own], minlength=5)
        assert counts.min() >= 10, counts


def test_near_duplicates_never_stand_on_two_sides(many: list[Example]) -> None:
    generator = np.random.default_rng(2)
    vectors = generator.standard_normal((240, 64)).astype(np.float32)
    vectors[120:] = vectors[:120] + 0.01 * generator.standard_normal((120, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    folds = fold_numbers(many, joined_groups(many, vectors), 4, seed=3)
    assert np.array_equal(folds[:120], folds[120:])


def test_the_seed_decides(many: list[Example]) -> None:
    groups = np.arange(240) // 2
    assert np.array_equal(fold_numbers(many, groups, 5, 1), fold_numbers(many, groups, 5, 1))
    assert not np.array_equal(fold_numbers(many, groups, 5, 1), fold_numbers(many, groups, 5, 2))
