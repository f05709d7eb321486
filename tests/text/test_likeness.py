"""Which texts are copies of each other."""

from __future__ import annotations

from leitmotif.text.likeness import near_equal_groups, shingles

TEXT = "The laboratories on our border, the minister said on Monday, were built by foreigners to breed weapons of war."


def test_copies_share_a_group() -> None:
    copies = [TEXT, TEXT.upper(), TEXT + " More follows.", TEXT.replace("Monday", "Tuesday")]
    others = ["The laboratories on our border were closed.", "Rain in Riga", ""]
    assert near_equal_groups([*copies, *others]) == [0, 0, 0, 0, 4, 5, 6]


def test_more_texts_change_no_group_of_those_before() -> None:
    texts = [TEXT, "Rain in Riga", TEXT + " More follows."]
    assert near_equal_groups([*texts, TEXT])[:3] == near_equal_groups(texts) == [0, 1, 0]


def test_short_texts_are_compared_whole() -> None:
    assert shingles("Rain, now!") == {"rain now"}
    assert near_equal_groups(["Rain now", "rain now?", "Rain then"]) == [0, 0, 2]
