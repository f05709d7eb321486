"""Dumps of the EUvsDisinfo database: read tolerantly, labelled weakly. All rows are invented."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leitmotif.codebook import load_codebook
from leitmotif.domain import LabelSource
from leitmotif.formats import read_cases
from leitmotif.formats.euvsdisinfo_dump import stated_narratives, weak_labels
from leitmotif.formats.record import Reading

_ROOT = Path(__file__).parents[2]
_CODEBOOK = load_codebook(_ROOT / "data" / "narratives.yaml")
_BENCH = _ROOT.parent / "shared" / "bench" / "euvsdisinfo_dev.jsonl.gz"
_HEADER = ("title", "summary", "response", "keywords", "countries", "languages", "outlets", "date", "url")
_PAGE = "https://euvsdisinfo.eu/report/an-invented-case/"


def read(text: str, **mapping: str) -> Reading:
    return read_cases(text.encode(), "euvsdisinfo-csv", _CODEBOOK.ids, mapping, _CODEBOOK.narratives)


def dump(*rows: dict[str, str], header: tuple[str, ...] = _HEADER) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def warned(reading: Reading) -> list[str]:
    return [problem.where for problem in reading.warnings]


def test_a_row_becomes_a_weakly_labelled_case() -> None:
    row = {
        "title": "Storks carry plague over the border",
        "summary": "They were bred in a laboratory.",
        "response": "Storks migrate on their own.",
        "keywords": '["Biological Weapons", "storks"]',
        "countries": '["Ukraine", "US"]',
        "languages": "Russian",
        "outlets": "Marsh TV; Reed Radio",
        "date": "03.07.2019",
        "url": _PAGE,
    }
    reading = read(dump(row))
    assert (reading.problems, reading.warnings) == ((), ())
    (case,) = reading.cases
    assert case.narratives == ("bioweapons",)
    assert case.label_source is LabelSource.WEAK
    assert (case.countries, case.languages, case.date) == (("UA", "US"), ("ru",), "2019-07-03")
    assert (case.outlets, case.keywords) == (("Marsh TV", "Reed Radio"), ("Biological Weapons", "storks"))
    assert read(dump(row)).cases == reading.cases


@pytest.mark.parametrize(
    "cell", ['["Russia", "US"]', "['Russia', 'US']", "Russia;US", "Russia, US", "nan; Russia; US; David Icke"]
)
def test_lists_in_every_shape(cell: str) -> None:
    (case,) = read(dump({"title": "A", "countries": cell})).cases
    assert case.countries == ("RU", "US")


def test_what_is_no_code_is_left_out_with_a_warning() -> None:
    reading = read(
        dump(
            {
                "title": "A",
                "countries": "nan; David Icke; Ukraine",
                "languages": "Bulgaria",
                "date": "soon",
                "url": "x y",
            },
            {"title": "B", "summary": "nan", "keywords": "nan", "outlets": "nan", "date": "2020-01-02"},
        )
    )
    assert reading.problems == ()
    assert warned(reading) == ["row 2, languages", "row 2, countries", "row 2, countries", "row 2, url", "row 2, date"]
    first, second = reading.cases
    assert (first.countries, first.languages, first.date, first.url) == (("UA",), (), "", "")
    assert (second.summary, second.keywords, second.outlets, second.date) == ("", (), (), "2020-01-02")


def test_a_row_that_stands_twice_is_taken_once() -> None:
    reading = read(dump({"title": "A", "url": _PAGE}, {"title": "A", "url": _PAGE}, {"title": "B", "url": _PAGE}))
    assert [case.title for case in reading.cases] == ["A", "B"]
    assert warned(reading) == ["row 3"]


def test_a_row_without_a_title_is_refused_and_a_table_without_titles_once() -> None:
    assert [p.where for p in read(dump({"title": "A"}, {"title": "", "summary": "B"})).problems] == ["row 3, title"]
    untitled = "headline,countries\nA,Ukraine\nB,Ukraine\n"
    assert [p.where for p in read(untitled).problems] == ["row 1"]
    assert [case.title for case in read(untitled, title="headline").cases] == ["A", "B"]


def test_other_columns_are_ignored() -> None:
    (case,) = read("title,issue,id\nA,Issue 12,7\n").cases
    assert case.id.startswith("case-")


def test_keywords_point_to_narratives_whatever_their_case() -> None:
    assert weak_labels(["MH17", "provocation", "SKRIPAL", "russophobia"], "", _CODEBOOK.narratives) == [
        "false_flag",
        "russophobia",
    ]
    assert weak_labels(["weather"], "", _CODEBOOK.narratives) == []


def test_stated_narratives_come_before_those_of_keywords() -> None:
    response = "Recurring pro-Kremlin disinformation narrative about the puppet rulers of Ruritania. Nobody rules it."
    assert weak_labels(["LGBT", "puppets"], response, _CODEBOOK.narratives) == ["puppet_state", "moral_decay"]


@pytest.mark.parametrize(
    ("response", "stated"),
    [
        ("This is a recurring pro-Kremlin disinformation narrative about Russophobia in Ruritania.", ["russophobia"]),
        ("Another story. A common Kremlin narrative on Nazis and\xa0secret elites.", ["nazi_ukraine", "global_elites"]),
        ("It repeats the narrative accusing the Ruritanian press of censorship.", ["information_war"]),
        ("A narrative portraying the war as a civil war among Ruritanians.", ["russia_not_aggressor"]),
        ("A recurring disinformation narrative claiming that sanctions harm the EU.", ["sanctions_backfire"]),
        ("The museum tells the narrative of its founder. MH17 was shot down.", []),
        ("See other disinformation narratives claiming that MH17 was staged.", []),
        ("A recurring disinformation narrative about cheese.", []),
        ("", []),
    ],
)
def test_narratives_that_a_response_states(response: str, stated: list[str]) -> None:
    assert stated_narratives(response) == stated


def test_every_stated_narrative_is_in_the_codebook() -> None:
    from leitmotif.formats.euvsdisinfo_dump import _PHRASES

    assert [name for name, _ in _PHRASES] == list(_CODEBOOK.ids)


@settings(max_examples=100)
@given(st.text(max_size=200), st.sampled_from(["", "title,countries,keywords,date\n"]))
def test_any_text_is_read_or_refused_by_place(text: str, header: str) -> None:
    reading = read((header + text).encode("utf-8", "replace").decode())
    assert len(reading.rows) == len(reading.cases)
    assert all(problem.where for problem in (*reading.problems, *reading.warnings))


@pytest.mark.parametrize("response", ["kremlin " * 12_000, "narrative claiming " * 5_000, "a." * 50_000])
def test_hostile_responses_take_no_time(response: str) -> None:
    assert stated_narratives(response) == []


@pytest.mark.skipif(not _BENCH.is_file(), reason="the real material of ../shared/bench is not here")
def test_a_real_dump_is_read_whole_and_mostly_labelled() -> None:
    with gzip.open(_BENCH, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    cells = [{key: json.dumps(v) if isinstance(v, list) else v for key, v in row.items()} for row in rows]
    reading = read(dump(*cells))
    twice = [warning for warning in reading.warnings if "," not in warning.where]
    assert reading.problems == ()
    assert len(reading.cases) + len(twice) == len(rows)
    assert sum(bool(case.narratives) for case in reading.cases) > len(reading.cases) / 2
