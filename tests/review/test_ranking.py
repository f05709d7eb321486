"""The reasons together."""

from __future__ import annotations

import numpy as np
import pytest

from leitmotif.review import Candidates, Strategy, Weights, rank

NONE = np.zeros((0, 0), np.float32)
COUNTS = np.array([10, 0])


def candidates(count: int = 40, *, parts: bool = False) -> Candidates:
    random = np.random.default_rng(3)
    vectors = random.normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    probabilities = random.random((count, 2))
    told = np.stack([probabilities, random.random((count, 2))]) if parts else None
    return Candidates(probabilities, np.array([0.3, 0.6]), vectors, told)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_each_text_once_and_no_more_than_asked_for(strategy: Strategy) -> None:
    found = rank(candidates(), NONE, COUNTS, 10, strategy=strategy, seed=1)
    assert len({entry.place for entry in found}) == len(found) == 10
    assert len(rank(candidates(5), NONE, COUNTS, 10, strategy=strategy)) == 5
    for entry in found:
        assert 0 <= entry.value <= 1
        assert all(0 < share <= 1 for share in entry.reasons.values())


def test_nothing_to_rank() -> None:
    assert rank(candidates(0), NONE, COUNTS, 10) == []


def test_the_same_question_has_the_same_answer() -> None:
    assert rank(candidates(), NONE, COUNTS, 10) == rank(candidates(), NONE, COUNTS, 10)


def test_uncertainty_alone_goes_by_uncertainty() -> None:
    found = rank(candidates(), NONE, COUNTS, 10, strategy=Strategy.UNCERTAINTY)
    shares = [entry.reasons["uncertainty"] for entry in found]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1


def test_near_duplicates_of_taken_texts_are_left_out_those_of_known_cases_are_not() -> None:
    pool = candidates()
    taken = pool.vectors[:5]
    assert not {entry.place for entry in rank(pool, taken, COUNTS, 40)} & set(range(5))
    known = Candidates(pool.probabilities, pool.thresholds, pool.vectors, known=np.ones(40))
    assert len(rank(known, NONE, COUNTS, 40)) == 40


def test_disagreement_counts_only_where_parts_are_told() -> None:
    without, told = candidates(), candidates(parts=True)
    weights = Weights(uncertainty=0, disagreement=1, novelty=0, rarity=0, unlikeness=0)
    assert "disagreement" not in rank(without, NONE, COUNTS, 1, weights=weights)[0].reasons
    found = rank(told, NONE, COUNTS, 5, weights=weights)
    assert found[0].reasons["disagreement"] == 1


def test_diversity_takes_from_every_corner() -> None:
    corners = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    corners += np.random.default_rng(1).normal(size=corners.shape).astype(np.float32) * 0.2
    corners /= np.linalg.norm(corners, axis=1, keepdims=True)
    pool = Candidates(np.full((20, 2), 0.5), np.array([0.3, 0.6]), corners)
    found = rank(pool, NONE, COUNTS, 4, strategy=Strategy.DIVERSITY)
    assert {entry.place // 5 for entry in found} == {0, 1, 2, 3}
