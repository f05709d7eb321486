"""New cases that look like known ones."""

from __future__ import annotations

from dataclasses import replace

from leitmotif.domain import Case
from leitmotif.library import Library
from leitmotif.matching import ClaimMatcher, find_duplicates
from tests.matching.conftest import BEES, MOON


def test_names_the_known_case(library: Library, matcher: ClaimMatcher) -> None:
    new = [replace(BEES, id="again", url="", appearances=()), Case(id="rain", title="It rained frogs on Tuesday night")]
    (found,) = find_duplicates(new, library, matcher, limit=5).found
    assert (found.case_id, found.known, found.probability) == ("again", BEES, 1.0)


def test_a_known_id_is_a_change_and_no_duplicate(library: Library, matcher: ClaimMatcher) -> None:
    assert find_duplicates([replace(BEES, summary="")], library, matcher, limit=5).found == ()


def test_no_more_than_asked_for(library: Library, matcher: ClaimMatcher) -> None:
    new = [replace(MOON, id=f"moon-{i}") for i in range(9)]
    assert len(find_duplicates(new, library, matcher, limit=4).found) == 4
    many = [Case(id=f"n{i}", title=f"{i}") for i in range(503)]
    assert find_duplicates(many, library, matcher, limit=4).unread == 3
