"""The rule of the gate, on scorings made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from training.gate import GateRule, NarrativeScore, Scoring, judge

_RULE = GateRule()


def scoring(
    version: str, f1: dict[str, float], *, texts: int = 20, neutral: float = 0.05, refuting: float = 0.1
) -> Scoring:
    narratives = {name: NarrativeScore(texts, value, value) for name, value in f1.items()}
    return Scoring(version, narratives, neutral, refuting, articles_macro_f1=0.5, texts=100)


_LIVE = scoring("live", {"moon": 0.7, "bees": 0.8})


def test_the_first_version_is_promoted() -> None:
    verdict = judge(_LIVE, None, _RULE, "It is the first version.")
    assert (verdict.promoted, verdict.reasons) == (True, ("It is the first version.",))


def test_as_good_is_good_enough() -> None:
    assert judge(_LIVE, _LIVE, _RULE).promoted


@pytest.mark.parametrize(
    ("f1", "promoted"),
    [({"moon": 0.69, "bees": 0.79}, True), ({"moon": 0.68, "bees": 0.79}, False), ({"moon": 0.6, "bees": 0.9}, True)],
)
def test_macro_f1_may_fall_by_a_hundredth(f1: dict[str, float], promoted: bool) -> None:
    verdict = judge(scoring("new", f1), _LIVE, _RULE)
    assert verdict.promoted is promoted
    assert promoted or "Macro-F1" in verdict.reasons[0]


def test_no_narrative_may_lose_much() -> None:
    verdict = judge(scoring("new", {"moon": 0.59, "bees": 0.95}), _LIVE, _RULE)
    assert not verdict.promoted
    assert "F1 of moon falls from 0.70 to 0.59 on 20 texts" in verdict.reasons[0]


def test_a_narrative_with_few_texts_counts_in_the_mean_only() -> None:
    few = scoring("live", {"moon": 0.7, "bees": 0.8}, texts=14)
    assert judge(scoring("new", {"moon": 0.55, "bees": 0.95}, texts=14), few, _RULE).promoted


@pytest.mark.parametrize(
    ("field", "word"), [("neutral_labelled", "without a narrative"), ("refuting_labelled", "refute")]
)
def test_false_labels_may_rise_by_a_point(field: str, word: str) -> None:
    before = getattr(_LIVE, field)
    assert judge(replace(_LIVE, **{field: before + 0.01}), _LIVE, _RULE).promoted
    verdict = judge(replace(_LIVE, **{field: before + 0.02}), _LIVE, _RULE)
    assert not verdict.promoted
    assert word in verdict.reasons[0]


def test_a_new_narrative_is_reported_and_not_compared() -> None:
    verdict = judge(scoring("new", {"moon": 0.7, "bees": 0.8, "owls": 0.0}), _LIVE, _RULE)
    assert (verdict.promoted, verdict.new_narratives) == (True, ("owls",))


def test_every_fault_is_told() -> None:
    bad = scoring("new", {"moon": 0.1, "bees": 0.1}, neutral=0.5, refuting=0.5)
    assert len(judge(bad, _LIVE, _RULE).reasons) == 5


def test_without_held_out_texts_there_is_nothing_to_hold_against_it() -> None:
    empty = scoring("live", {"moon": 0.0}, texts=0)
    assert judge(replace(empty, version="new"), empty, _RULE).promoted
