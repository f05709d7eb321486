"""A model that was trained when there were fewer features reads as many as it knows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from leitmotif.classifier.fusion import PassageScores
from leitmotif.classifier.pooling import Pooling, pool_features
from leitmotif.classifier.reading import Reading, evidence_features

_LABELS = 3
_FEWER = 5


@pytest.fixture
def passages() -> PassageScores:
    random = np.random.default_rng(0)
    stances = random.dirichlet(np.ones(4), 6).astype(np.float32)
    carry, touched = random.normal(size=(2, 6, _LABELS)).astype(np.float32)
    return PassageScores(carry, touched, stances)


def old_regression(width: int) -> LogisticRegression:
    random = np.random.default_rng(1)
    return LogisticRegression().fit(random.normal(size=(40, width)), np.arange(40) % 2)


def test_pooling_of_an_older_model_reads_the_first_columns(passages: PassageScores) -> None:
    features = pool_features(passages.rows([0, 1, 2, 3]), passages.rows([4, 5]), [0, 0, 1, 1])
    regression = old_regression(_FEWER)
    scale, offset = np.ones(_LABELS, np.float32), np.zeros(_LABELS, np.float32)
    expected = regression.decision_function(features[:, :_FEWER])
    assert features.shape[1] > _FEWER
    assert Pooling(regression, scale, offset).logits(features) == pytest.approx(expected, abs=1e-5)


def test_evidence_of_an_older_model_reads_the_first_columns(passages: PassageScores) -> None:
    pooled = np.zeros(_LABELS, np.float32)
    features = evidence_features(passages.rows([0, 1, 2, 3]), passages.rows([4, 5]), [0, 0, 1, 1], pooled)
    regression = old_regression(_FEWER)
    expected = regression.predict_proba(features[..., :_FEWER].reshape(-1, _FEWER))[:, 1].reshape(4, _LABELS)
    assert Reading(regression, None).probabilities(features) == pytest.approx(expected, abs=1e-5)
