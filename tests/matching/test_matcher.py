"""What is decided on a claim, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leitmotif.domain import Case, CaseFilter, Verdict
from leitmotif.library import Library
from leitmotif.matching import FEATURES, CandidateFinder, ClaimMatcher
from leitmotif.store import Store
from tests.matching.conftest import BEES, CHEESE, MOON

_ALL = CaseFilter()


def test_features_have_names_and_are_finite(library: Library, matcher: ClaimMatcher) -> None:
    for ranked in matcher.rank("Trained bees spy on soldiers", _ALL, limit=3):
        assert ranked.features.shape == (len(FEATURES),)
        assert np.isfinite(ranked.features).all()


def test_a_claim_in_other_words_matches(matcher: ClaimMatcher) -> None:
    result = matcher.check("Bees were trained by Lithuania to spy on soldiers in Vilnius", _ALL, limit=5)
    assert result.verdict is Verdict.MATCH
    best = result.matches[0]
    assert (best.case, best.exact, best.tier) == (BEES, False, Verdict.MATCH)
    assert "the same names: Lithuania, Vilnius" in best.explanation


def test_the_only_case_of_a_database_can_match(store: Store, matcher: ClaimMatcher) -> None:
    for case in (MOON, CHEESE):
        store.delete_case(case.id)
    right = matcher.check("Bees were trained by Lithuania to spy on soldiers in Vilnius", _ALL, limit=5)
    assert [(match.case, match.tier) for match in right.matches] == [(BEES, Verdict.MATCH)]
    assert right.matches[0].lexical > 0.5
    other = matcher.check("The price of potatoes doubles every second autumn", _ALL, limit=5)
    assert other.verdict is Verdict.NO_MATCH


def test_another_topic_does_not(matcher: ClaimMatcher) -> None:
    result = matcher.check("The price of potatoes doubles every second autumn", _ALL, limit=5)
    assert (result.verdict, result.matches) == (Verdict.NO_MATCH, ())


@pytest.mark.parametrize(
    "claim",
    [
        "TRAINED BEES spy on “Russian” soldiers, in Vilnius!!!",
        "Spionbienen über Vilnius",
        "Look: https://example.org/bees.",
        "http://www.rt.example/bienen/",
    ],
)
def test_the_same_text_or_url_is_exact_and_first(library: Library, matcher: ClaimMatcher, claim: str) -> None:
    library.put([replace(BEES, id="abees", title=f"{BEES.title} and Minsk", appearances=(), url="")])
    result = matcher.check(claim, _ALL, limit=5)
    best = result.matches[0]
    assert (best.case.id, best.exact, best.probability) == ("bees", True, 1.0)
    assert best.explanation == ("the same text or URL",)
    assert result.verdict is Verdict.MATCH
    assert result.warnings == ()


def test_other_numbers_pull_down_and_are_named(matcher: ClaimMatcher) -> None:
    same = matcher.rank("Lithuania bred 300 bees that spy on the soldiers", _ALL, limit=1)[0]
    other = matcher.rank("Lithuania bred 900 bees that spy on the soldiers", _ALL, limit=1)[0]
    assert other.probability < same.probability
    match = matcher.similar(Case(id="x", title="Lithuania bred 900 bees that spy on soldiers"), _ALL, limit=1)[0]
    assert "the numbers differ: 900 in the claim, 300 in the case" in match.explanation


def test_negation_pulls_down_and_is_named(matcher: ClaimMatcher) -> None:
    plain = matcher.rank("Poland builds a wall of cheese", _ALL, limit=1)[0]
    denied = matcher.rank("Poland never builds a wall of cheese", _ALL, limit=1)[0]
    assert (plain.exact, denied.exact) == (True, False)
    match = matcher.similar(Case(id="x", title="Poland never builds a wall of cheese"), _ALL, limit=1)[0]
    assert "only the claim is negated" in match.explanation


def test_other_names_are_named(matcher: ClaimMatcher) -> None:
    match = matcher.similar(Case(id="x", title="They say that Norway builds a wall of cheese"), _ALL, limit=1)[0]
    known = matcher.similar(Case(id="x", title="They say that Sweden keeps bees to spy on soldiers"), _ALL, limit=1)[0]
    assert match.case == CHEESE
    assert "the names differ: Sweden in the claim, Russian, Vilnius in the case" in known.explanation


def test_a_vague_claim_steps_down(matcher: ClaimMatcher) -> None:
    result = matcher.check("the cheese wall", _ALL, limit=5)
    assert result.verdict is Verdict.POSSIBLE
    assert result.matches[0].probability >= matcher.match_threshold
    assert result.warnings == ("The claim says little: every answer is one tier lower.",)


def test_filters_come_before_ranking(matcher: ClaimMatcher) -> None:
    ranked = matcher.rank(BEES.title, CaseFilter(countries=("US",)), limit=5)
    assert {entry.case.id for entry in ranked} == {"moon", "cheese"}


def test_as_many_as_asked_for(library: Library, matcher: ClaimMatcher) -> None:
    library.put([Case(id=f"c{i:03}", title=f"Claim number {i}", countries=("LV",)) for i in range(150)])
    where = CaseFilter(countries=("LV",))
    assert len(matcher.rank("Bees in Vilnius", where, limit=120)) == 120
    assert len(matcher.rank("Bees in Vilnius", where, limit=500)) == 150


def test_similar_cases_leave_out_the_case_itself(library: Library, matcher: ClaimMatcher) -> None:
    library.put([replace(BEES, id="twin", url="", appearances=())])
    similar = matcher.similar(BEES, _ALL, limit=5)
    assert similar[0].case.id == "twin"
    assert similar[0].exact
    assert "bees" not in [match.case.id for match in similar]
    assert len(similar) == 3


def test_new_changed_and_deleted_cases_count_at_once(library: Library, matcher: ClaimMatcher) -> None:
    claim = "Penguins guard the gold of the central bank"
    library.put([Case(id="new", title="Gold of the central bank is guarded by penguins")])
    assert matcher.check(claim, _ALL, limit=1).matches[0].case.id == "new"
    library.put([Case(id="new", title="Whales sing the anthem")])
    assert matcher.check(claim, _ALL, limit=1).verdict is Verdict.NO_MATCH
    assert matcher.check("Whales sing the anthem", _ALL, limit=1).matches[0].case.id == "new"
    library.delete("new")
    assert "new" not in [entry.case.id for entry in matcher.rank("Whales sing the anthem", _ALL, limit=5)]


def test_an_empty_store_has_no_candidates(library: Library, matcher: ClaimMatcher) -> None:
    for case in (BEES, MOON, CHEESE):
        library.delete(case.id)
    assert matcher.check(BEES.title, _ALL, limit=5).verdict is Verdict.NO_MATCH


def test_claims_of_odd_characters(matcher: ClaimMatcher) -> None:
    for claim in ("🔥🔥🔥", "???", "https://nowhere.example/x", '" OR title:* NEAR(', "а" * 3000):
        assert matcher.check(claim, _ALL, limit=5).verdict is not None


def test_candidates_can_leave_cases_out(library: Library, matcher: ClaimMatcher) -> None:
    finder: CandidateFinder = matcher._finder
    assert BEES not in finder.find(BEES.title, _ALL, without={"bees"}).cases
