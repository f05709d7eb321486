"""Each reason to label a text, by itself."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leitmotif.classifier.heads import FirstLayer, part_scores
from leitmotif.review.disagreement import disagreement
from leitmotif.review.novelty import nearest, spread
from leitmotif.review.rarity import rarity
from leitmotif.review.uncertainty import centred, entropy

SHARE = st.floats(0.001, 0.999)


@given(SHARE, SHARE)
def test_the_threshold_comes_to_lie_in_the_middle(probability: float, threshold: float) -> None:
    found = float(centred(np.array([[probability]]), np.array([threshold]))[0, 0])
    assert 0 <= found <= 1
    assert (found >= 0.5) == (probability >= threshold)


def test_most_uncertain_is_what_lies_at_its_threshold() -> None:
    probabilities = np.array([[0.0, 0.01], [0.2, 0.0], [1.0, 0.0], [0.25, 0.6]])
    thresholds = np.array([0.2, 0.6])
    doubts = entropy(probabilities, thresholds)
    assert doubts.argmax() == 3
    assert np.isclose(doubts[1], 1.0)
    assert doubts[2] < 1e-6
    # Thresholds may be those of each text.
    each = np.tile(thresholds, (4, 1))
    assert np.allclose(entropy(probabilities, each), doubts)


def test_parts_disagree_most_where_each_is_sure_of_the_contrary() -> None:
    parts = np.array([[[0.0, 0.5], [0.9, 0.1], [0.5, 0.5]], [[1.0, 0.5], [0.9, 0.1], [0.6, 0.5]]])
    found = disagreement(parts)
    assert np.isclose(found[0], 1.0, atol=1e-6)
    assert np.isclose(found[1], 0.0)
    assert 0 < found[2] < 0.1


def test_the_nearest_of_others() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert nearest(vectors, vectors[:2]).tolist() == [1, 1, 0]
    assert nearest(vectors, np.zeros((0, 0), np.float32)).tolist() == [-1, -1, -1]


def test_a_likely_rare_narrative_is_worth_more() -> None:
    likely = np.array([[0.9, 0.0], [0.0, 0.9], [0.0, 0.1]])
    found = rarity(likely, np.array([99, 0]))
    assert found.argsort().tolist() == [0, 2, 1]
    assert np.allclose(found, [0.09, 0.9, 0.1])


def spread_over(vectors: np.ndarray, value: list[float], weight: float, limit: int = 3) -> list[int]:
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    near, free = np.full(len(unit), -1.0), np.ones(len(unit), bool)
    return spread(unit, np.array(value), near, limit, weight, 0.95, free=free)


def test_spread_between_value_and_unlikeness() -> None:
    vectors = np.array([[1.0, 0.0], [0.9, 0.45], [0.0, 1.0], [-1.0, 0.0]])
    assert spread_over(vectors, [1, 0.9, 0.2, 0.1], 0.0) == [0, 1, 2]
    assert spread_over(vectors, [1, 0.9, 0.2, 0.1], 1.0)[1] == 3
    assert spread_over(vectors, [1, 0.9, 0.8, 0.1], 0.5)[:2] == [0, 2]


def test_a_near_duplicate_is_never_chosen() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.01], [0.0, 1.0]])
    assert spread_over(vectors, [1, 0.9, 0.1], 0.0) == [0, 2]


def test_parts_of_the_model_are_heard_and_an_unknowing_branch_follows_the_network() -> None:
    flat = np.zeros((1, 2), np.float32)
    touched, words, tuned = (np.array([row], np.float32) for row in ([3.0, -3.0], [0.0, 40.0], [-3.0, 0.0]))
    layer = FirstLayer(touched, flat, flat, words, flat, flat, tuned, flat, flat)
    found = part_scores(layer)
    assert np.allclose(found["network"], [[0.9526, 0.0474]], atol=1e-4)
    assert np.allclose(found["words"], [[0.5, 1.0]])
    assert np.allclose(found["tuned"], [[0.0474, 0.0474]], atol=1e-4)
