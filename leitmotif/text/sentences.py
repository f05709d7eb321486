"""Splits a text into sentences that keep their offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from leitmotif.domain import Sentence

_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_WORD = re.compile(r"\w")
# sentencex takes these for whole sentences.
_FRENCH_TITLE = re.compile(r"\b(?:MM?|Mmes?|Mlles?)\.\s*$")


def split_sentences(text: str, language: str = "en") -> tuple[Sentence, ...]:
    """Sentences of `text` in order, with `text[s.start:s.end] == s.text`.

    Lines are never joined: a headline, a list item and a paragraph each end with their line. Pieces without
    a letter or digit are left out. `language` is ISO 639-1; unknown codes fall back to English rules.
    """
    return tuple(_sentences(text, language))


def _sentences(text: str, language: str) -> Iterator[Sentence]:
    for paragraph, line in enumerate(_LINE.finditer(text)):
        for start, end in _boundaries(line.group(), language):
            piece = line.group()[start:end]
            stripped = piece.strip()
            if _WORD.search(stripped):
                begin = line.start() + start + len(piece) - len(piece.lstrip())
                yield Sentence(begin, begin + len(stripped), stripped, paragraph)


def _boundaries(line: str, language: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; one that ends in a French title goes on in the next."""
    begin: int | None = None
    for boundary in sentencex.get_sentence_boundaries(language or "en", line):
        start, end = boundary["start_index"], boundary["end_index"]
        begin = start if begin is None else begin
        if language != "fr" or not _FRENCH_TITLE.search(line, begin, end):
            yield begin, end
            begin = None
    if begin is not None:
        yield begin, len(line)
