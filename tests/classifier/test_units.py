"""Units of a text: every sentence alone and in exactly one block."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leitmotif.classifier.units import make_units
from leitmotif.text.sentences import split_sentences

_SENTENCE = "The ministry of one country said that the other country had closed its long border on that day."
_WORDS = len(_SENTENCE.split())


def test_a_short_text_is_one_block() -> None:
    units = make_units(split_sentences("The war began in winter. Many people fled to the west."))
    assert units.block == (0, 0)
    assert units.texts[units.blocks[0]] == "The war began in winter. Many people fled to the west."


def test_a_paragraph_begins_a_block_once_there_is_enough_before_it() -> None:
    long, short = " ".join([_SENTENCE] * 3), "It rained."
    assert make_units(split_sentences(f"{long}\n\n{short}")).block == (0, 0, 0, 1)
    assert make_units(split_sentences(f"{short}\n\n{short}")).block == (0, 0)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_blocks_hold_every_sentence_once_in_order(paragraphs: list[int]) -> None:
    text = "\n\n".join(" ".join(f"Line {p} {i} {_SENTENCE}" for i in range(n)) for p, n in enumerate(paragraphs))
    sentences = split_sentences(text)
    units = make_units(sentences)
    assert [units.texts[i] for i in units.sentence] == [sentence.text for sentence in sentences]
    assert " ".join(units.texts[i] for i in units.blocks) == " ".join(sentence.text for sentence in sentences)
    assert all(len(units.texts[i].split()) <= 110 for i in units.blocks)


def test_a_sentence_longer_than_a_block_stays_whole() -> None:
    endless = " ".join(["word"] * 300) + "."
    units = make_units(split_sentences(f"It began. {endless} It ended."))
    assert any(endless in units.texts[i] for i in units.blocks)
