"""The pieces of a text that are scored: each sentence alone, each with its neighbours, and the opening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leitmotif.domain import Sentence

_LONGEST_WORDS = 160


@dataclass(frozen=True, slots=True)
class Units:
    """Texts to score and where they stand.

    Attributes:
        texts: distinct unit texts.
        sentence: for each sentence, the index of its own text.
        window: for each sentence, the index of the text of it and its neighbours.
    """

    texts: tuple[str, ...]
    sentence: tuple[int, ...]
    window: tuple[int, ...]


def make_units(sentences: Sequence[Sentence]) -> Units:
    """Units of a text; windows stay within three sentences and `_LONGEST_WORDS` words, and never cut a sentence."""
    index: dict[str, int] = {}

    def place(text: str) -> int:
        return index.setdefault(text, len(index))

    own = tuple(place(sentence.text) for sentence in sentences)
    around = tuple(place(_window(sentences, i)) for i in range(len(sentences)))
    return Units(tuple(index), own, around)


def _window(sentences: Sequence[Sentence], i: int) -> str:
    texts = [sentence.text for sentence in sentences[max(0, i - 1) : i + 2]]
    window = " ".join(texts)
    return window if len(window.split()) <= _LONGEST_WORDS else sentences[i].text
