"""Thresholds keep to the bounds on false labels, and the reading of sentences learns from articles."""

from __future__ import annotations

import numpy as np

from training.calibrate import NEUTRAL_BOUND, REFUTED_BOUND, choose_thresholds


def material(false_labels: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Scores of 900 texts: a third carries the one narrative, a third is neutral, a third refutes it."""
    rng = np.random.default_rng(seed)
    stances = ["asserted"] * 300 + ["neutral"] * 300 + ["refuted"] * 300
    carried = np.array([[stance == "asserted"] for stance in stances])
    quiet = rng.beta(1, 9, (900, 1))
    loud = rng.beta(6, 3, (900, 1))
    strays = rng.random((900, 1)) < false_labels
    return np.where(carried | strays, loud, quiet).astype(np.float32), carried, stances


def test_thresholds_are_raised_until_false_labels_are_within_their_bounds() -> None:
    probability, carried, stances = material(false_labels=0.15)
    labelled = (probability >= choose_thresholds(probability, carried, stances)).any(axis=1)
    neutral, refuted = np.array(stances) == "neutral", np.array(stances) == "refuted"
    assert labelled[neutral].mean() <= NEUTRAL_BOUND
    assert labelled[refuted].mean() <= REFUTED_BOUND
    assert labelled[:300].mean() > 0.05


def test_where_nothing_is_labelled_falsely_thresholds_stay_where_f1_is_best() -> None:
    probability, carried, stances = material(false_labels=0.0)
    labelled = (probability >= choose_thresholds(probability, carried, stances))[:, 0]
    assert labelled[:300].mean() > 0.9
    assert labelled[300:].mean() <= (NEUTRAL_BOUND + REFUTED_BOUND) / 2


def test_a_narrative_with_few_texts_takes_the_common_threshold() -> None:
    probability, carried, stances = material(false_labels=0.0)
    rare = np.zeros_like(carried)
    rare[0] = True
    both = choose_thresholds(np.hstack([probability, probability * 0.2]), np.hstack([carried, rare]), stances)
    assert abs(both[1] - both[0]) < 0.15
