"""The library: cases with their vectors, found by words and by meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from leitmotif.domain import Case, CaseFilter, ImportCounts, LabelSource
from leitmotif.encoder import Progress, SentenceEncoder, Vectors
from leitmotif.errors import CaseNotFound, InvalidCursor
from leitmotif.library import FIELDS, Library
from leitmotif.store import Store, open_store
from leitmotif.store.codec import encode_cursor

_ALL = CaseFilter()
_BEES = Case(id="bees", title="Bees spy in Vilnius", summary="Trained bees sting the Russians.", countries=("LT",))
_MOON = Case(id="moon", title="The moon is a base", summary="The West dug it.", countries=("US",))
_CHEESE = Case(id="cheese", title="A wall of cheese", countries=("US", "BY"))


class CountingEncoder(SentenceEncoder):
    """The tiny encoder, with word of what it was asked to encode."""

    def __init__(self, folder: Path, label: str) -> None:
        super().__init__(folder, label)
        self.passages: list[str] = []

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.passages += texts
        return super().encode_passages(texts, progress)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/cases.db")
    yield opened
    opened.close()


@pytest.fixture
def encoder(tiny_encoder_folder: Path) -> CountingEncoder:
    return CountingEncoder(tiny_encoder_folder, "tiny")


@pytest.fixture
def library(store: Store, encoder: CountingEncoder) -> Library:
    return Library(store, encoder)


def test_put_get_delete(library: Library) -> None:
    assert library.put([_BEES, _MOON]) == ImportCounts(added=2)
    assert library.get("bees") == _BEES
    library.delete("bees")
    for call in (library.get, library.delete):
        with pytest.raises(CaseNotFound, match="bees"):
            call("bees")
    assert library.put([]) == ImportCounts()


def test_only_what_changed_is_encoded(library: Library, encoder: CountingEncoder) -> None:
    library.put([_BEES, _MOON])
    assert set(encoder.passages) == {c.title for c in (_BEES, _MOON)} | {c.claim_text for c in (_BEES, _MOON)}
    encoder.passages.clear()
    changed = replace(_MOON, title="The moon is a castle")
    assert library.put([_BEES, changed, _CHEESE]) == ImportCounts(added=1, changed=1, unchanged=1)
    assert set(encoder.passages) == {changed.title, changed.claim_text, _CHEESE.title}
    encoder.passages.clear()
    assert library.put([_BEES, changed]) == ImportCounts(unchanged=2)
    assert encoder.passages == []


def test_a_dry_run_neither_encodes_nor_writes(library: Library, encoder: CountingEncoder) -> None:
    library.put([_BEES])
    encoder.passages.clear()
    counts = library.put([_BEES, replace(_BEES, id="b2"), _MOON], dry_run=True)
    assert counts == ImportCounts(added=2, unchanged=1, dry_run=True)
    assert encoder.passages == []
    assert library.store.count_cases() == 1


@pytest.mark.parametrize("case", [_BEES, _MOON, _CHEESE])
def test_a_case_is_nearest_to_its_own_title_and_claim(library: Library, encoder: CountingEncoder, case: Case) -> None:
    library.put([_BEES, _MOON, _CHEESE])
    for text in (case.title, case.claim_text):
        found = library.nearest(encoder.encode_queries([text])[0], _ALL, limit=3)
        assert found[0].case == case
        assert found[0].similarity == pytest.approx(1.0, abs=1e-4)
        assert sorted(f.case.id for f in found) == ["bees", "cheese", "moon"]
        assert [f.similarity for f in found] == sorted((f.similarity for f in found), reverse=True)


def test_nearest_keeps_to_the_filter_and_the_limit(library: Library, encoder: CountingEncoder) -> None:
    library.put([_BEES, _MOON, _CHEESE])
    vector = encoder.encode_queries([_BEES.title])[0]
    assert {f.case.id for f in library.nearest(vector, CaseFilter(countries=("US",)), limit=5)} == {"moon", "cheese"}
    assert [f.case.id for f in library.nearest(vector, _ALL, limit=1)] == ["bees"]


def found(library: Library, query: str, where: CaseFilter = _ALL, limit: int = 3) -> list[Case]:
    return list(library.search(query, where, limit=limit).cases)


def test_search_finds_by_words_and_by_meaning(library: Library) -> None:
    library.put([_BEES, _MOON, _CHEESE])
    assert found(library, "cheese")[0] == _CHEESE
    assert found(library, _MOON.title, limit=1) == [_MOON]
    assert {case.id for case in found(library, "vilnius", CaseFilter(countries=("US",)))} == {"moon", "cheese"}
    # No word in common: meaning alone still answers.
    assert len(found(library, "zzz", limit=2)) == 2


def test_pages_of_a_search_follow_each_other(library: Library) -> None:
    library.put([Case(id=f"c{i:02}", title=f"Bees spy in town {i}", countries=("LT",)) for i in range(11)] + [_MOON])
    where, whole = CaseFilter(countries=("LT",)), found(library, "bees in town 7", CaseFilter(countries=("LT",)), 50)
    pages, cursor = [], None
    while True:
        page = library.search("bees in town 7", where, limit=4, cursor=cursor)
        pages += page.cases
        assert page.total == 11
        cursor = page.cursor
        if cursor is None:
            break
    assert pages == whole
    assert len(pages) == 11
    with pytest.raises(InvalidCursor):
        library.search("bees", where, limit=4, cursor=encode_cursor("2024", "x"))


def test_what_is_put_is_found_in_the_next_call(library: Library) -> None:
    assert found(library, "cheese") == []
    library.put([_CHEESE])
    assert found(library, "cheese") == [_CHEESE]
    library.delete("cheese")
    assert found(library, "cheese") == []


def test_cases_of_another_encoder_are_brought_up_to_date(
    library: Library, store: Store, tiny_encoder_folder: Path
) -> None:
    library.put([Case(id=f"c{i}", title=f"Case number {i}") for i in range(300)])
    other = SentenceEncoder(tiny_encoder_folder, "other")
    moved = Library(store, other)
    assert moved.nearest(other.encode_queries(["x"])[0], _ALL, limit=5) == []
    seen: list[float] = []
    assert moved.bring_up_to_date(seen.append) == 300
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert moved.bring_up_to_date() == 0
    assert set(store.get_vectors(["c0"], other.name)["c0"]) == set(FIELDS)
    top = moved.nearest(other.encode_queries(["Case number 77"])[0], _ALL, limit=1)[0]
    assert top.similarity == pytest.approx(1.0, abs=1e-4)


def test_weak_labels_do_not_replace_those_of_people(library: Library) -> None:
    human = replace(_BEES, narratives=("bee_spies",))
    weak = replace(_BEES, narratives=("moon_base",), label_source=LabelSource.WEAK, response="They do not.")
    library.put([human])
    assert library.put([weak], dry_run=True) == ImportCounts(changed=1, dry_run=True)
    assert library.put([weak]) == ImportCounts(changed=1)
    assert library.get("bees") == replace(human, response="They do not.")
    assert library.put([weak]) == ImportCounts(unchanged=1)


def test_weak_labels_replace_weak_ones_and_fill_in_missing_ones(library: Library) -> None:
    weak = replace(_BEES, narratives=("moon_base",), label_source=LabelSource.WEAK)
    for before in (_BEES, replace(weak, narratives=("bee_spies",))):
        library.put([before])
        library.put([weak])
        assert library.get("bees") == weak
    human = replace(_BEES, narratives=("bee_spies",))
    library.put([human])
    assert library.get("bees") == human
