"""The pieces of a text that are scored: each sentence alone, and blocks of neighbouring sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leitmotif.domain import Sentence

_LONGEST_BLOCK = 110
_SHORTEST_BEFORE_PARAGRAPH = 40
"""Words. A block is as long as a passage of the corpus; a new paragraph begins a new one once it has this many."""


@dataclass(frozen=True, slots=True)
class Units:
    """Texts to score and where they stand.

    Attributes:
        texts: distinct unit texts.
        sentence: for each sentence, the index of its own text.
        block: for each sentence, the number of its block.
        blocks: for each block, the index of its text.
    """

    texts: tuple[str, ...]
    sentence: tuple[int, ...]
    block: tuple[int, ...]
    blocks: tuple[int, ...]


def make_units(sentences: Sequence[Sentence]) -> Units:
    """Units of a text. Blocks follow each other without overlap and never cut a sentence; a short text is one block."""
    index: dict[str, int] = {}

    def place(text: str) -> int:
        return index.setdefault(text, len(index))

    own = tuple(place(sentence.text) for sentence in sentences)
    block = _block_numbers(sentences)
    joined: list[list[str]] = [[] for _ in range(block[-1] + 1)] if block else []
    for sentence, number in zip(sentences, block, strict=True):
        joined[number].append(sentence.text)
    blocks = tuple(place(" ".join(texts)) for texts in joined)
    return Units(tuple(index), own, block, blocks)


def _block_numbers(sentences: Sequence[Sentence]) -> tuple[int, ...]:
    numbers: list[int] = []
    number = words = 0
    for i, sentence in enumerate(sentences):
        length = len(sentence.text.split())
        new_paragraph = i > 0 and sentence.paragraph != sentences[i - 1].paragraph
        full = words + length > _LONGEST_BLOCK or (new_paragraph and words >= _SHORTEST_BEFORE_PARAGRAPH)
        if i > 0 and full:
            number, words = number + 1, 0
        words += length
        numbers.append(number)
    return tuple(numbers)
