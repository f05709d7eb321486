"""Taking texts apart."""

from __future__ import annotations

from datetime import date

import pytest

from leitmotif.matching.wording import clean, middle, read, stem


def test_a_post_becomes_plain_words() -> None:
    post = "BREAKING 🔥 #StopTheWar and @JoeBiden_45 https://t.co/x pic.twitter.com/abc www.rt.example"
    assert clean(post) == "BREAKING Stop The War and Joe Biden 45"
    assert clean("https://t.co/x 🔥") == ""


@pytest.mark.parametrize(
    "words",
    ["attack attacks attacked attacking", "city cities", "plan planned planning plans", "deny denied denies"],
)
def test_inflected_words_share_a_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


@pytest.mark.parametrize("word", ["us", "2024", "война", "bus", "g7"])
def test_short_foreign_and_numeric_words_stay(word: str) -> None:
    assert stem(word) == word


def test_names_stand_within_a_sentence() -> None:
    assert read("Yesterday the soldiers met Zelensky's men in Kyiv and NATO came.").names == {
        "zelensky",
        "kyiv",
        "nato",
    }
    assert read("All The Words Of This Headline Are Capitals").names == frozenset()


def test_numbers_lose_their_marks_and_dates_are_no_numbers() -> None:
    wording = read("On 3 March 2022, 1,200 men took 5.5 tons")
    assert wording.numbers == {"1200", "5.5"}
    assert wording.dates == (date(2022, 3, 3),)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("January 14, 2020", date(2020, 1, 14)),
        ("14th Jan 2020", date(2020, 1, 14)),
        ("2020-01-14", date(2020, 1, 14)),
        ("in January 2020", date(2020, 1, 15)),
        ("2020-01", date(2020, 1, 15)),
    ],
)
def test_dates(text: str, day: date) -> None:
    assert read(f"It was {text} or so").dates == (day,)


def test_impossible_dates_are_none() -> None:
    assert read("on February 31, 2020").dates == ()
    assert middle("soon") is None
    assert middle("") is None
    assert middle("2021") == date(2021, 7, 15)


def test_negation() -> None:
    assert read("They didn't go").negated
    assert not read("They went").negated
