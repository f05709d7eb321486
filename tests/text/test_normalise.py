"""Normal forms: what counts as the same text, and what does not."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitmotif.text.normalise import content_hash, match_key, normalise

_SAME = [
    ("“Quoted” text", '"Quoted" text'),
    ("«Quoted» text", "„Quoted“ text"),
    ("don’t", "don't"),
    ("don´t", "don't"),
    ("a – b — c − d", "a - b - c - d"),
    ("soft\u00adhyphen", "softhyphen"),
    ("zero\u200bwidth\ufeff", "zerowidth"),
    ("a \u00a0\t\r\n b", "a b"),
    ("e\u0301t\u00e9", "\u00e9te\u0301"),
    ("ﬁve № ①", "five No 1"),
    ("  around  ", "around"),
    ("e\u200d\u0301", "\u00e9"),
    ("right\u202eto left", "rightto left"),
]


@pytest.mark.parametrize(("one", "other"), _SAME)
def test_normalise_makes_copies_equal(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


def test_normalise_keeps_case_and_punctuation() -> None:
    assert normalise("NATO, he said: No!") == "NATO, he said: No!"


@given(st.text())
def test_normalise_is_done_in_one_pass(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_a_match_key_has_single_spaces_and_is_done_in_one_pass(text: str) -> None:
    key = match_key(text)
    assert key == " ".join(key.split())
    assert match_key(key) == key


@given(st.text(alphabet="abcxyz éüñ абвяё 0189"))
def test_case_and_punctuation_never_matter(text: str) -> None:
    assert content_hash(f"“{text.lower()}”!") == content_hash(text.upper())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The West lies!", "the west, lies"),
        ("STRASSE", "straße"),
        ("US-backed coup", "US backed “coup”"),
        ("Кто? НАТО.", "кто нато"),
        ("love ❤️ peace", "love ❤ peace"),
    ],
)
def test_texts_that_differ_in_dress_alone_share_a_hash(one: str, other: str) -> None:
    assert content_hash(one) == content_hash(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Russia won", "Russia lost"),
        ("1,000 men", "10 men"),
        ("कि", "कु"),
        ("กา", "กี"),
        ("резать", "резал"),
        ("cote", "côté"),
        ("therapist", "the rapist"),
    ],
)
def test_texts_that_differ_in_words_have_other_hashes(one: str, other: str) -> None:
    assert content_hash(one) != content_hash(other)


def test_the_hash_is_sha256_of_the_key() -> None:
    assert content_hash("The West lies!") == hashlib.sha256(b"the west lies").hexdigest()
