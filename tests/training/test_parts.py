"""What lies between stages comes back as it was, and nothing else comes in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from leitmotif.domain import Case, Stance
from leitmotif.errors import LeitmotifError, ModelCorrupt
from leitmotif.matching import MatchWeights
from tests.training.support import CONTRAST
from training.corpus import ContrastSet
from training.parts import read_parts, write_parts
from training.run_folder import RunFolder


def test_everything_comes_back(tmp_path: Path) -> None:
    weights = MatchWeights(coefficients=(1.0, 2.0), intercept=0.5, match_threshold=0.9, possible_threshold=0.5)
    regression = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    value = {
        "case": Case("a", "Title", narratives=("moon",)),
        "set": ContrastSet.model_validate(CONTRAST),
        "weights": weights,
        "plain": [None, True, 1, 0.5, "ä", (1, 2), Stance.REFUTED, np.float32(0.25)],
        ("tuple", "key"): {1: 2},
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "regression": (regression,),
    }
    write_parts(tmp_path, value)
    found = read_parts(tmp_path)
    assert (found["case"], found["set"], found["weights"]) == (value["case"], value["set"], weights)
    assert found["plain"] == [None, True, 1, 0.5, "ä", (1, 2), Stance.REFUTED, 0.25]
    assert found["plain"][6] is Stance.REFUTED
    assert found[("tuple", "key")] == {1: 2}
    assert np.array_equal(found["array"], value["array"])
    assert found["regression"][0].predict([[1.0]]) == [1]


@dataclass
class Foreign:
    """A class that no stage makes."""

    x: int


@pytest.mark.parametrize("value", [{1, 2}, object(), np.array([object()])])
def test_what_cannot_be_kept_is_named(tmp_path: Path, value: object) -> None:
    with pytest.raises(TypeError, match="cannot be kept"):
        write_parts(tmp_path, value)


@pytest.mark.parametrize(
    "tree",
    [
        {"dataclass": "subprocess:Popen", "fields": {"args": "true"}},
        {"dataclass": "leitmotif.registry:sha256", "fields": {}},
        {"dataclass": "leitmotif.registry:Path", "fields": {}},
        {"record": "leitmotif.domain:Case", "body": {}},
        {"enum": "training.corpus:Corpus", "value": 1},
    ],
)
def test_classes_of_others_are_refused(tmp_path: Path, tree: dict[str, Any]) -> None:
    write_parts(tmp_path, None)
    (tmp_path / "tree.json").write_text(json.dumps(tree))
    with pytest.raises(ValueError):
        read_parts(tmp_path)


def test_estimators_that_no_model_holds_are_refused(tmp_path: Path) -> None:
    write_parts(tmp_path, None)
    joblib.dump({"part0": Foreign(1)}, tmp_path / "estimators.joblib")
    with pytest.raises(ModelCorrupt, match="Foreign"):
        read_parts(tmp_path)


def test_a_result_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path, "run-1")
    folder.save("fit", {"n": 1}, [1])
    with pytest.raises(TypeError):
        folder.save("fit", {"n": 2}, object())
    assert (folder.note("fit"), folder.load("fit"), folder.note("gate")) == ({"n": 1}, [1], None)
    with pytest.raises(LeitmotifError, match="delete that folder and resume"):
        folder.load("gate")
    folder.remove()
    assert folder.note("fit") is None
