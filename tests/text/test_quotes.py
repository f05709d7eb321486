"""Quotations in the marks of all languages in use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitmotif.text.quotes import quoted_share, quoted_spans


def quoted(text: str, words: int = 3) -> list[str]:
    return [text[span.start : span.end] for span in quoted_spans(text, words)]


@pytest.mark.parametrize(
    "marks",
    ["“”", '""', "«»", "»«", "„“", "„”", "””", "‘’", "‚‘", "「」", "『』"],
    ids=lambda marks: f"{marks[0]}…{marks[1]}",
)
def test_every_style_of_marks(marks: str) -> None:
    opening, closing = marks
    text = f"He said {opening}we shall not yield{closing} on Monday, {opening}not one inch more{closing} he said."
    assert quoted(text) == ["we shall not yield", "not one inch more"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We don’t know who’s there,” he said.", ["We don’t know who’s there,"]),
        ("‘We don’t know who’s there,’ he said.", ["We don’t know who’s there,"]),
        ("It isn't theirs, and it's not ours, either.", []),
        ("“He called it ‘a great big lie’ and left,” she said.", ["He called it ‘a great big lie’ and left,"]),
        ("«Он сказал: „это большая ложь“ и ушёл», – пишет газета.", ["Он сказал: „это большая ложь“ и ушёл"]),
        ("“We shall never end this, he said.", []),
        ("We shall never end this,” he said.", []),
        ("“We shall never\n\nend this,” he said.", []),
        ("“We shall never\n \t\nend this,” he said. “This one counts here.”", ["This one counts here."]),
        ("“We shall never\nend this,” he said.", ["We shall never\nend this,"]),
        ('"An open one here\n\n"and a closed one" he said.', ["and a closed one"]),
        ("the “regime” in Kyiv and its “so-called government”", []),
        ("«Один два три», сказал он громко тогда, «четыре пять шесть».", ["Один два три", "четыре пять шесть"]),
        ("«да», сказал он громко тогда, «нет»", []),
        ("„Eins zwei drei“, sagte er, “four five six” auch.", ["Eins zwei drei", "four five six"]),
        ("", []),
        ("““””", []),
    ],
)
def test_hard_cases(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


def test_a_long_quotation_is_one_quotation() -> None:
    long = "word " * 400
    assert quoted(f'"{long}end" he said then today "and this as well"') == [f"{long}end", "and this as well"]


def test_the_fewest_words_can_be_chosen() -> None:
    assert quoted("the “regime” in “old Kyiv”", words=2) == ["old Kyiv"]
    assert quoted("the “regime” in “old Kyiv”", words=1) == ["regime", "old Kyiv"]


@given(st.text(alphabet="ab '’‘“”\"«»„‚\n.", max_size=80))
def test_spans_are_inside_in_order_and_apart(text: str) -> None:
    end = -1
    for span in quoted_spans(text, words=1):
        assert end < span.start < span.end < len(text)
        assert "\n\n" not in text[span.start : span.end]
        end = span.end


def test_share_of_quoted_characters() -> None:
    assert quoted_share("") == 0.0
    assert quoted_share("nothing at all") == 0.0
    assert quoted_share("“aa bb” xxx") == pytest.approx(5 / 11)
