"""What every store does, whatever it is made of."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leitmotif.domain import Appearance, Case, CaseFilter, ImportCounts, LabelSource
from leitmotif.errors import InvalidCursor, StoreUnavailable
from leitmotif.store import CaseVectors, Store, open_store
from leitmotif.text.normalise import content_hash
from tests.store.support import DIMENSION, ENCODER, case, put, seed_of, unit, vectors_of

_ALL = CaseFilter()
_FULL = Case(
    id="full:1",
    title="The moon is a US base",
    summary="Américans built it; in “1969”.",
    response="It is rock.",
    narratives=("encirclement", "false_flag"),
    url="https://www.example.org/moon/",
    date="2021-03",
    languages=("ru", "en"),
    countries=("US", "EU"),
    outlets=("RT Deutsch", "Sputnik"),
    keywords=("Moon",),
    appearances=(Appearance(url="https://rt.example/x", outlet="RT", date="2021", language="de", title="Mondbasis"),),
    label_source=LabelSource.WEAK,
)


def ids(cases: object) -> list[str]:
    return [c.id for c in cases]  # type: ignore[attr-defined]


# --- put, get, delete ---


def test_an_empty_store(store: Store) -> None:
    assert store.count_cases() == 0
    assert store.get_case("a") is None
    assert store.get_cases(["a", "b"]) == []
    assert store.list_cases(_ALL, limit=5).cases == ()
    assert store.list_cases(_ALL, limit=5).cursor is None
    assert list(store.iter_cases()) == []
    assert store.search_words("moon", _ALL, limit=5) == []
    assert store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5) == []
    assert store.find_exact(content_hash("moon"), "", _ALL) == []
    assert not store.delete_case("a")
    store.check()


def test_a_case_comes_back_as_it_was(store: Store) -> None:
    bare = case("bare")
    put(store, _FULL, bare)
    assert store.get_case("full:1") == _FULL
    assert store.get_case("bare") == bare
    assert list(store.iter_cases()) == [bare, _FULL]


def test_counts_of_added_changed_and_unchanged(store: Store) -> None:
    a, b, c = case("a"), case("b"), case("c")
    assert store.put_cases([a, b], vectors_of([a, b])) == ImportCounts(added=2)
    again = [a, replace(b, summary="new"), c]
    assert store.put_cases(again, [], dry_run=True) == ImportCounts(added=1, changed=1, unchanged=1, dry_run=True)
    assert store.get_case("b") == b
    assert store.get_case("c") is None
    assert store.put_cases(again, vectors_of(again)) == ImportCounts(added=1, changed=1, unchanged=1)
    assert list(store.iter_cases()) == again


def test_a_fault_in_the_middle_writes_nothing(store: Store) -> None:
    put(store, case("old"))
    cases = [case("old", summary="new"), case("a"), case("b")]
    with pytest.raises(IndexError):
        store.put_cases(cases, vectors_of(cases[:2]))
    assert list(store.iter_cases()) == [case("old")]
    assert store.search_words("new", _ALL, limit=5) == []
    put(store, case("after"))
    assert store.count_cases() == 2


def test_get_cases_keeps_the_order_of_the_ids(store: Store) -> None:
    cases = [case(f"c{i:04}") for i in range(1_200)]
    put(store, *cases)
    wanted = [c.id for c in reversed(cases)]
    assert ids(store.get_cases(["gone", *wanted])) == wanted


def test_delete_removes_a_case_everywhere(store: Store) -> None:
    put(store, _FULL, case("other", title="The moon is cheese"))
    assert store.search_vectors(unit(seed_of(_FULL.title)), ENCODER, "title", _ALL, limit=1)[0].case_id == "full:1"
    assert store.delete_case("full:1")
    assert not store.delete_case("full:1")
    assert store.get_case("full:1") is None
    assert store.count_cases() == 1
    assert [hit.case_id for hit in store.search_words("moon base mondbasis", _ALL, limit=5)] == ["other"]
    for field in ("title", "claim"):
        assert [h.case_id for h in store.search_vectors(unit(1), ENCODER, field, _ALL, limit=5)] == ["other"]
    assert store.get_vectors(["full:1"], ENCODER) == {}
    assert store.find_exact(content_hash(_FULL.title), _FULL.url, _ALL) == []
    assert store.facets(_ALL)["country"] == {}
    assert store.timeline("encirclement", "year", _ALL) == {}
    assert store.document_counts(["mondbasis"]) == {}


def test_a_deleted_case_can_be_put_again(store: Store) -> None:
    put(store, _FULL)
    store.delete_case("full:1")
    put(store, _FULL)
    assert store.get_case("full:1") == _FULL
    assert len(store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5)) == 1


def test_a_changed_case_is_found_by_what_it_says_now(store: Store) -> None:
    put(store, _FULL)
    changed = replace(_FULL, title="Bees spy", countries=("LT",), outlets=(), url="", appearances=(), date="2023")
    put(store, changed)
    assert store.search_words("moon mondbasis", _ALL, limit=5) == []
    assert [hit.case_id for hit in store.search_words("bees", _ALL, limit=5)] == ["full:1"]
    assert store.count_cases(CaseFilter(countries=("US",))) == 0
    assert store.count_cases(CaseFilter(countries=("LT",), date_from="2023")) == 1
    assert store.find_exact(content_hash(_FULL.title), _FULL.url, _ALL) == []
    hit = store.search_vectors(unit(seed_of("Bees spy")), ENCODER, "title", _ALL, limit=1)[0]
    assert hit.score == pytest.approx(1.0, abs=1e-5)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_kept_as_it_is(store: Store, title: str, summary: str) -> None:
    odd = Case(id="odd", title=title, summary=summary, outlets=(title,), keywords=(summary or "x",))
    put(store, odd)
    assert store.get_case("odd") == odd
    assert store.count_cases(CaseFilter(outlets=(title,))) == 1
    assert "odd" in store.find_exact(content_hash(title), "", _ALL)


# --- filters ---

_FILTERED = [
    case(
        "a", narratives=("n1",), languages=("ru",), countries=("UA",), outlets=("RT",), keywords=("Moon",), date="2021"
    ),
    case("b", narratives=("n1", "n2"), languages=("en", "ru"), countries=("EU",), outlets=("rt",), date="2021-03"),
    case(
        "c", narratives=("n2",), languages=("de",), countries=("UA", "EU"), keywords=("moon", "Sun"), date="2021-03-15"
    ),
    case("d", date="2022-12-31", outlets=("ТАСС",)),
    case("e", narratives=("n3",), languages=("en",)),
]
_BY_FIELD = [
    ({}, "abcde"),
    ({"narratives": ("n1",)}, "ab"),
    ({"narratives": ("n1", "n3")}, "abe"),
    ({"languages": ("ru",)}, "ab"),
    ({"countries": ("EU",)}, "bc"),
    ({"outlets": ("Rt",)}, "ab"),
    ({"outlets": ("тасс",)}, "d"),
    ({"keywords": ("MOON",)}, "ac"),
    ({"narratives": ("nothing",)}, ""),
    ({"countries": ("ua",)}, ""),
    ({"date_from": "2021-01-01"}, "abcd"),
    ({"date_from": "2021-02"}, "bcd"),
    ({"date_from": "2021-03"}, "bcd"),
    ({"date_from": "2021-03-02"}, "cd"),
    ({"date_from": "2022"}, "d"),
    ({"date_from": "2023"}, ""),
    ({"date_to": "2021"}, "abc"),
    ({"date_to": "2021-03"}, "abc"),
    ({"date_to": "2021-03-14"}, "ab"),
    ({"date_to": "2020"}, ""),
    ({"date_to": "2022-12-31"}, "abcd"),
    ({"date_from": "2021-03", "date_to": "2021-03"}, "bc"),
    ({"date_from": "2021-03-15", "date_to": "2021-03-15"}, "c"),
    ({"date_from": "2022", "date_to": "2021"}, ""),
]


def filters() -> Iterator[tuple[CaseFilter, set[str]]]:
    """Each filter alone, and each two of different fields together."""
    for fields, expected in _BY_FIELD:
        yield CaseFilter(**fields), set(expected)  # type: ignore[arg-type]
    for (one, first), (two, second) in itertools.combinations(_BY_FIELD, 2):
        if not set(one) & set(two):
            yield CaseFilter(**one, **two), set(first) & set(second)  # type: ignore[arg-type]


def test_filters_alone_and_together_mean_the_same_everywhere(store: Store) -> None:
    put(store, *_FILTERED)
    combinations = list(filters())
    assert len(combinations) > 150
    for where, expected in combinations:
        assert set(ids(store.iter_cases(where))) == expected, where
        assert store.count_cases(where) == len(expected)
        page = store.list_cases(where, limit=10)
        assert (set(ids(page.cases)), page.total) == (expected, len(expected))
        assert {hit.case_id for hit in store.search_words("title", where, limit=10)} == expected
        assert {h.case_id for h in store.search_vectors(unit(1), ENCODER, "claim", where, limit=10)} == expected
        found = {i for c in _FILTERED for i in store.find_exact(content_hash(c.title), "", where)}
        assert found == expected


def test_facets_count_the_cases_that_pass(store: Store) -> None:
    put(store, *_FILTERED)
    facets = store.facets(_ALL)
    assert facets["narrative"] == {"n1": 2, "n2": 2, "n3": 1}
    assert facets["country"] == {"EU": 2, "UA": 2}
    assert facets["language"] == {"en": 2, "ru": 2, "de": 1}
    assert facets["outlet"] == {"rt": 2, "тасс": 1}
    assert store.facets(CaseFilter(narratives=("n2",)))["country"] == {"EU": 2, "UA": 1}


def test_timeline(store: Store) -> None:
    put(store, *_FILTERED)
    assert store.timeline("n1", "year", _ALL) == {"2021": 2}
    assert store.timeline("n2", "month", _ALL) == {"2021-03": 2}
    assert store.timeline("n2", "country", _ALL) == {"EU": 2, "UA": 1}
    assert store.timeline("n1", "language", CaseFilter(countries=("EU",))) == {"en": 1, "ru": 1}
    assert store.timeline("n1", "outlet", _ALL) == {"rt": 2}
    assert store.timeline("n3", "year", _ALL) == {}


# --- paging ---


def pages(store: Store, limit: int, where: CaseFilter = _ALL) -> Iterator[list[str]]:
    cursor = None
    while True:
        page = store.list_cases(where, limit=limit, cursor=cursor)
        yield ids(page.cases)
        cursor = page.cursor
        if cursor is None:
            return


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 100])
def test_pages_go_from_newest_to_undated_without_loss(store: Store, limit: int) -> None:
    dates = ["2021-03-02", "2021", "", "2023-01", "2021-03-02", "", "2020-12-31"]
    put(store, *(case(f"c{i}", date=date) for i, date in enumerate(dates)))
    got = list(pages(store, limit))
    assert [len(page) for page in got[:-1]] == [limit] * (len(got) - 1)
    assert list(itertools.chain(*got)) == ["c3", "c4", "c0", "c1", "c6", "c5", "c2"]


def test_paging_neither_loses_nor_repeats_while_cases_come_and_go(store: Store) -> None:
    old = [case(f"old{i:02}", date=f"2021-{1 + i % 12:02}") for i in range(30)]
    put(store, *old)
    seen: list[str] = []
    for number, page in enumerate(pages(store, 4)):
        seen += page
        put(store, *(case(f"new{number}-{year}", date=str(year)) for year in (2019, 2021, 2022)))
        store.delete_case(f"new{number - 1}-2022")
    assert len(seen) == len(set(seen))
    assert {i for i in seen if i.startswith("old")} == set(ids(old))


def test_pages_are_filtered(store: Store) -> None:
    put(store, *(case(f"c{i}", countries=("UA",) if i % 3 else ("US",)) for i in range(20)))
    got = list(itertools.chain(*pages(store, 3, CaseFilter(countries=("UA",)))))
    assert sorted(got) == sorted(f"c{i}" for i in range(20) if i % 3)


@pytest.mark.parametrize("cursor", ["x", "!!!!", "é", "bnVsbA", "MTI", "W10", "WzFd", "W10=" * 50])
def test_a_cursor_of_somebody_else(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        store.list_cases(_ALL, limit=5, cursor=cursor)


# --- words ---


def test_words_in_title_summary_and_appearances(store: Store) -> None:
    put(store, _FULL, case("other", summary="A cheese of Vilnius"))
    for query in ("MOON", "americans", "Américans", "“1969”?", "Mondbasis", "nothing or moon", "us-base"):
        assert [hit.case_id for hit in store.search_words(query, _ALL, limit=5)] == ["full:1"], query
    assert store.search_words("rock", _ALL, limit=5) == []
    assert [hit.case_id for hit in store.search_words("vilnius", _ALL, limit=5)] == ["other"]


def test_rarer_and_more_words_rank_higher(store: Store) -> None:
    put(store, *(case(f"c{i}", title=f"The base number {i}") for i in range(10)), case("moon", title="The moon base"))
    hits = store.search_words("moon base", _ALL, limit=3)
    assert hits[0].case_id == "moon"
    assert len(hits) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].score > hits[1].score


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '" OR "',
        "moon*",
        "moon AND",
        "NOT moon",
        "(moon",
        "title:moon",
        "^moon",
        "NEAR(moon base)",
        "moon' --",
        "-moon",
        "moon; DROP TABLE cases",
        "moon\x00base",
        "%moon_",
        "moon:*",
        "moon & | !",
        "{title}: moon",
        "\ud800moon",
        "moon\\",
    ],
)
def test_syntax_in_a_query_is_inert(store: Store, query: str) -> None:
    put(store, _FULL, case("other"))
    hits = store.search_words(query, _ALL, limit=5)
    assert [hit.case_id for hit in hits if hit.case_id != "other"] == (["full:1"] if "moon" in query else [])
    assert store.count_cases() == 2


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_any_query_is_answered(store: Store, query: str) -> None:
    put(store, _FULL)
    assert [hit.case_id for hit in store.search_words(query, _ALL, limit=5)] in ([], ["full:1"])


def test_a_very_long_query_is_answered(store: Store) -> None:
    put(store, _FULL)
    query = "moon " + " ".join(f"word{i}" for i in range(20_000))
    assert [hit.case_id for hit in store.search_words(query, _ALL, limit=5)] == ["full:1"]


def test_document_counts(store: Store) -> None:
    put(store, case("a", title="moon moon base"), case("b", title="Moon", summary="café"), case("c", title="sun"))
    counts = store.document_counts({"moon", "base", "mars", "café"})
    assert counts == {"moon": 2, "base": 1, "café": 1}
    assert store.document_counts(()) == {}


@pytest.mark.parametrize(
    "word",
    [
        "café",
        "cafe",
        "CAFÉ",
        "ärger",
        "smörgås",
        "naïve",
        "łódź",
        "việt",
        "œuvre",
        "чай",
        "ёлка",
        "україна",
        "ελλάδα",
        "中文",
    ],
)
def test_a_word_is_counted_where_it_is_found(store: Store, word: str) -> None:
    put(store, case("a", title=f"So {word} is"), case("b"))
    assert [hit.case_id for hit in store.search_words(word, _ALL, limit=5)] == ["a"]
    assert store.document_counts([word]) == {word: 1}


# --- exact answers ---


@pytest.mark.parametrize(
    "text", ["the moon is a us base!", "Américans built it; in 1969", "MONDBASIS", _FULL.claim_text]
)
def test_exact_texts(store: Store, text: str) -> None:
    put(store, _FULL, case("other"))
    assert store.find_exact(content_hash(text), "", _ALL) == ["full:1"]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/moon/",
        "http://example.org/moon",
        "https://example.org/Moon?utm_source=x#y",
        "https://rt.example/x",
    ],
)
def test_exact_addresses(store: Store, url: str) -> None:
    put(store, _FULL, case("other"))
    assert store.find_exact(content_hash("unknown"), url, _ALL) == ["full:1"]
    assert store.find_exact(content_hash("unknown"), url.replace("example", "exempli"), _ALL) == []


# --- vectors ---


def test_vector_search_is_exact(store: Store) -> None:
    cases = [case(f"c{i:04}") for i in range(1_500)]
    put(store, *cases)
    matrix = np.stack([unit(seed_of(c.id)) for c in cases])
    for seed in range(5):
        cosines = matrix @ unit(seed)
        best = np.argsort(-cosines)[:20]
        hits = store.search_vectors(unit(seed), ENCODER, "claim", _ALL, limit=20)
        assert [hit.case_id for hit in hits] == [cases[i].id for i in best]
        assert [hit.score for hit in hits] == pytest.approx(cosines[best].tolist(), abs=1e-5)


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_a_filter_never_makes_a_vector_search_come_short(store: Store, limit: int) -> None:
    # The fifty cases that pass are the fifty farthest from the query.
    query = unit(1)
    near = [case(f"near{i}") for i in range(300)]
    far = [case(f"far{i}", countries=("LT",)) for i in range(50)]
    store.put_cases(near, [CaseVectors(ENCODER, {"claim": query}) for _ in near])
    store.put_cases(far, [CaseVectors(ENCODER, {"claim": -query}) for _ in far])
    hits = store.search_vectors(query, ENCODER, "claim", CaseFilter(countries=("LT",)), limit=limit)
    assert len(hits) == limit
    assert all(hit.case_id.startswith("far") for hit in hits)
    assert len(store.search_vectors(query, ENCODER, "claim", _ALL, limit=1_000)) == 350


def test_vectors_of_encoders_and_fields_do_not_mix(store: Store) -> None:
    put(store, case("a"))
    b = case("b")
    store.put_cases([b], [CaseVectors("other@1", {"title": np.ones(3, np.float32) / np.sqrt(3).astype(np.float32)})])
    assert [h.case_id for h in store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5)] == ["a"]
    query = np.array([1, 0, 0], np.float32)
    assert [h.case_id for h in store.search_vectors(query, "other@1", "title", _ALL, limit=5)] == ["b"]
    assert store.search_vectors(query, "other@1", "claim", _ALL, limit=5) == []
    assert ids(store.cases_without_vectors(ENCODER, limit=5)) == ["b"]
    assert ids(store.cases_without_vectors("other@1", limit=5)) == ["a"]
    assert ids(store.cases_without_vectors("third@1", limit=1)) == ["a"]


def test_vectors_that_come_later(store: Store) -> None:
    put(store, case("a"), case("b"))
    store.put_vectors(["b", "gone"], vectors_of([case("b"), case("gone")], "later@1"))
    assert set(store.get_vectors(["a", "b", "gone"], "later@1")) == {"b"}
    assert [h.case_id for h in store.search_vectors(unit(1), "later@1", "title", _ALL, limit=5)] == ["b"]
    assert store.get_case("gone") is None


def test_vectors_come_back_as_they_were(store: Store) -> None:
    cases = [case(f"c{i}") for i in range(700)]
    put(store, *cases)
    found = store.get_vectors([*ids(cases), "gone"], ENCODER)
    assert set(found) == set(ids(cases))
    for given_case in cases:
        assert np.array_equal(found[given_case.id]["claim"], unit(seed_of(given_case.id)))
        assert found[given_case.id]["title"].shape == (DIMENSION,)
    assert store.get_vectors([], ENCODER) == {}


# --- facts ---


def test_what_a_store_says_of_itself(store: Store) -> None:
    assert (store.describe().cases, store.describe().encoders) == (0, {})
    put(store, _FULL, case("b"))
    store.put_vectors(["b"], vectors_of([case("b")], "later@1"))
    facts = store.describe()
    assert (facts.cases, facts.encoders) == (2, {ENCODER: 1, "later@1": 1})
    assert facts.schema >= 1
    assert facts.kind
    assert facts.place


def test_settling_changes_no_answer(store: Store) -> None:
    store.settle()
    put(store, *(case(f"c{i}", summary="moon base") for i in range(50)))
    before = (
        store.search_words("moon title", _ALL, limit=9),
        store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=9),
    )
    store.settle()
    assert store.search_words("moon title", _ALL, limit=9) == before[0]
    assert store.search_vectors(unit(1), ENCODER, "title", _ALL, limit=9) == before[1]


# --- several at once ---


def test_another_opening_sees_every_write_at_once(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    try:
        assert other.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5) == []
        put(store, _FULL, case("b"))
        assert {h.case_id for h in other.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5)} == {"full:1", "b"}
        assert [h.case_id for h in other.search_words("moon", _ALL, limit=5)] == ["full:1"]
        moved = replace(_FULL, title="Bees spy")
        put(store, moved)
        assert other.get_case("full:1") == moved
        top = other.search_vectors(unit(seed_of("Bees spy")), ENCODER, "title", _ALL, limit=1)[0]
        assert (top.case_id, round(top.score, 4)) == ("full:1", 1.0)
        store.delete_case("b")
        assert [h.case_id for h in other.search_vectors(unit(1), ENCODER, "title", _ALL, limit=5)] == ["full:1"]
    finally:
        other.close()


def test_another_thread_sees_every_write_at_once(store: Store) -> None:
    written, read = threading.Event(), threading.Event()
    seen: list[int] = []

    def watch() -> None:
        for _ in range(5):
            assert written.wait(20)
            written.clear()
            seen.append(len(store.search_vectors(unit(1), ENCODER, "claim", _ALL, limit=50)))
            read.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(5):
        put(store, case(f"c{number}"))
        written.set()
        assert read.wait(20)
        read.clear()
    watcher.join()
    assert seen == [1, 2, 3, 4, 5]


def test_writers_take_turns(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    faults: list[Exception] = []

    def write(target: Store, name: str) -> None:
        try:
            for number in range(10):
                put(target, case(f"{name}-{number}"), case("shared", summary=f"{name} {number}"))
                target.search_vectors(unit(number), ENCODER, "title", _ALL, limit=3)
        except Exception as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(t, f"w{i}")) for i, t in enumerate([store, other, store, other])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert faults == []
        assert store.count_cases() == 41
        for target in (store, other):
            assert len(target.search_vectors(unit(1), ENCODER, "title", _ALL, limit=99)) == 41
    finally:
        other.close()


# --- the end ---


def test_a_closed_store_is_unavailable(store_url: str) -> None:
    store = open_store(store_url)
    put(store, case("a"))
    store.close()
    store.close()
    for call in (store.check, lambda: store.get_case("a"), lambda: put(store, case("b"))):
        with pytest.raises(StoreUnavailable):
            call()
    again = open_store(store_url)
    assert again.count_cases() == 1
    again.close()
