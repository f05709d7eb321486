"""Sentences: offsets that always hold, and boundaries where readers put them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitmotif.text.sentences import split_sentences

_PIECES = st.sampled_from(
    [
        "Putin said no.",
        "Dr. Smith",
        "e\u0301te\u0301",
        "👩‍👩‍👧",
        "🇺🇦",
        "\r\n",
        "\u2028",
        "\u2029",
        "\x85",
        "\x0b",
        "\n\n",
        "\t",
        "\u00a0",
        "“Nein.”",
        "«Нет!»",
        "हिन्दी।",
        "中文。",
        "\ufeff",
        "\u200d",
        "\u0000",
        "...",
        "…",
        "?!",
        "a",
        " ",
        "1.5",
        "\U0001d518",
    ]
)
_TEXTS = st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=30).map("".join))


@given(text=_TEXTS, language=st.sampled_from(["en", "de", "fr", "ru", "es", "zh", "hi", "ar", "xx", ""]))
def test_offsets_give_back_each_sentence(text: str, language: str) -> None:
    sentences = split_sentences(text, language)
    for sentence in sentences:
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip()
        assert any(character.isalnum() or character == "_" for character in sentence.text)
    for before, after in pairwise(sentences):
        assert before.end <= after.start
        assert before.paragraph <= after.paragraph


@given(text=_TEXTS)
def test_no_word_is_lost(text: str) -> None:
    kept = "".join(sentence.text for sentence in split_sentences(text))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Dr. Smith met Mr. Jones. They talked.", ["Dr. Smith met Mr. Jones.", "They talked."]),
        ("en", "The U.S. Army left at 5 p.m. on Monday. It rained.", 2),
        ("en", "Prices rose 3.5 per cent. Nobody cared.", ["Prices rose 3.5 per cent.", "Nobody cared."]),
        ("en", "Is it true? No! It is not.", ["Is it true?", "No!", "It is not."]),
        ("en", "He said: “We are ready.” Then he left.", 2),
        ("en", "It is so. \U0001f30d And so it is.", 2),
        ("de", "Das ist z.B. in Bonn so. Es regnet.", ["Das ist z.B. in Bonn so.", "Es regnet."]),
        ("fr", "M. Dupont est parti. Il pleut.", ["M. Dupont est parti.", "Il pleut."]),
        ("fr", "C'est Mme. Roy. Elle cite MM. Roy et M.", ["C'est Mme. Roy.", "Elle cite MM. Roy et M."]),
        ("ru", "А. С. Пушкин родился. Он умер.", ["А. С. Пушкин родился.", "Он умер."]),
        ("ru", "Он приехал в 2014 г. в Киев. Шёл дождь.", 2),
        ("es", "El Sr. López habló. ¿Quién lo oyó?", 2),
        ("zh", "他来了。他走了。", ["他来了。", "他走了。"]),
        ("hi", "वह आया। वह गया।", 2),
        ("xx", "One is here. Two is there.", ["One is here.", "Two is there."]),
    ],
)
def test_boundaries(language: str, text: str, expected: list[str] | int) -> None:
    found = [sentence.text for sentence in split_sentences(text, language)]
    if isinstance(expected, int):
        assert len(found) == expected, found
    else:
        assert found == expected


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"])
def test_lines_are_never_joined(separator: str) -> None:
    sentences = split_sentences(f"A headline without a stop{separator}and a line in small letters")
    assert [s.text for s in sentences] == ["A headline without a stop", "and a line in small letters"]
    assert sentences[0].paragraph < sentences[1].paragraph


def test_sentences_of_one_line_share_a_paragraph() -> None:
    first, second, third = split_sentences("One is here. Two is here.\nThree is there.")
    assert (first.paragraph, second.paragraph) == (0, 0)
    assert third.paragraph == 1


@pytest.mark.parametrize("text", ["", " \n ", "—", "***", "…\n!?", "🙂", "\u200b"])
def test_text_without_a_word_has_no_sentence(text: str) -> None:
    assert split_sentences(text) == ()
