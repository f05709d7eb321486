"""SQLite and PostgreSQL, filled with the same cases, give the same answers to everything."""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from leitmotif.codebook import load_codebook
from leitmotif.domain import Appearance, Case, CaseFilter
from leitmotif.formats import read_cases
from leitmotif.store import CaseVectors, Hit, Store, open_store, pruning
from leitmotif.text.normalise import content_hash, match_key
from tests.postgres import Server

_DATA = Path(__file__).parents[2] / "data"
_ENCODER = "test@32"
_ALL = CaseFilter()
_ODD = (
    Case("odd:nfd", "Cafe\u0301 au lait и ёлка, ΟΔΟΣ Αθη\u0301να", summary="Straße ﬁn ǅ İstanbul İ", date="2021"),
    Case("odd:hindi", "हिन्दी में दावा", summary="中文沒有空格的一句話 ภาษาไทย", outlets=("ТАСС", "тасс"), date="2020-02"),
    Case("odd:marks", "N.A.T.O.'s 5G-towers, 1,000%; e-mail @handle", keywords=("Ünïcode", "UNICODE", "x" * 3_000)),
    Case("odd:long", "word " * 400, summary="word " * 3_500 + "rareword", date="2021-01-01"),
    Case("odd:empty", ".", date="1999"),
    Case("odd:twin1", "The same text twice", appearances=(Appearance(title="and again", url="https://a.example/x"),)),
    Case("odd:twin2", "The same text twice", appearances=(Appearance(title="and again", url="https://a.example/x/"),)),
)
_QUERIES = (
    "Europe will freeze without Russian gas",
    "the of and to in",
    "NATO surrounds Russia and the West wants to destroy it",
    "санкции вредят Европе сильнее чем России",
    "Украина и НАТО готовят провокацию",
    "біолабораторії США в Україні",
    "Die Sanktionen schaden Deutschland",
    "l'Ukraine est un État nazi",
    "élections volées à Washington",
    "elecciones robadas",
    "café cafe CAFÉ",
    "ΟΔΟΣ",
    "İstanbul straße ﬁn",
    "हिन्दी",
    "中文沒有空格的一句話",
    "5G 1,000% N.A.T.O.",
    "rareword word",
    "nothingofthekind",
    "",
)


@dataclass(frozen=True, slots=True)
class Both:
    """The two stores and what is in them."""

    sqlite: Store
    postgres: Store
    cases: tuple[Case, ...]


@pytest.fixture(scope="module")
def both(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Both stores with the same history of writes: imports, changes, deletions, later vectors."""
    url = postgres.new_database()
    stores = (open_store(f"sqlite:///{tmp_path_factory.mktemp('both')}/cases.db"), open_store(url))
    cases = _cases()
    for store in stores:
        _fill(store, cases)
    yield Both(*stores, cases)
    for store in stores:
        store.close()
    postgres.drop_database(url)


def _cases() -> tuple[Case, ...]:
    """Every ninth case of each file, so every narrative and language, and odd ones."""
    ids = load_codebook(_DATA / "narratives.yaml").ids
    found: list[Case] = []
    for path in sorted((_DATA / "cases").glob("*.jsonl")):
        found += read_cases(path.read_bytes(), "jsonl", ids).cases[::9]
    return (*found, *_ODD)


def _fill(store: Store, cases: tuple[Case, ...]) -> None:
    half = len(cases) // 2
    first = [Case(case.id, f"Before: {case.title}", countries=("AQ",), date="1900") for case in cases[:half:3]]
    store.put_cases(first, _vectors(first))
    store.put_cases(cases, _vectors(cases))
    gone = [Case(f"gone:{number}", f"Gone with the NATO wind {number}") for number in range(30)]
    store.put_cases(gone, _vectors(gone))
    for case in gone:
        store.delete_case(case.id)
    bare = cases[half::7]
    store.put_vectors([case.id for case in bare], [CaseVectors("other@32", vector.fields) for vector in _vectors(bare)])


def _vectors(cases: tuple[Case, ...] | list[Case]) -> list[CaseVectors]:
    return [CaseVectors(_ENCODER, {"title": _unit(case.title), "claim": _unit(case.claim_text)}) for case in cases]


def _unit(text: str) -> NDArray[np.float32]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    vector = np.random.default_rng(seed).standard_normal(32).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def _filters(cases: tuple[Case, ...]) -> list[CaseFilter]:
    """No filter, each value that some case has and pairs of them, dates in each precision."""
    picks = random.Random(3)
    fields = ("narratives", "languages", "countries", "outlets", "keywords")
    values = {f: sorted({v for case in cases for v in getattr(case, f)}) for f in fields}
    singles = [{f: (v,)} for f in fields for v in picks.sample(values[f], min(6, len(values[f])))]
    dates = [{"date_from": "2022"}, {"date_to": "2021-03"}, {"date_from": "2020-02", "date_to": "2023-06-15"}]
    folded = [{"outlets": ("RT", "тасс")}, {"keywords": ("x" * 3_000,)}, {"countries": ("XX",)}]
    pairs = [one | two for one, two in itertools.product(singles[::4], dates)]
    return [_ALL, *(CaseFilter(**fields) for fields in (*singles, *dates, *folded, *pairs))]  # type: ignore[arg-type]


def _same_hits(one: list[Hit], two: list[Hit], tolerance: float) -> None:
    """The same scores in the same places; cases of equal score may change places, the last ones also with others."""
    assert [hit.score for hit in two] == pytest.approx([hit.score for hit in one], rel=tolerance, abs=tolerance)
    last = min((hit.score for hit in one), default=0.0) + tolerance * 2
    assert {hit.case_id for hit in one if hit.score > last} == {hit.case_id for hit in two if hit.score > last}
    theirs = {hit.case_id: hit.score for hit in two}
    for hit in one:
        assert theirs.get(hit.case_id, hit.score) == pytest.approx(hit.score, rel=tolerance, abs=tolerance)


def test_there_is_enough_to_compare(both: Both) -> None:
    assert len(both.cases) > 300
    assert len({language for case in both.cases for language in case.languages}) >= 5
    assert len(_filters(both.cases)) > 40


def test_cases_and_counts(both: Both) -> None:
    assert list(both.postgres.iter_cases()) == list(both.sqlite.iter_cases())
    ids = [case.id for case in both.cases]
    assert both.postgres.get_cases(ids) == both.sqlite.get_cases(ids) == list(both.cases)
    for where in _filters(both.cases):
        assert both.postgres.count_cases(where) == both.sqlite.count_cases(where), where
        assert list(both.postgres.iter_cases(where)) == list(both.sqlite.iter_cases(where)), where
    assert both.postgres.count_cases() == len(both.cases)


def test_pages_and_cursors(both: Both) -> None:
    for where, limit in zip(_filters(both.cases), itertools.cycle((3, 17, 50)), strict=False):
        cursor: str | None = None
        while True:
            one = both.sqlite.list_cases(where, limit=limit, cursor=cursor)
            assert both.postgres.list_cases(where, limit=limit, cursor=cursor) == one
            cursor = one.cursor
            if cursor is None:
                break


def test_facets_with_their_order(both: Both) -> None:
    for where in _filters(both.cases):
        one, two = both.sqlite.facets(where), both.postgres.facets(where)
        short = {kind: [(_shortened(v), n) for v, n in counts.items()] for kind, counts in one.items()}
        assert {kind: [(_shortened(v), n) for v, n in counts.items()] for kind, counts in two.items()} == short


def _shortened(value: str) -> str:
    """PostgreSQL keeps of a longer value its beginning and a digest."""
    return value[:300]


def test_timelines(both: Both) -> None:
    narratives = sorted({narrative for case in both.cases for narrative in case.narratives})
    for narrative, by in itertools.product(narratives, ("month", "year", "country", "language", "outlet")):
        one = both.sqlite.timeline(narrative, by, _ALL)
        assert list(both.postgres.timeline(narrative, by, _ALL).items()) == list(one.items())
    where = CaseFilter(languages=("en",), date_from="2020")
    for narrative in narratives:
        assert both.postgres.timeline(narrative, "year", where) == both.sqlite.timeline(narrative, "year", where)


def test_exact_answers(both: Both) -> None:
    found = 0
    for case in both.cases[::3]:
        for text, url in ((case.title, ""), (case.claim_text.upper(), ""), ("unknown", case.url), (case.title, "x")):
            one = both.sqlite.find_exact(content_hash(text), url, _ALL)
            assert both.postgres.find_exact(content_hash(text), url, _ALL) == one
            found += len(one)
    assert found > len(both.cases) / 3


def test_document_counts_of_every_word(both: Both) -> None:
    words = {word for case in both.cases for word in match_key(f"{case.title} {case.summary}").split()}
    words |= {"the", "nowhere", "ΟΔΟΣ", "foo bar", ""}
    one = {word: n for some in _chunks(sorted(words)) for word, n in both.sqlite.document_counts(some).items()}
    two = both.postgres.document_counts(words)
    # SQLite's side spells words by Python's rules: a final sigma and the like are known to differ.
    differing = {word for word in words if one.get(word) != two.get(word)}
    assert {word for word in differing if re.fullmatch(r"[a-zà-ÿа-яёіїєґ0-9]+", word)} == set()
    assert len(differing) <= 5, differing


def _chunks(words: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(words), 900):
        yield words[start : start + 900]


@pytest.mark.parametrize("limit", [1, 10, 100, 1_000])
def test_words_give_the_same_scores(both: Both, limit: int) -> None:
    titles = [case.title for case in both.cases[::11]] + [case.summary for case in both.cases[::29]]
    found = 0
    for query in (*_QUERIES, *titles):
        one = both.sqlite.search_words(query, _ALL, limit=limit)
        _same_hits(one, both.postgres.search_words(query, _ALL, limit=limit), 1e-9)
        found += len(one)
    assert found >= len(titles)


def test_frequent_words_are_left_out_alike(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_MOST_POSTINGS", 40)
    pruned = 0
    for query in (*_QUERIES, *(case.title for case in both.cases[::9])):
        one = both.sqlite.search_words(query, _ALL, limit=1_000)
        _same_hits(one, both.postgres.search_words(query, _ALL, limit=1_000), 1e-9)
        monkeypatch.setattr(pruning, "_MOST_POSTINGS", 10**9)
        pruned += len(one) < len(both.sqlite.search_words(query, _ALL, limit=1_000))
        monkeypatch.setattr(pruning, "_MOST_POSTINGS", 40)
    assert pruned > 20


def test_words_under_filters(both: Both) -> None:
    for where in _filters(both.cases):
        for query in _QUERIES[:5]:
            one = both.sqlite.search_words(query, where, limit=20)
            _same_hits(one, both.postgres.search_words(query, where, limit=20), 1e-9)


def test_vectors_give_the_same_cosines(both: Both) -> None:
    for where, field in itertools.product(_filters(both.cases), ("title", "claim", "nothing")):
        for limit in (1, 10, 1_000):
            query = _unit(f"query {limit}")
            one = both.sqlite.search_vectors(query, _ENCODER, field, where, limit=limit)
            _same_hits(one, both.postgres.search_vectors(query, _ENCODER, field, where, limit=limit), 2e-6)


def test_stored_vectors_are_equal_to_the_bit(both: Both) -> None:
    ids = [case.id for case in both.cases]
    for encoder in (_ENCODER, "other@32", "unknown"):
        one, two = both.sqlite.get_vectors(ids, encoder), both.postgres.get_vectors(ids, encoder)
        assert set(one) == set(two)
        assert all(np.array_equal(one[i][field], two[i][field]) for i in one for field in one[i])
        missing = [c.id for c in both.sqlite.cases_without_vectors(encoder, limit=200)]
        assert [c.id for c in both.postgres.cases_without_vectors(encoder, limit=200)] == missing


def test_an_import_counts_the_same(both: Both) -> None:
    changed = [Case(case.id, case.title + "!") for case in both.cases[::5]]
    mixed = [*both.cases[:40], *changed, Case("new", "New"), Case("new", "New"), Case("new", "Newer")]
    assert both.postgres.put_cases(mixed, [], dry_run=True) == both.sqlite.put_cases(mixed, [], dry_run=True)
