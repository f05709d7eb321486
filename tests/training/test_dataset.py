"""The corpus as examples: what each text touches, and how it stands to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.support import ARTICLE, CASE, PLAIN, write_corpus
from training.corpus import load_corpus
from training.dataset import STANCE_NAMES, Example, build_examples, carry_matrix, stance_codes, touch_matrix

_LABELS = ("moon_base", "bee_spies")


def examples_of(folder: Path, source: str = "", **lines: list[Any]) -> list[Example]:
    return [e for e in build_examples(load_corpus(write_corpus(folder, **lines))) if source in {"", e.source}]


def labelled(text: str, **stances: str) -> dict[str, Any]:
    """A sentence with labels, {narrative: stance}."""
    return {"text": text, "labels": [{"narrative": name, "stance": stance} for name, stance in stances.items()]}


def test_a_case_gives_title_claim_and_response(tmp_path: Path) -> None:
    case = CASE | {"summary": "The West dug a base into it.", "response": "The moon is made of rock."}
    title, claim = examples_of(tmp_path, "case", cases=[case])
    (response,) = examples_of(tmp_path, "response", cases=[case])
    assert title.text == "The moon is a base"
    assert claim.text == "The moon is a base. The West dug a base into it."
    assert (title.stance, claim.stance, response.stance) == ("asserted", "asserted", "refuted")
    assert {e.group for e in (title, claim, response)} == {"lm-1"}
    assert (title.carried, response.narratives, response.carried) == (("moon_base",), ("moon_base",), ())


def test_weak_and_unlabelled_cases_teach_nothing(tmp_path: Path) -> None:
    cases = [CASE | {"label_source": "weak"}, CASE | {"id": "lm-2", "narratives": []}]
    assert examples_of(tmp_path, "case", cases=cases) == []
    assert examples_of(tmp_path, "response", cases=cases) == []


def test_a_contrast_set_gives_one_text_of_each_stance(tmp_path: Path) -> None:
    examples = examples_of(tmp_path, "contrast")
    assert [e.stance for e in examples] == list(STANCE_NAMES)
    assert [e.narratives for e in examples] == [("bee_spies",)] * 3 + [()]
    assert [e.carried for e in examples] == [("bee_spies",)] * 2 + [()] * 2
    assert {e.group for e in examples} == {"cs-1"}


@pytest.mark.parametrize(
    ("labels", "stance", "narratives"),
    [
        ([{}, {}, {}], "neutral", ()),
        ([{}, {"moon_base": "refuted"}, {}], "refuted", ("moon_base",)),
        ([{"moon_base": "refuted"}, {}, {"bee_spies": "attributed"}], "attributed", ("bee_spies",)),
        ([{"moon_base": "attributed"}, {"moon_base": "refuted"}, {}], "attributed", ("moon_base",)),
        (
            [{"moon_base": "refuted"}, {"moon_base": "attributed"}, {"bee_spies": "asserted"}],
            "asserted",
            ("bee_spies",),
        ),
        ([{"moon_base": "asserted"}, {"bee_spies": "asserted"}, {}], "asserted", ("moon_base", "bee_spies")),
        ([{"moon_base": "asserted", "bee_spies": "refuted"}, {}, {}], "asserted", ("moon_base",)),
    ],
)
def test_a_window_takes_the_strongest_stance_in_it(
    tmp_path: Path, labels: list[dict[str, str]], stance: str, narratives: tuple[str, ...]
) -> None:
    sentences = [labelled(f"Sentence number {i} is here.", **each) for i, each in enumerate(labels)]
    windows = examples_of(tmp_path, "window", articles=[ARTICLE | {"paragraphs": [sentences]}])
    (whole,) = (w for w in windows if w.text.count("number") == 3)
    assert (whole.stance, whole.narratives) == (stance, narratives)


def test_windows_stay_inside_their_paragraph(tmp_path: Path) -> None:
    paragraphs = [[labelled(f"Sentence number {p}{i} here.") for i in range(4)] for p in "ab"]
    article = ARTICLE | {"paragraphs": paragraphs}
    windows = [e.text for e in examples_of(tmp_path, "window", articles=[article])]
    own = [e.text for e in examples_of(tmp_path, "article", articles=[article])]
    assert own == [s["text"] for paragraph in paragraphs for s in paragraph]
    assert [w.count("number") for w in windows] == [2, 3, 3, 2] * 2
    assert not [w for w in windows if "a3" in w and "b0" in w]


def test_each_text_comes_once_and_short_ones_not_at_all(tmp_path: Path) -> None:
    plain = [PLAIN, PLAIN | {"id": "nt-2"}, PLAIN | {"id": "nt-3", "text": "Two words"}]
    assert [e.group for e in examples_of(tmp_path, "none", none=plain)] == ["nt-1"]


def test_matrices(tmp_path: Path) -> None:
    examples = examples_of(tmp_path, "contrast")
    assert carry_matrix(examples, _LABELS).tolist() == [[False, True], [False, True], [False, False], [False, False]]
    assert touch_matrix(examples, _LABELS).tolist() == [[False, True]] * 3 + [[False, False]]
    assert np.array_equal(stance_codes(examples), [0, 1, 2, 3])
