"""CSV and JSON Lines: every row's faults by number, nothing half-read, and the way there and back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leitmotif.domain import Appearance, Case, LabelSource
from leitmotif.errors import InputError, UnsupportedFormat
from leitmotif.formats import read_cases, write_cases
from leitmotif.formats.record import Reading
from leitmotif.formats.tables import parse_mapping

_IDS = ("false_flag", "bioweapons")


def read(text: str, kind: str, **mapping: str) -> Reading:
    return read_cases(text.encode(), kind, _IDS, mapping)


def places(reading: Reading) -> list[str]:
    return [problem.where for problem in reading.problems]


def test_csv() -> None:
    text = (
        "id,title,summary,narratives,date,languages,countries,outlets\n"
        'a,"The moon, staged","He said ""no""\nand left",'
        'false_flag;bioweapons,03/02/2021,Russian,Ukraine;US,"RT, Sputnik"\n'
    )
    reading = read(text, "csv")
    assert reading.problems == ()
    (case,) = reading.cases
    assert (case.title, case.summary) == ("The moon, staged", 'He said "no"\nand left')
    assert case.narratives == ("false_flag", "bioweapons")
    assert (case.date, case.languages, case.countries) == ("2021-02-03", ("ru",), ("UA", "US"))
    assert case.outlets == ("RT", "Sputnik")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_dialects(separator: str, mark: str, end: str) -> None:
    text = (
        mark + end.join(separator.join(row) for row in (["id", "title", "keywords"], ["a", "The moon", '"x, y"'])) + end
    )
    (case,) = read(text, "csv").cases
    assert (case.id, case.title, case.keywords) == ("a", "The moon", ("x", "y"))


def test_csv_columns_by_other_names() -> None:
    text = "Claim;Published;Colour;url\nThe moon;2021-02;blue;https://example.org/1\n"
    reading = read(text, "csv", title="Claim", date="Published")
    assert reading.problems == ()
    (case,) = reading.cases
    assert (case.title, case.date, case.url) == ("The moon", "2021-02", "https://example.org/1")


def test_a_column_that_is_not_there() -> None:
    reading = read("Claim,Date\nThe moon,2021\n", "csv", title="Statement")
    assert places(reading) == ["row 1"]
    assert "'Statement'" in reading.problems[0].message
    assert "Claim" in reading.problems[0].message
    assert reading.cases == ()


def test_csv_without_titles_names_every_row() -> None:
    assert places(read("id,summary\na,x\nb,y\n", "csv")) == ["row 2, title", "row 3, title"]


def test_faults_are_named_by_the_row_of_the_table_and_good_rows_keep_theirs() -> None:
    text = (
        'title,summary,date,narratives\n"One",' + '"two\nlines",2021,\n'
        "Two,,yesterday,moon\n"
        "\n"
        "Four,,2021,false_flag,too,many\n"
        "Five,,2021\n"
        ",,2021,\n"
    )
    reading = read(text, "csv")
    assert places(reading) == ["row 3, date", "row 5", "row 7, title"]
    assert [case.title for case in reading.cases] == ["One", "Five"]
    assert reading.rows == (2, 6)


def test_an_unknown_narrative_and_a_repeated_id() -> None:
    reading = read("id,title,narratives\na,One,moon\nb,Two,\nb,Three,\n", "csv")
    assert places(reading) == ["row 2, narratives", "row 4, id"]
    assert "'moon'" in reading.problems[0].message
    assert "row 3" in reading.problems[1].message


def test_a_very_long_field_is_a_fault_of_its_row() -> None:
    reading = read(f"title,response\nOne,{'x' * 200_000}\n", "csv")
    assert places(reading) == ["row 2, response"]


def test_a_column_without_a_name_is_left_out() -> None:
    (case,) = read("title,\nOne,note\n", "csv").cases
    assert case.title == "One"


@pytest.mark.parametrize("text", ["", "\n", "title\n"])
def test_an_empty_table_has_no_cases(text: str) -> None:
    assert read(text, "csv") == Reading()


def test_jsonl() -> None:
    rows = [
        {"id": "a", "title": "One", "countries": ["Ukraine"]},
        {"title": ""},
        [1],
        {"title": "Four", "colour": "blue"},
        {"title": "Five", "narratives": "false_flag"},
        {"title": "Six", "url": "ftp://x", "date": "soon"},
    ]
    text = "\n".join(json.dumps(row) for row in rows) + "\n{\n\n" + '{"title": "Nine"}\n'
    reading = read(text, "jsonl")
    assert [case.title for case in reading.cases] == ["One", "Nine"]
    assert reading.rows == (1, 9)
    assert places(reading) == [
        "row 2, title",
        "row 3",
        "row 4, colour",
        "row 5, narratives",
        "row 6, url",
        "row 6, date",
        "row 7",
    ]


def test_json_array() -> None:
    reading = read('\n[{"title": "One"},\n 2, {"title": "Three"}]', "jsonl")
    assert [case.title for case in reading.cases] == ["One", "Three"]
    assert places(reading) == ["row 2"]
    assert places(read('[{"title": "One"},\n {"title": }]', "jsonl")) == ["line 2"]


def test_jsonl_fields_by_other_names() -> None:
    (case,) = read('{"claim": "One", "colour": 1, "id": "a"}', "jsonl", title="claim").cases
    assert (case.id, case.title) == ("a", "One")


@pytest.mark.parametrize(
    "line", ["[" * 200_000, '{"title": ' + "[" * 200_000, '{"title": ' + "1" * 5_000 + "}", '{"title": "\\ud800"}']
)
def test_hostile_json_is_a_fault_and_no_crash(line: str) -> None:
    reading = read(line, "jsonl")
    assert reading.cases == ()
    assert len(reading.problems) == 1


@pytest.mark.parametrize(
    ("text", "kind"), [('[{"title": "x"}]', "jsonl"), ('{"title": "x"}', "jsonl"), ("title\nx\n", "csv")]
)
def test_auto_takes_the_right_reader(text: str, kind: str) -> None:
    assert read(text, "auto") == read(text, kind)
    assert len(read(text, "auto").cases) == 1


def test_unknown_formats_and_bytes() -> None:
    with pytest.raises(UnsupportedFormat, match="jsonl"):
        read("x", "xls")
    with pytest.raises(UnsupportedFormat, match="byte 2"):
        read_cases(b"ab\xff", "auto", ())
    with pytest.raises(UnsupportedFormat, match="csv"):
        write_cases([], "xls")


@pytest.mark.parametrize("pair", ["title", "title=", "=x"])
def test_a_mapping_without_a_column(pair: str) -> None:
    with pytest.raises(InputError, match="FIELD=COLUMN"):
        parse_mapping([pair])
    assert parse_mapping(["title=Claim = x"]) == {"title": "Claim = x"}


def test_ids_are_derived_from_address_and_title_alone() -> None:
    one, same, other_page, other_title = read(
        '{"title": "The Moon!", "url": "https://www.example.org/1/"}\n'
        '{"title": "Sun", "summary": "x"}\n'
        '{"title": "The Moon!", "url": "https://example.org/2"}\n{"title": "The sun rose"}',
        "jsonl",
    ).cases
    (again,) = read(
        '{"title": "the moon", "url": "http://example.org/1?utm_source=x", "summary": "new"}', "jsonl"
    ).cases
    assert again.id == one.id
    assert len({one.id, same.id, other_page.id, other_title.id}) == 4


_WORD = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(str.strip).filter(bool)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(str.strip)
_MANY = st.lists(_WORD, max_size=3, unique=True).map(tuple)
_CASES = st.builds(
    Case,
    id=st.from_regex(r"[a-z0-9.:_-]{1,20}", fullmatch=True),
    title=_TEXT.filter(bool),
    summary=_TEXT,
    response=_TEXT,
    narratives=st.sampled_from([(), ("false_flag",), ("bioweapons", "false_flag")]),
    url=st.sampled_from(["", "https://example.org/a?b=1;c,d"]),
    date=st.sampled_from(["", "2021", "2021-03", "2021-03-04"]),
    languages=st.sampled_from([(), ("ru", "en")]),
    countries=st.sampled_from([(), ("EU",), ("XK", "UA")]),
    outlets=_MANY,
    keywords=_MANY,
    label_source=st.sampled_from(LabelSource),
)


@settings(max_examples=60)
@given(st.lists(_CASES, max_size=4, unique_by=lambda case: case.id))
def test_csv_there_and_back(cases: list[Case]) -> None:
    reading = read("".join(write_cases(cases, "csv")), "csv")
    assert reading.problems == ()
    assert list(reading.cases) == cases


@settings(max_examples=60)
@given(st.lists(_CASES, max_size=4, unique_by=lambda case: case.id))
def test_jsonl_there_and_back(cases: list[Case]) -> None:
    reading = read("".join(write_cases(cases, "jsonl")), "jsonl")
    assert reading.problems == ()
    assert list(reading.cases) == cases


def test_jsonl_keeps_appearances_and_line_separators() -> None:
    shown = Appearance(url="https://rt.example/1", outlet="RT", date="2021-03", language="ru", title="A \u2028 B")
    case = Case(
        id="a", title="One\u2028two\x85three", summary="x\ny", appearances=(shown, Appearance(outlet="Sputnik"))
    )
    assert read("".join(write_cases([case], "jsonl")), "jsonl").cases == (case,)


@settings(max_examples=100)
@given(st.text(max_size=120), st.sampled_from(["auto", "csv", "jsonl", "euvsdisinfo"]))
def test_any_text_is_read_or_refused_by_place(text: str, kind: str) -> None:
    try:
        reading = read_cases(text.encode("utf-8", "replace"), kind, _IDS)
    except UnsupportedFormat:
        return
    assert len(reading.rows) == len(reading.cases)
    assert all(problem.where for problem in reading.problems)
